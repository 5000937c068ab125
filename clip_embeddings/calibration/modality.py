"""ModalityCalibration: what a vector is moved by, for its modality and role. Imports numpy, file and kinds.

    c  = unit(x - mean)              each modality and role on one centre
    x' = unit(c + level * gap)       gap = unit(mean image - mean text), both of documents

A query loses its part along the gap in between, so that `level` means the same for every query.
Source: centring as in GR-CLIP (arXiv 2507.19054, section 4); levels are explained in levels.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.calibration.file import from_record, to_json, to_record
from clip_embeddings.calibration.kinds import PICTURES, TEXTS, Kind, Pair, kind_of
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.similarity import as_floats, check_finite, l2_normalize
from clip_embeddings.types import Embeddings, Modality, Role

# Where the score quantiles are taken; denser towards the best, which is where searches look.
GRID = np.array([0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 1])


@dataclass(frozen=True, eq=False)
class ModalityCalibration:
    """Removes the modality gap from vectors of one model; equal to another where it moves them equally.

    Made by `CalibrationEstimator`, read by `load`. Roles are "document" and "query", modalities "text" and
    "image".

    Attributes:
        model: `CLIPEmbedder.model_fingerprint` of the vectors that it was measured on.
        means: (role, modality) -> float32 (D,), mean of unit rows; queries without one are centred
            as documents.
        counts: (role, modality) -> how many vectors that mean is of.
        levels: (role, modality) -> what is added along the gap after centring; below 1 for documents.
        scores: (query modality, document modality) -> float32 (16,), quantiles at `GRID` of the calibrated
            cosine of random pairs.
        source: where the sample came from, in words.
    """

    model: str
    means: Mapping[Kind, NDArray[np.float32]]
    counts: Mapping[Kind, int]
    levels: Mapping[Kind, float]
    scores: Mapping[Pair, NDArray[np.float32]] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        for kind in (TEXTS, PICTURES):
            if kind not in self.means:
                raise InvalidInputError(f"a calibration needs the mean of {kind[1]} documents")
        lengths = {mean.shape for mean in self.means.values()}
        if len(lengths) > 1 or any(len(shape) != 1 for shape in lengths):
            raise InvalidInputError(f"means of shapes {sorted(lengths)}; expected one vector of D each")
        for kind in sorted(self.means.keys() | self.levels.keys()):
            length, level = np.linalg.norm(self.means.get(kind, 0.0)), self.levels.get(kind, 0.0)
            # NaN fails both; from 1 on nothing could be taken back.
            if not length < 1 or not abs(level) < 1:
                raise InvalidInputError(
                    f"{kind[0]} {kind[1]}: a mean of length {length:.3f} and a level of {level:.3f}; "
                    "expected both below 1"
                )
        for pair, quantiles in self.scores.items():
            if np.shape(quantiles) != GRID.shape or not (np.diff(quantiles) >= 0).all():
                raise InvalidInputError(
                    f"scores of {' -> '.join(pair)}: expected {len(GRID)} quantiles in rising order"
                )

    @cached_property
    def id(self) -> str:
        """64 bits in hexadecimal, made of what moves vectors: the model, the means and the levels."""
        digest = sha256(self.model.encode())
        for kind in sorted(self.means.keys() | self.levels.keys()):
            mean = np.asarray(self.means.get(kind, ()), "<f4").tobytes()
            digest.update(f"{kind} {self.levels.get(kind, 0.0):.6f}".encode() + mean)
        return digest.hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModalityCalibration) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"ModalityCalibration({self.id}, model {self.model}, from {self.source or 'unknown'})"

    @property
    def dimension(self) -> int:
        """D, the length of the vectors."""
        return int(self.means[TEXTS].shape[0])

    @cached_property
    def gap(self) -> float:
        """Distance of the mean picture from the mean text, 0 to 2: how far apart the modalities are."""
        return float(np.linalg.norm(self._apart))

    @cached_property
    def direction(self) -> NDArray[np.float32]:
        """Unit (D,) from the mean text to the mean picture; zeros where there is no gap."""
        direction: NDArray[np.float32] = l2_normalize(self._apart)[0]
        return direction

    @property
    def _apart(self) -> NDArray[np.float64]:
        apart: NDArray[np.float64] = self.means[PICTURES].astype(np.float64) - self.means[TEXTS]
        return apart

    def apply(self, vectors: ArrayLike, modality: Modality, role: Role = "document") -> Embeddings:
        """Calibrate raw unit rows: (N, D) -> float32 (N, D), unit rows.

        Raises:
            InvalidInputError: rows of another length, unknown modality or role.
        """
        rows, kind = self._rows(vectors), kind_of(role, modality)
        rows = rows - self.means.get(kind, self.means["document", modality])
        if role == "query":
            rows = rows - np.outer(rows @ self.direction, self.direction)
        level = self.levels.get(kind, 0.0)
        centred = l2_normalize(rows)
        return l2_normalize(centred + np.float32(level) * self.direction) if level else centred

    def invert(self, vectors: ArrayLike, modality: Modality) -> Embeddings:
        """Take `apply` back for documents: calibrated unit rows (N, D) -> raw unit rows, float32 (N, D).

        Source: both steps are x' = unit(x - shift) with |x| = 1, so x = shift + r x' with
        r = -x'.shift + sqrt((x'.shift)^2 + 1 - |shift|^2).
        """
        kind = kind_of("document", modality)
        rows = self._rows(vectors).astype(np.float64)
        rows = _unshifted(rows, -self.levels.get(kind, 0.0) * self.direction.astype(np.float64))
        return l2_normalize(_unshifted(rows, self.means[kind].astype(np.float64)))

    def project(self, queries: ArrayLike) -> Embeddings:
        """Raw queries without their part along the gap: one unfiltered search over raw vectors is fairer."""
        rows = self._rows(queries)
        return l2_normalize(rows - np.outer(rows @ self.direction, self.direction))

    def percentile(self, scores: ArrayLike, query: Modality, document: Modality) -> NDArray[np.float32]:
        """Of 100 random pairs of these modalities, how many score lower: 0 to 100, same shape as `scores`.

        It makes cosines of different pairs of modalities readable side by side. It is no probability of being
        relevant: in a large collection many wrong rows are above the 99th percentile.

        Raises:
            InvalidInputError: the calibration has no score statistics for this pair.
        """
        if (query, document) not in self.scores:
            known = ", ".join(" -> ".join(pair) for pair in self.scores) or "none"
            raise InvalidInputError(f"no score statistics for {query} -> {document}; there are: {known}")
        quantiles = self.scores[query, document]
        shares: NDArray[np.float32] = (
            100 * np.interp(np.asarray(scores, np.float64), quantiles, GRID)
        ).astype(np.float32)
        return shares

    def to_record(self) -> dict[str, Any]:
        """All of it as JSON values; `from_record` reads it."""
        return to_record(self)

    @classmethod
    def from_record(cls, record: Any) -> "ModalityCalibration":
        """Read what `to_record` wrote.

        Raises:
            InvalidInputError: it is something else, of a later version, or damaged.
        """
        id, fields = from_record(record)
        made = cls(**fields)
        if made.id != id:
            raise InvalidInputError(f"is damaged: its content has the id {made.id}, not {id}")
        return made

    def save(self, path: str | PathLike[str]) -> None:
        """Write one JSON file; the numbers are exact."""
        Path(path).write_text(to_json(self), encoding="utf-8")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "ModalityCalibration":
        """Read what `save` wrote.

        Raises:
            InvalidInputError: no such file, or not a calibration.
        """
        try:
            return cls.from_record(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is not text"
            raise InvalidInputError(f"calibration {str(path)!r} cannot be read: {reason}") from error
        except InvalidInputError as error:
            raise InvalidInputError(f"calibration {str(path)!r}: {error}") from error

    def _rows(self, vectors: ArrayLike) -> NDArray[np.float32]:
        rows = as_floats(vectors)
        if rows.ndim != 2 or rows.shape[1] != self.dimension:
            raise InvalidInputError(f"got an array of shape {rows.shape}; expected (N, {self.dimension})")
        check_finite(rows)
        return rows


def _unshifted(rows: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit rows x with unit(x - shift) = the given unit rows."""
    along = rows @ shift
    lengths = -along + np.sqrt(along**2 + 1 - shift @ shift)
    unshifted: NDArray[np.float64] = shift + lengths[:, None] * rows
    return unshifted
