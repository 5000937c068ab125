"""CalibrationEstimator: means and a sample of vectors that stream by.

Imports numpy and the modules beside it.

Sums are kept in whole numbers and the sample is chosen by content, so neither the order of the vectors nor
how the work was divided changes a bit of the result.
"""

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.calibration.kinds import PICTURES, TEXTS, Kind, error_of, kind_of, unit_rows
from clip_embeddings.calibration.levels import MOST_RATIO, MOST_RATIO_OF_PAIRS, SAME, levels_of, scores_of
from clip_embeddings.calibration.modality import ModalityCalibration
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.types import Modality, Role

MINIMUM = 300
"""Fewest vectors of a kind: the mean is then off by less than 0.06."""
_SAMPLE = 1024  # rows of each kind that score statistics are taken from
_UNIT = 2.0**40  # sums count in units of 2^-40: exact, whatever the order


class CalibrationEstimator:
    """Measures the modality gap of a model from raw unit vectors, a batch at a time.

    Give it vectors of documents, both texts and pictures; those of typical queries too if there are any.
    Texts and pictures should be about the same things: what differs between their topics is taken for the
    gap.

    Args:
        sample: how many vectors of each kind are kept for the score statistics.
    Raises:
        InvalidInputError: a sample below 2.
    """

    def __init__(self, *, sample: int = _SAMPLE) -> None:
        if sample < 2:
            raise InvalidInputError(f"sample: got {sample}; expected at least 2")
        self._size = sample
        self._seen: dict[Kind, _Seen] = {}

    @property
    def counts(self) -> dict[Kind, int]:
        """How many vectors there were of each (role, modality)."""
        return {kind: seen.count for kind, seen in self._seen.items()}

    def add(self, vectors: ArrayLike, modality: Modality, role: Role = "document") -> None:
        """Take in raw unit rows (N, D), as `CLIPEmbedder` without a calibration gives them.

        Raises:
            InvalidInputError: not rows of unit length, or another length than before.
        """
        kind, rows = kind_of(role, modality), unit_rows(vectors)
        self._check_length(rows.shape[1])
        if len(rows):
            self._put(kind, _Seen.of(rows))

    def merge(self, other: "CalibrationEstimator") -> None:
        """Take in what another estimator has seen: the same as one that has seen both.

        Of two sizes of the sample the smaller one holds from then on.

        Raises:
            InvalidInputError: it has seen vectors of another length.
        """
        for seen in other._seen.values():
            self._check_length(len(seen.sums))
        # Of more rows than both have kept nobody knows which would have been the sample.
        self._size = min(self._size, other._size)
        self._seen = {kind: seen.cut(self._size) for kind, seen in self._seen.items()}
        for kind, seen in other._seen.items():
            self._put(kind, seen)

    def calibration(
        self,
        model: str,
        *,
        source: str = "",
        minimum: int = MINIMUM,
        level: bool = True,
        paired: bool = False,
    ) -> ModalityCalibration:
        """The calibration of what was seen.

        Args:
            model: `CLIPEmbedder.model_fingerprint` of the vectors.
            source: where the sample came from, in words.
            minimum: fewest vectors of each kind.
            level: spread the scores alike too; False only centres.
            paired: whether the texts are captions of the pictures. Else a large difference of the spreads is
                not believed, as texts and pictures may be about different things.
        Raises:
            InvalidInputError: too few vectors of a kind (says how far off its mean may be), or all alike.
        """
        self._check(minimum)
        means = {kind: seen.mean for kind, seen in self._seen.items()}
        bare = ModalityCalibration(model, means, self.counts, {}, {}, source)
        samples = {kind: seen.rows for kind, seen in self._seen.items()}
        most = MOST_RATIO_OF_PAIRS if paired else MOST_RATIO
        levels = levels_of(bare, samples, most=most) if level else {}
        made = ModalityCalibration(model, means, self.counts, levels, {}, source)
        return ModalityCalibration(model, means, self.counts, levels, scores_of(made, samples), source)

    def _put(self, kind: Kind, seen: "_Seen") -> None:
        there = self._seen.get(kind)
        self._seen[kind] = (there.joined(seen) if there else seen).cut(self._size)

    def _check_length(self, length: int) -> None:
        if known := {len(seen.sums) for seen in self._seen.values()} - {length}:
            raise InvalidInputError(
                f"vectors of {length} numbers after some of {known.pop()}; all have to come from one model"
            )

    def _check(self, minimum: int) -> None:
        for kind in (TEXTS, PICTURES, *self._seen):
            count = self._seen[kind].count if kind in self._seen else 0
            noun = "texts" if kind[1] == "text" else "pictures"
            if count >= max(minimum, 2):
                if self._seen[kind].alike:
                    raise InvalidInputError(
                        f"all {count} {noun} ({kind[0]}) have the same vector; a calibration needs different "
                        f"{noun}. Add others"
                    )
                continue
            off = f" The mean of {count} is off by about {self._seen[kind].error:.2f}." if count else ""
            fix = "" if count < 2 else f", or allow it with minimum={count}"
            raise InvalidInputError(
                f"{count} {noun} ({kind[0]}); a calibration needs at least {max(minimum, 2)}.{off} "
                f"Add more{fix}"
            )


class _Seen:
    """Vectors of one kind that went by: their number, their exact sum, and some of them."""

    def __init__(self, count: int, sums: NDArray[Any], keys: NDArray[np.uint64], rows: NDArray[np.float32]):
        self.count, self.sums, self.keys, self.rows = count, sums, keys, rows

    @classmethod
    def of(cls, rows: NDArray[np.float32]) -> "_Seen":
        # Python integers: of any size, so the sum of any number of rows is exact.
        sums = sum(
            (
                np.rint(part.astype(np.float64) * _UNIT).astype(np.int64).sum(axis=0).astype(object)
                for part in np.array_split(rows, -(-len(rows) // 2**20))
            ),
            start=np.zeros(rows.shape[1], object),
        )
        keys = [int.from_bytes(blake2b(row.tobytes(), digest_size=8).digest(), "big") for row in rows]
        return cls(len(rows), sums, np.array(keys, np.uint64), rows.copy())

    def joined(self, other: "_Seen") -> "_Seen":
        keys, rows = np.concatenate([self.keys, other.keys]), np.concatenate([self.rows, other.rows])
        return _Seen(self.count + other.count, self.sums + other.sums, keys, rows)

    def cut(self, size: int) -> "_Seen":
        """Keep the rows of the smallest keys: a random sample of the distinct ones, whatever came when."""
        keys, first = np.unique(self.keys, return_index=True)
        return _Seen(self.count, self.sums, keys[:size], self.rows[first[:size]])

    @property
    def mean(self) -> NDArray[np.float32]:
        mean: NDArray[np.float32] = (self.sums.astype(np.float64) / _UNIT / self.count).astype(np.float32)
        mean.setflags(write=False)
        return mean

    @property
    def alike(self) -> bool:
        """Whether no two rows differ by more than rounding."""
        return bool((self.rows @ self.rows[0] >= SAME).all())

    @property
    def error(self) -> float:
        """Expected distance of the mean from the true one."""
        return error_of(self.mean, self.count)
