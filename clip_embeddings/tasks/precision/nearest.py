"""How many of the nearest neighbours stay where vectors move a little. Imports numpy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOP = 10
_BLOCK = 1024  # queries compared at once

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NearestKept:
    """What searches find with moved vectors, of what they found before.

    Attributes:
        queries: how many were asked.
        k: how many of the nearest were looked at.
        overlap: mean share of the k nearest that are among the k nearest still.
        first: share of queries whose first hit is the same.
        worse: how much less near a hit is than the one that was at its place among the k, at most: cosines
            with the query, of the vectors as they were. Where two equally near change places it is next to 0.
    """

    queries: int
    k: int
    overlap: float
    first: float
    worse: float

    def to_record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        numbers = {"overlap": self.overlap, "first": self.first, "worse": self.worse}
        return {"queries": self.queries, "k": self.k} | {
            name: round(value, 6) for name, value in numbers.items()
        }


def nearest_kept(
    queries: Floats, moved_queries: Floats, rows: Floats, moved_rows: Floats, *, k: int, own: bool
) -> NearestKept | None:
    """Search twice, among rows as they were and as they are, and compare what is found.

    Args:
        queries, moved_queries: unit rows (Q, D).
        rows, moved_rows: unit rows (N, D).
        k: how many of the nearest to look at; at most half of those that can be found, as all of them would
            always be the same.
        own: whether the queries are the rows, and each is left out of what it finds.
    Returns:
        None where fewer than two can be found.
    """
    k = min(k, (len(rows) - own) // 2)
    if k < 1:
        return None
    overlap = first = worse = 0.0
    for start in range(0, len(queries), _BLOCK):
        part = slice(start, start + _BLOCK)
        before = _cosines(queries[part], rows, start if own else None)
        after = _cosines(moved_queries[part], moved_rows, start if own else None)
        old, new = _best(before, k), _best(after, k)  # (B, k)
        overlap += float((old[:, :, None] == new[:, None, :]).sum()) / k
        first += float((old[:, 0] == new[:, 0]).sum())
        lost = np.take_along_axis(before, old, 1) - np.take_along_axis(before, new, 1)  # (B, k)
        worse = max(worse, float(lost.max()))
    return NearestKept(len(queries), k, overlap / len(queries), first / len(queries), worse)


def _cosines(queries: Floats, rows: Floats, start: int | None) -> Floats:
    """(B, D), (N, D) -> (B, N); from `start` on, each query is a row and does not find itself."""
    cosines: Floats = queries @ rows.T
    if start is not None:
        places = np.arange(len(queries))
        cosines[places, places + start] = -np.inf
    return cosines


def _best(cosines: Floats, k: int) -> NDArray[np.int64]:
    """Places of the k highest of each row, best first; of equal ones the first: (B, N) -> (B, k)."""
    best: NDArray[np.int64] = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return best
