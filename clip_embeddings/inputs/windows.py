"""Windows of tokens that make up texts: in which groups they are encoded, a warning of what is cut off."""

import sys
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import TruncationWarning
from clip_embeddings.inputs.ragged import Ragged


@dataclass(frozen=True, slots=True)
class Windows:
    """Token ids of what is encoded, and how it makes up the texts.

    ids: one row a window, special tokens included. owner: (W,) index of each window's text.
    weight: (W,) content tokens in each window, at least 1.
    """

    ids: Ragged
    owner: NDArray[np.int64]
    weight: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Some of the windows, as an encoder takes them."""
        return [self.ids[row] for row in rows]


def of_like_length(lengths: NDArray[np.int64], *, size: int | None, tokens: int) -> list[NDArray[np.int64]]:
    """Places of (W,) lengths in tokens, in groups that are encoded together; see `TextTokenizer.batches`."""
    # Longest first: where memory is too small, it shows at once.
    order = np.argsort(-lengths, kind="stable")
    groups: list[NDArray[np.int64]] = []
    start = 0
    while start < len(order):
        count = size or max(1, tokens // max(1, int(lengths[order[start]])))
        groups.append(order[start : start + count])
        start += count
    return groups


def _callers_level() -> int:
    """For `warnings.warn`: the line that called this library, through whichever of its packages."""
    frame, level, outside = sys._getframe(1), 1, 1
    while frame.f_back:
        frame, level = frame.f_back, level + 1
        inner = frame.f_globals.get("__name__", "").partition(".")[0].endswith("clip_embeddings")
        outside = level + 1 if inner else outside
    return min(max(outside, 2), level)


def warn_of_truncation(texts: int, total: int, tokens: int, room: int) -> None:
    """So many texts of all lost so many tokens; the model reads `room`."""
    warnings.warn(
        f"{texts} of {total} texts are longer than the {room} tokens the model reads; "
        f"{tokens} tokens were cut off. "
        'Use long_text="chunk" to average over all of a text, or embedder.split_text to store it in passages',
        TruncationWarning,
        stacklevel=_callers_level(),
    )
