"""Rows of different lengths in one array. Imports numpy."""

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


class Ragged(Sequence[NDArray[np.int64]]):
    """Rows of different lengths, one after another: an array for each would be larger than its content.

    Args:
        flat: (sum of lengths,) all rows.
        lengths: (W,) of each row.
    """

    def __init__(self, flat: NDArray[np.int64], lengths: NDArray[np.int64]) -> None:
        self.lengths, self._flat = lengths, flat
        self._ends = np.cumsum(lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, place: int) -> NDArray[np.int64]: ...
    @overload
    def __getitem__(self, place: slice) -> list[NDArray[np.int64]]: ...
    def __getitem__(self, place: int | slice) -> NDArray[np.int64] | list[NDArray[np.int64]]:
        if isinstance(place, slice):
            return [self[row] for row in range(len(self))[place]]
        end = self._ends[place]
        return self._flat[end - self.lengths[place] : end]
