"""Near-duplicates among vectors, by blocks in bounded memory. Imports numpy and errors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import InvalidInputError

_NOISE = 1e-6  # of a float32 cosine: equal rows are found at a threshold of 1
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Rows that are alike.

    Attributes:
        rows: places in the array, rising, two or more.
        cosine: the lowest of the pairs that reach the threshold. Rows are joined one by one, so two of a
            large group may be less alike than that.
    """

    rows: tuple[int, ...]
    cosine: float


def find_duplicates(
    vectors: NDArray[np.floating], *, threshold: float = 0.95, block: int = 1024
) -> list[DuplicateGroup]:
    """Group the rows of which each is alike at least one other of the group.

    Compares every row with every other, so time grows with the square of N. Memory does not: beside the
    vectors, which may be a memory map, and the result, it holds some 50 bytes a row, two blocks of rows and,
    where all rows are alike, up to 80 bytes for each of block x block pairs (84 MB for 1024).

    Args:
        vectors: (N, D) of any float type; they need not be unit rows. A row of zeros is alike none.
        threshold: least cosine of a pair, above 0. What counts as a near-duplicate differs by model:
            docs/tasks/retrieval.md has figures.
        block: rows compared at once.
    Returns:
        Groups by their first row.
    Raises:
        InvalidInputError: not an (N, D) array, a row that is not finite, a threshold or block out of range.
    """
    groups = _Groups(len(vectors) if np.ndim(vectors) else 0)
    for first, second, cosines in similar_pairs(vectors, threshold=threshold, block=block):
        groups.join(first, second, cosines)
    return groups.found()


def similar_pairs(
    vectors: NDArray[np.floating], *, threshold: float = 0.95, block: int = 1024
) -> Iterator[Pairs]:
    """Yield the pairs of rows that are alike, those of two blocks of rows at a time.

    Args:
        vectors, threshold, block: as for `find_duplicates`.
    Yields:
        (first, second, cosine), each (P,) with P up to block x block; first < second, each pair once.
    Raises:
        InvalidInputError: as `find_duplicates`.
    """
    _check(vectors, threshold, block)
    scales = _inverse_norms(vectors, block)  # (N,)
    starts = range(0, len(vectors), block)
    for top in starts:
        upper = _unit(vectors, scales, top, block)
        for left in starts[top // block :]:
            cosines = upper @ (upper if left == top else _unit(vectors, scales, left, block)).T  # (B, B)
            alike = cosines >= threshold - _NOISE
            first, second = np.nonzero(np.triu(alike, 1) if left == top else alike)
            if len(first):
                yield first + top, second + left, np.minimum(cosines[first, second], 1)


class _Groups:
    """Union-find over rows, for arrays of pairs; a parent is never greater than its child."""

    def __init__(self, number: int) -> None:
        self._parents = np.arange(number)
        self._lowest = np.full(number, np.inf, np.float32)

    def join(self, first: NDArray[np.int64], second: NDArray[np.int64], cosines: NDArray[np.float32]) -> None:
        np.minimum.at(self._lowest, first, cosines)
        while len(first):
            first, second = self._roots(first), self._roots(second)
            apart = first != second
            first, second = first[apart], second[apart]
            # Of several roots below one, the least wins; the others are joined in the next round.
            np.minimum.at(self._parents, np.maximum(first, second), np.minimum(first, second))

    def found(self) -> list[DuplicateGroup]:
        """Groups of two rows or more."""
        roots = self._roots(np.arange(len(self._parents)))
        rows = np.flatnonzero(np.bincount(roots)[roots] > 1) if len(roots) else roots
        if not len(rows):
            return []
        rows = rows[np.argsort(roots[rows], kind="stable")]
        starts = np.flatnonzero(np.diff(roots[rows], prepend=-1))
        lowest = np.minimum.reduceat(self._lowest[rows], starts)
        members = np.split(rows, starts[1:])
        return [
            DuplicateGroup(tuple(each.tolist()), float(cosine))
            for each, cosine in zip(members, lowest, strict=True)
        ]

    def _roots(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        roots = self._parents[rows]
        while not np.array_equal(above := self._parents[roots], roots):
            roots = above
        self._parents[rows] = roots  # a shorter way next time
        return roots


def _unit(
    vectors: NDArray[np.floating], scales: NDArray[np.float32], start: int, block: int
) -> NDArray[np.float32]:
    rows = np.asarray(vectors[start : start + block], np.float32)
    return rows * scales[start : start + block, None]


def _inverse_norms(vectors: NDArray[np.floating], block: int) -> NDArray[np.float32]:
    """1 / |row|, and 0 for a row of zeros or next to it: (N,)."""
    least = np.finfo(np.float32).tiny
    scales = np.zeros(len(vectors), np.float32)
    for start in range(0, len(vectors), block):
        norms = np.linalg.norm(np.asarray(vectors[start : start + block], np.float64), axis=1)
        if not np.isfinite(norms).all():
            raise InvalidInputError(
                f"vectors[{start + int(np.argmin(np.isfinite(norms)))}]: holds a number that is not finite"
            )
        scales[start : start + block] = np.divide(1, norms, out=np.zeros_like(norms), where=norms > least)
    return scales


def _check(vectors: NDArray[np.floating], threshold: float, block: int) -> None:
    if np.ndim(vectors) != 2:
        raise InvalidInputError(
            f"got an array of shape {np.shape(vectors)}; expected (N, D), one vector a row"
        )
    if not 0 < threshold <= 1:
        raise InvalidInputError(f"threshold: got {threshold!r}; expected a cosine above 0 and at most 1")
    if type(block) is not int or block < 1:
        raise InvalidInputError(f"block: got {block!r}; expected a whole number of at least 1")
