"""The kinds of vectors that are calibrated apart, and checks of vectors that are given. Imports numpy."""

from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.similarity import as_floats
from clip_embeddings.types import Modality, Role

Kind = tuple[Role, Modality]
Pair = tuple[Modality, Modality]  # of the query, of the document
TEXTS: Kind = ("document", "text")
PICTURES: Kind = ("document", "image")


def kind_of(role: Role, modality: Modality) -> Kind:
    """Both as a kind.

    Raises:
        InvalidInputError: one of them is unknown.
    """
    if role not in get_args(Role) or modality not in get_args(Modality):
        expected = f"one of {get_args(Role)} and of {get_args(Modality)}"
        raise InvalidInputError(f"got role {role!r} and modality {modality!r}; expected {expected}")
    return role, modality


def unit_rows(vectors: ArrayLike, name: str = "vectors") -> NDArray[np.float32]:
    """The vectors as float32 (N, D), of unit length.

    Raises:
        InvalidInputError: another shape, or the first row of another length.
    """
    rows = as_floats(vectors)
    if rows.ndim != 2:
        raise InvalidInputError(f"{name}: got an array of shape {rows.shape}; expected (N, D)")
    lengths = np.linalg.norm(rows, axis=1)
    if (wrong := np.flatnonzero(~(np.abs(lengths - 1) < 0.01))).size:  # NaN is wrong too
        raise InvalidInputError(
            f"{name}[{wrong[0]}] has length {lengths[wrong[0]]:.3f}; expected unit rows: l2_normalize"
        )
    return rows


def error_of(mean: ArrayLike, count: int) -> float:
    """Expected distance of the mean of unit rows from the true one: sqrt((1 - |mean|^2) / n)."""
    return float(np.sqrt((1 - np.linalg.norm(mean) ** 2) / count))
