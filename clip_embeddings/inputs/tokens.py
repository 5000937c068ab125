"""Text -> token ids: the context limit, what happens beyond it, passages that fit it, batches of like length.

Works on any `tokenizers.Tokenizer`. Imports numpy, errors, ragged and spans.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import InvalidInputError, TextTooLongError
from clip_embeddings.inputs.ragged import Ragged
from clip_embeddings.inputs.spans import Spans, good_end
from clip_embeddings.inputs.windows import Windows, of_like_length, warn_of_truncation
from clip_embeddings.types import LongText

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_SHORT = 500  # characters; more are seldom one passage
_BLOCK = 256  # texts tokenised at once: their encodings are large, their ids are small


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text that fits the model's context: `text` is source[start:end], in characters."""

    text: str
    start: int
    end: int


class TextTokenizer:
    """Token ids of one model, with its context limit.

    Args:
        tokenizer: the fast tokenizer; it has to add the model's special tokens itself.
        context: tokens that one window holds, special tokens included: 77 for CLIP.
        pad: id of the padding token; None where the model has none: its end token, as CLIP's first release.
        fill: what shorter rows of a batch are filled up with. For a causal model the end token: it does not
            look behind the first, while the id of a padding token may lie beyond the vocabulary, or be taken
            for the end of the text.
        up_to: the longest row of a batch, or always the whole context.
        side: where rows are filled up.
        keep: which part of a text over the limit "truncate" keeps.
        clean: what is done to a text before it is encoded. Passages are cut out of the text as it is: where
            cleaning makes it shorter, they may be shorter than they could be.
    """

    def __init__(
        self,
        tokenizer: "Tokenizer",
        *,
        context: int,
        pad: int | None,
        fill: Literal["end", "pad"] = "end",
        up_to: Literal["longest", "context"] = "longest",
        side: Literal["left", "right"] = "right",
        keep: Literal["start", "end"] = "start",
        clean: Callable[[str], str] | None = None,
    ) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer, self.context, self._keep, self._clean = tokenizer, context, keep, clean
        # CLIP: one start and one end token around the content.
        self._first, self._last = _frame_of(tokenizer)
        self.room = context - len(self._first) - len(self._last)
        end = int(self._last[-1]) if self._last else int(pad or 0)
        self.pad = end if pad is None else int(pad)
        self._fill, self._whole = end if fill == "end" else self.pad, up_to == "context"
        self._left = side == "left"
        special = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
        framing = {tokenizer.id_to_token(id) for id in (*self._first, *self._last, self.pad)}
        self._framing = [token for token in framing if token in special]

    @property
    def framed(self) -> bool:
        """Whether a token stands behind every text."""
        return bool(self._last)

    @cached_property
    def _literal(self) -> "Tokenizer":
        """The same tokenizer, to which "<|endoftext|>" in somebody's text is these letters."""
        from tokenizers import Tokenizer

        literal = Tokenizer.from_str(self._tokenizer.to_str())
        literal.encode_special_tokens = True
        return literal

    def _backend(self, text: str) -> "Tokenizer":
        """What encodes a text: a token that frames texts would end it where it is only quoted."""
        return self._literal if any(token in text for token in self._framing) else self._tokenizer

    def windows(self, texts: Sequence[str], policy: LongText) -> Windows:
        """Tokenise texts under a long-text policy.

        Warns:
            TruncationWarning: once, with how many texts lost how many tokens.
        Raises:
            InvalidInputError: an item is not a string.
            TextTooLongError: a text is over the limit and the policy is "error".
        """
        flat, lengths, owner = array("q"), array("q"), array("q")
        cut_texts = cut_tokens = 0
        for index, content in enumerate(self._contents(texts)):
            if len(content) > self.room and policy == "error":
                raise TextTooLongError(
                    index,
                    f"has {len(content)} tokens; the model reads {self.room}. Split it with "
                    'embedder.split_text(text), or set long_text="chunk" or "truncate"',
                )
            if len(content) > self.room and policy == "truncate":
                cut_texts, cut_tokens = cut_texts + 1, cut_tokens + len(content) - self.room
            begin, stop = 0, max(1, len(content))
            if policy == "truncate":
                begin = max(0, stop - self.room) if self._keep == "end" else 0
                stop = begin + self.room
            for at in range(begin, stop, self.room):
                # Of an empty text some tokenizers make nothing at all.
                window = [*self._first, *content[at : at + self.room], *self._last] or [self.pad]
                flat.extend(window)
                lengths.append(len(window))
                owner.append(index)
        if cut_texts:
            warn_of_truncation(cut_texts, len(texts), cut_tokens, self.room)
        ids = Ragged(np.asarray(flat), np.asarray(lengths))
        # An empty text counts as one token: its window is all there is of it.
        weight = np.maximum(1, ids.lengths - len(self._first) - len(self._last))
        return Windows(ids, np.asarray(owner), weight)

    def _contents(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Yield each text's ids without the special tokens around it."""
        clean = [checked_text(text, index) for index, text in enumerate(texts)]
        for start in range(0, len(clean), _BLOCK):
            block = clean[start : start + _BLOCK]
            if self._clean:
                block = [self._clean(text) for text in block]
            encodings = self._tokenizer.encode_batch(block)
            for text, encoding in zip(block, encodings, strict=True):
                backend = self._backend(text)
                ids = encoding.ids if backend is self._tokenizer else backend.encode(text).ids
                yield ids[len(self._first) : len(ids) - len(self._last)]

    def batches(self, windows: Windows, *, size: int | None = None, tokens: int) -> list[NDArray[np.int64]]:
        """Rows of windows that are encoded together: of like length, longest first.

        Args:
            size: windows in each batch; None goes by tokens.
            tokens: in each batch at most, padding included; a longer window is a batch of its own.
        """
        lengths = windows.ids.lengths
        return of_like_length(
            np.full_like(lengths, self.context) if self._whole else lengths, size=size, tokens=tokens
        )

    def padded(self, ids: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Token ids of B windows, filled up to the longest of them or to the whole context: -> (B, T)."""
        longest = self.context if self._whole else max(map(len, ids))
        batch = np.full((len(ids), longest), self._fill, np.int64)
        for line, row in zip(batch, ids, strict=True):
            line[len(line) - len(row) if self._left else 0 :][: len(row)] = row
        return batch

    def passages(self, text: str) -> list[Passage]:
        """Split a text into consecutive passages that fit the context, at sentences and words if possible.

        Nothing but white space around the passages is left out; a text of white space gives none.
        """
        clean = checked_text(text, 0)
        if (short := self._short(text, clean)) is not None:
            return short
        spans, found = Spans(self._backend(clean), clean), list[Passage]()
        token = position = 0
        while spans.at(token) is not None:
            # Offsets of the last tokens may begin in the space before a word; `_fit` strips it.
            after = spans.at(token + self.room)
            end = len(clean) if after is None else good_end(clean, position, after[0])
            passage = self._fit(text, clean, position, end)
            if passage.text:
                found.append(passage)
            # From the character, not from a token: the cut may lie within one.
            position = passage.end
            token = spans.first_at(position, token)
        return found

    def _short(self, text: str, clean: str) -> list[Passage] | None:
        """The only passage of a short text, without looking where each token lies; None where it may not fit.

        White space around it takes four tokens a character at most, and may change those beside it.
        """
        if len(clean) > _SHORT:
            return None
        piece = clean.strip()
        around = 4 * (len(clean) - len(piece)) + 2
        if len(next(self._contents([piece]))) + around > self.room:
            return None
        left = len(clean) - len(clean.lstrip())
        return [Passage(text[left : left + len(piece)], left, left + len(piece))] if piece else []

    def _fit(self, text: str, clean: str, start: int, end: int) -> Passage:
        """Strip a piece and, where cutting changed how it is tokenised, shorten it until it fits."""
        while True:
            piece = clean[start:end]
            left = start + len(piece) - len(piece.lstrip())
            right = max(left, start + len(piece.rstrip()))
            over = len(next(self._contents([clean[left:right]]))) - self.room
            if right == left:
                return Passage("", start, end)
            if over <= 0 or right - left == 1:
                return Passage(text[left:right], left, right)
            end = good_end(clean, start, max(left + 1, right - over))


def checked_text(text: object, index: int) -> str:
    """A text with lone surrogates, which no tokenizer takes, replaced one for one."""
    if not isinstance(text, str):
        raise InvalidInputError(
            f"texts[{index}]: got {type(text).__name__}; expected a str (pictures go to embed_images)"
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def _frame_of(tokenizer: "Tokenizer") -> tuple[list[int], list[int]]:
    """The ids that it puts before and behind every text."""
    encoding = tokenizer.encode("a")
    ids, special = encoding.ids, encoding.special_tokens_mask
    if 0 not in special:  # the letter is not in the vocabulary and vanishes, or is a special token itself
        ids = tokenizer.encode("").ids
        return ids[:1], ids[1:]
    first = special.index(0)
    last = len(special) - 1 - special[::-1].index(0)
    return ids[:first], ids[last + 1 :]
