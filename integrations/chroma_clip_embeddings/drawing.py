"""Rows of a collection at random, as raw vectors. Imports chromadb, numpy and the public core."""

from typing import Any

import chromadb
import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.identity import embedder_of
from chroma_clip_embeddings.store import store_errors
from clip_embeddings import l2_normalize
from clip_embeddings.types import Modality

_IDS = 5000  # listed in one request
_ROWS = 500  # fetched in one request, with their vectors
_FIX = "Nothing was changed; check that the store is there"


def draw_rows(
    collection: chromadb.Collection, modality: Modality, size: int, seed: int
) -> NDArray[np.float32]:
    """Raw unit vectors of up to `size` rows of one modality: float32 (n, D), the same ones for the same seed.

    Every row is as likely as another; the first ones of a collection are often of one folder. Vectors of a
    calibrated collection are taken back to raw.

    Raises:
        StoreError: the store does not answer.
    """
    with store_errors("draw rows", _FIX):
        ids = _ids(collection, modality)
        chosen = [ids[place] for place in np.random.default_rng(seed).permutation(len(ids))[:size]]
        rows = [_vectors(collection, chosen[at : at + _ROWS]) for at in range(0, len(chosen), _ROWS)]
    embedder = embedder_of(collection)
    if not rows:
        return np.zeros((0, embedder.dimension), np.float32)
    units = l2_normalize(np.concatenate(rows))
    return embedder.calibration.invert(units, modality) if embedder.calibration else units


def _ids(collection: chromadb.Collection, modality: Modality) -> list[str]:
    """Ids of all rows of a modality, sorted: two stores of the same rows draw alike."""
    ids: list[str] = []
    where: Any = {"modality": modality}
    while page := collection.get(where=where, include=[], limit=_IDS, offset=len(ids))["ids"]:
        ids += page
    return sorted(ids)


def _vectors(collection: chromadb.Collection, ids: list[str]) -> NDArray[np.float32]:
    """Vectors of rows in the order of their ids: (n, D)."""
    found: Any = collection.get(ids=ids, include=["embeddings"])
    place = {id: row for row, id in enumerate(found["ids"])}
    vectors: NDArray[np.float32] = np.asarray(found["embeddings"], np.float32)
    return vectors[[place[id] for id in ids if id in place]]
