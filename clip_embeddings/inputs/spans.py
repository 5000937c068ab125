"""Where the tokens of a text lie, read forward: a long text is tokenised piece by piece, in bounded memory.

Works on any `tokenizers.Tokenizer`. Imports the standard library.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PIECE = 2**16
"""Characters that are tokenised at once: an encoding takes some 300 bytes a token."""
CONTEXT = 1000
"""Characters on either side of a piece that are tokenised with it, and whose tokens are left out."""
_BREAK = re.compile(r"\s\S")
Span = tuple[int, int]


class Spans:
    """First and last character of each token of a text but special ones, as if tokenised whole.

    Pieces end where white space ends. No tokenizer of the families that are read joins tokens across it, and
    what the beginning and the end of a text change (a space that is put before it, say) lies in the context,
    so the tokens are those of the whole text. Only in a run of more than PIECE characters without any white
    space may those around a cut differ, if nothing else (punctuation, another script) parts its tokens within
    CONTEXT characters.

    Args:
        text: without lone surrogates.
    """

    def __init__(self, tokenizer: "Tokenizer", text: str) -> None:
        self._tokenizer, self._text = tokenizer, text
        self._read = 0  # characters whose tokens are known
        self._first = 0  # the number of the first token that is kept
        self._kept: list[Span] = []

    def at(self, token: int) -> Span | None:
        """Characters [start, end) of a token, by its number in the text; None behind the last one."""
        while token >= self._first + len(self._kept) and self._read < len(self._text):
            self._read_on()
        place = token - self._first
        return self._kept[place] if place < len(self._kept) else None

    def first_at(self, position: int, least: int) -> int:
        """Number of the first token at or after `least` that ends behind a character position.

        Tokens before it are forgotten.
        """
        while self.at(least) is not None and (passed := self._passed(position, least)):
            least += passed
        if (done := least - self._first) > PIECE // 8:  # not at each step, as those that stay are copied
            self._kept, self._first = self._kept[done:], least
        return least

    def _passed(self, position: int, least: int) -> int:
        """How many of the tokens that are kept, from `least` on, end at or before a position."""
        place = start = least - self._first
        while place < len(self._kept) and self._kept[place][1] <= position:
            place += 1
        return place - start

    def _read_on(self) -> None:
        start, stop = self._read, self._end_of_piece()
        first, last = max(0, start - CONTEXT), min(len(self._text), stop + CONTEXT)
        encoding = self._tokenizer.encode(self._text[first:last])
        spans = zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
        behind = len(self._text) if stop == len(self._text) else stop - 1
        self._kept += [
            (begin + first, end + first)
            for (begin, end), special in spans
            if not special and start <= begin + first <= behind
        ]
        self._read = stop

    def _end_of_piece(self) -> int:
        """Behind white space, and not so near to the end that a few characters are left."""
        wanted = self._read + PIECE
        if wanted + PIECE >= len(self._text):
            return len(self._text)
        found = _BREAK.search(self._text, wanted, wanted + PIECE)
        return found.end() - 1 if found else wanted


def good_end(text: str, start: int, limit: int) -> int:
    """The best place to cut at or before `limit`: after a paragraph, a sentence, a word, else right there."""
    for marks, least in (
        (("\n\n",), 0.5),
        ((". ", "! ", "? ", "。", ".\n", "!\n", "?\n"), 0.5),
        ((" ", "\n", "\t"), 0.0),
    ):
        cuts = [text.rfind(mark, start, limit) + len(mark) for mark in marks if mark in text[start:limit]]
        if cuts and max(cuts) > start + least * (limit - start):
            return max(cuts)
    return max(limit, start + 1)
