"""Comparing vectors. Imports numpy only."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.errors import InvalidInputError


def as_floats(vectors: ArrayLike) -> NDArray[np.float32]:
    """As a float32 array of the same shape.

    Raises:
        InvalidInputError: it holds something else than numbers, or rows of different lengths.
    """
    try:
        numbers: NDArray[np.float32] = np.asarray(vectors, np.float32)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"got what is no array of numbers ({error}); expected (N, D)") from error
    return numbers


def check_finite(rows: NDArray[np.floating]) -> None:
    """Refuse vectors with numbers that are none: they compare with everything and are like nothing.

    Raises:
        InvalidInputError: names the first row.
    """
    finite = np.isfinite(rows).all(axis=tuple(range(1, rows.ndim)))
    if not finite.all():
        place = int(np.flatnonzero(~finite)[0])
        bad = int((~np.isfinite(rows[place])).sum())
        raise InvalidInputError(
            f"vectors[{place}]: {bad} of its numbers are not finite; expected what an embedder gave. "
            "Embed that item again, or leave it out"
        )


def l2_normalize(vectors: ArrayLike) -> NDArray[np.float32]:
    """Scale each row to unit L2 norm: (N, D) -> float32 (N, D). A row of zeros stays zero.

    Raises:
        InvalidInputError: not (N, D), or a row with numbers that are not finite.
    """
    rows = _as_rows(vectors)
    norms = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    units: NDArray[np.float32] = (rows / np.where(norms > 0, norms, 1.0)).astype(np.float32)
    return units


def cosine_similarity(a: ArrayLike, b: ArrayLike) -> NDArray[np.float32]:
    """Cosine of every row of a with every row of b: (N, D), (M, D) -> float32 (N, M).

    Raises:
        InvalidInputError: the rows have different lengths, so they come from different models; or a row has
            numbers that are not finite.
    """
    left, right = l2_normalize(a), l2_normalize(b)
    if left.shape[1] != right.shape[1]:
        raise InvalidInputError(
            f"cosine_similarity: rows of {left.shape[1]} and {right.shape[1]} numbers cannot be compared; "
            "both sides have to come from the same model"
        )
    cosines: NDArray[np.float32] = np.clip(left @ right.T, -1.0, 1.0)
    return cosines


def softmax(logits: ArrayLike) -> NDArray[np.float32]:
    """Probabilities along the last axis: (N, M) -> float32 (N, M), rows sum to 1."""
    values = np.asarray(logits, np.float64)
    values = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = (values / values.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


@dataclass(frozen=True, slots=True)
class ScoreFunction:
    """How a model family turns cosines into probabilities, with its learnt numbers.

    Attributes:
        kind: "softmax" shares 1 among the candidates (CLIP); "sigmoid" judges each by itself (SigLIP).
        scale: what a cosine is multiplied by.
        bias: what is added after that; 0 for CLIP.
    Source: Radford et al. 2021, figure 3; Zhai et al. 2023 (SigLIP), algorithm 1.
    """

    kind: Literal["softmax", "sigmoid"]
    scale: float
    bias: float = 0.0

    def logits(self, cosines: ArrayLike) -> NDArray[np.float64]:
        """scale * cosine + bias, in the shape given."""
        return self.scale * np.asarray(cosines, np.float64) + self.bias

    def probabilities(self, cosines: ArrayLike) -> NDArray[np.float32]:
        """One for each candidate along the last axis: (N, M) -> float32 (N, M)."""
        logits = self.logits(cosines)
        if self.kind == "softmax":
            return softmax(logits)
        return (0.5 * (1.0 + np.tanh(0.5 * logits))).astype(np.float32)  # a sigmoid that cannot overflow


def _as_rows(vectors: ArrayLike) -> NDArray[Any]:
    rows: NDArray[Any] = vectors if isinstance(vectors, np.ndarray) else as_floats(vectors)
    if rows.dtype.kind not in "fiub":
        rows = as_floats(rows)
    if rows.ndim == 1:
        rows = rows[None, :]
    if rows.ndim != 2:
        raise InvalidInputError(f"got an array of shape {rows.shape}; expected (N, D), one vector a row")
    check_finite(rows)
    return rows
