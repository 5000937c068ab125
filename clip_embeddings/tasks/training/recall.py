"""How often a pair is found: recall in both directions. Imports numpy."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

DEPTHS = (1, 5, 10)
_BLOCK = 512  # rows of the score matrix at once


def recall(
    texts: NDArray[np.float32],
    pictures: NDArray[np.float32],
    caption: NDArray[np.int64],
    picture: NDArray[np.int64],
) -> dict[str, float]:
    """Share of texts whose picture, and of pictures whose text, is among the k that score highest.

    Each different caption and picture counts once. Several answers may be right; the best of them counts. A
    wrong answer with the same score comes first, so a model that gives all one vector finds nothing.

    Args:
        texts, pictures: (N, D) unit rows of N pairs.
        caption, picture: (N,) equal numbers where the caption or the picture is the same.
    Returns:
        {"text to picture R@1": ..., "picture to text R@10": ...} and "mean" of all.
    """
    first_text, which_text = np.unique(caption, return_index=True, return_inverse=True)[1:]
    first_picture, which_picture = np.unique(picture, return_index=True, return_inverse=True)[1:]
    right = np.zeros((len(first_text), len(first_picture)), bool)
    right[which_text, which_picture] = True
    a, b = texts[first_text], pictures[first_picture]
    found: dict[str, float] = {}
    for name, ranks in (
        ("text to picture", np.concatenate(list(_ranks(a, b, right)))),
        ("picture to text", np.concatenate(list(_ranks(b, a, right.T)))),
    ):
        found |= {f"{name} R@{k}": float((ranks < k).mean()) for k in DEPTHS}
    return {**found, "mean": float(np.mean(list(found.values())))}


def _ranks(
    asked: NDArray[np.float32], answers: NDArray[np.float32], right: NDArray[np.bool_]
) -> Iterator[NDArray[np.int64]]:
    """How many wrong answers score at least as high as the best right one, for each row."""
    for start in range(0, len(asked), _BLOCK):
        scores = asked[start : start + _BLOCK] @ answers.T
        ok = right[start : start + _BLOCK]
        best = np.where(ok, scores, -np.inf).max(axis=1, keepdims=True)
        yield (~(scores < best) & ~ok).sum(axis=1)  # what is not a number is no better than a wrong answer
