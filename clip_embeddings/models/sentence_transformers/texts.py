"""Whole texts for a model that tokenises by itself: counted, split and put into batches by its own tokenizer.

Imports numpy and inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.inputs.tokens import Passage, TextTokenizer, checked_text
from clip_embeddings.inputs.windows import of_like_length
from clip_embeddings.types import LongText


@dataclass(frozen=True, slots=True)
class TextPieces:
    """Texts, or the passages of long ones.

    owner: (W,) index of each piece's text. weight: (W,) content tokens in each piece, at least 1.
    """

    texts: list[str]
    owner: NDArray[np.int64]
    weight: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> list[str]:
        return [self.texts[row] for row in rows]


class WholeTexts:
    """What a `TextTokenizer` is for token ids.

    Args:
        counter: the model's tokenizer, with what a prompt and a chat template leave of the context.
        context: tokens that the model reads of one piece, with all of that.
        padded: whether the model fills every text up to its context.
    """

    def __init__(self, counter: TextTokenizer, context: int, *, padded: bool) -> None:
        self._counter, self.context, self._padded = counter, context, padded

    def windows(self, texts: Sequence[str], policy: LongText) -> TextPieces:
        """The pieces of texts; under "truncate" the model itself cuts what is over its context.

        Warns:
            TruncationWarning: once, with how many texts lost how many tokens.
        Raises:
            InvalidInputError: an item is not a string.
            TextTooLongError: a text is over the limit and the policy is "error".
        """
        clean = [checked_text(text, index) for index, text in enumerate(texts)]
        counted = self._counter.windows(clean, policy)
        if len(counted.owner) == len(clean):
            return TextPieces(clean, counted.owner, counted.weight)
        over = np.bincount(counted.owner, minlength=len(clean)) > 1
        split = [self._split(text) if over[place] else [text] for place, text in enumerate(clean)]
        pieces = [piece for each in split for piece in each]
        again = self._counter.windows(pieces, "chunk")
        weight = np.bincount(again.owner, again.weight, minlength=len(pieces)).astype(np.int64)
        return TextPieces(pieces, np.repeat(np.arange(len(clean)), list(map(len, split))), weight)

    def _split(self, text: str) -> list[str]:
        return [passage.text for passage in self.passages(text)] or [text]

    def batches(
        self, windows: TextPieces, *, size: int | None = None, tokens: int
    ) -> list[NDArray[np.int64]]:
        """Rows of pieces that are encoded together: of like length, longest first."""
        around = self.context - self._counter.room  # prompt, template and special tokens
        lengths = np.full_like(windows.weight, self.context) if self._padded else windows.weight + around
        return of_like_length(np.minimum(lengths, self.context), size=size, tokens=tokens)

    def passages(self, text: str) -> list[Passage]:
        """Consecutive passages that fit the context, at sentences and words if possible."""
        return self._counter.passages(text)
