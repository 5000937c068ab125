"""Bank: typical texts and pictures of a model, small enough to be kept with a collection.

A row's nearness to them says how crowded its place is. They are kept in the few directions that tell most of
them apart, in coarse steps: a nearness is a mean of many cosines, which evens the rounding out.

Imports numpy and errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.types import Embeddings, Modality

_AXES = 64
_FINE, _COARSE = 1 / 15, 1.0  # of the largest number of an axis; of a row's average number
_PART = 4096  # rows at a time: their cosines with a thousand others are 16 MiB


@dataclass(frozen=True, eq=False)
class Bank:
    """Calibrated rows as whole numbers.

    Attributes:
        axes: int8 (A, D), directions in units of `axis_step`.
        rows: modality -> int8 (B, A), parts along the axes in units of `row_step`.
        axis_step, row_step: what 1 stands for.
    """

    axes: NDArray[np.int8]
    rows: Mapping[Modality, NDArray[np.int8]]
    axis_step: float
    row_step: float

    def __post_init__(self) -> None:
        shapes = [self.axes.shape, *(rows.shape for rows in self.rows.values())]
        if (
            any(len(shape) != 2 or 0 in shape for shape in shapes)
            or {len(self.axes)} != {shape[1] for shape in shapes[1:]}
            or min(shape[0] for shape in shapes[1:]) < 2
        ):
            raise InvalidInputError(
                f"a bank of shapes {shapes}; expected axes (A, D) and rows (B, A), B from 2 on"
            )
        if not (0 < self.axis_step < np.inf and 0 < self.row_step < np.inf):
            raise InvalidInputError(
                f"a bank's steps are {self.axis_step} and {self.row_step}; expected numbers above 0"
            )

    @classmethod
    def of(cls, rows: Mapping[Modality, Embeddings]) -> "Bank":
        """Keep unit rows of each modality: (B, D) each, of any B."""
        axes = np.linalg.svd(np.concatenate(list(rows.values())), full_matrices=False)[2][:_AXES]
        axis_step = float(np.abs(axes).max() * _FINE)
        whole = np.rint(axes / axis_step).astype(np.int8)
        parts = {name: each @ (whole * np.float32(axis_step)).T for name, each in rows.items()}
        step = float(_COARSE * np.sqrt(np.mean([(part**2).mean() for part in parts.values()])))
        coded = {
            name: np.rint(np.clip(part / step, -127, 127)).astype(np.int8) for name, part in parts.items()
        }
        return cls(whole, coded, axis_step, step)

    def nearness(self, rows: Embeddings, modality: Modality, *, one_in: int) -> NDArray[np.float32]:
        """Mean cosine with the nearest ones of a modality but the first, which may be the row itself.

        Args:
            rows: unit rows (N, D).
            one_in: how many are the nearest: that share of the bank, at least one.
        Returns:
            (N,)
        """
        bank = self._decoded[modality]
        kept = min(max(1, len(bank) // one_in), len(bank) - 1)
        first = len(bank) - kept - 1
        means = []
        for part in np.split(rows, range(_PART, len(rows), _PART)):
            nearest = np.partition(part @ self._axes.T @ bank.T, first, axis=1)[:, first:]
            means.append((nearest.sum(axis=1) - nearest.max(axis=1)) / kept)
        nearness: NDArray[np.float32] = np.concatenate(means).astype(np.float32)
        return nearness

    @cached_property
    def _axes(self) -> NDArray[np.float32]:
        return self.axes * np.float32(self.axis_step)

    @cached_property
    def _decoded(self) -> dict[Modality, NDArray[np.float32]]:
        return {name: rows * np.float32(self.row_step) for name, rows in self.rows.items()}
