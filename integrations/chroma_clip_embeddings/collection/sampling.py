"""Rows of a collection at random, as raw vectors, and the modality gap measured on them."""

from collections.abc import Iterator
from hashlib import blake2b
from heapq import nsmallest
from typing import Any, get_args

import chromadb
import numpy as np

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from clip_embeddings import CalibrationEstimator, ModalityCalibration, l2_normalize
from clip_embeddings.ingestion.sample import SAMPLE_SIZE, check_size
from clip_embeddings.types import Embeddings, Modality

_LISTED = 5000  # ids asked for at once
_FETCHED = 500  # vectors asked for at once


def sample_collection(
    collection: chromadb.Collection, *, size: int = SAMPLE_SIZE, seed: int = 0
) -> CalibrationEstimator:
    """Measure the modality gap on random rows of a collection; nothing is embedded.

    Rows without a `modality` (those not stored by this package) are left out. Vectors of a calibrated
    collection are made raw again first, so it gives the same as a raw one of the same content.

    Args:
        collection: embedded or over HTTP, made with `open_collection` or with a `CLIPEmbeddingFunction`.
        size: most rows of each modality.
        seed: another one takes other rows.
    Returns:
        An estimator; `.calibration(embedder_of(collection).model_fingerprint)` makes the calibration.
    Raises:
        InvalidInputError: size is below 1.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store does not answer, or the collection is not one of ours.
    """
    refuse_async(collection, "sample_collection")
    check_size(size)
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    estimator = CalibrationEstimator()
    for modality in get_args(Modality):
        estimator.add(draw_rows(collection, modality, size, seed), modality)
    return estimator


def draw_rows(collection: chromadb.Collection, modality: Modality, size: int, seed: int) -> Embeddings:
    """Raw unit vectors of up to `size` rows of one modality: float32 (n, D), the same ones for the same seed.

    Every row is as likely as another; the first ones of a collection are often of one folder. Vectors of a
    calibrated collection are taken back to raw.

    Raises:
        StoreError: the store does not answer.
    """
    embedder = embedder_of(collection)
    drawn = np.zeros((0, embedder.dimension), np.float32)
    with store_errors(f"draw rows of the collection {collection.name!r}", "Check that the store is there"):
        chosen = nsmallest(size, ids_of(collection, modality), key=lambda id: (_place(id, seed), id))
        for start in range(0, len(chosen), _FETCHED):
            stored = _vectors(collection, chosen[start : start + _FETCHED])
            drawn = np.concatenate([drawn, raw_vectors(stored, modality, embedder.calibration)])
    return drawn


def raw_vectors(stored: Any, modality: Modality, calibration: ModalityCalibration | None) -> Embeddings:
    """What the model gave for stored rows: (N, D) -> unit rows (N, D)."""
    rows = l2_normalize(np.asarray(stored, np.float32))
    return calibration.invert(rows, modality) if calibration else rows


def ids_of(collection: chromadb.Collection, modality: Modality) -> Iterator[str]:
    """Ids of the rows of one modality, in the store's order, asked for in pages."""
    where: Any = {"modality": modality}
    start = 0
    while page := collection.get(where=where, limit=_LISTED, offset=start, include=[])["ids"]:
        yield from page
        start += len(page)


def _place(id: str, seed: int) -> bytes:
    """Where an id is in the order of a seed, whatever the order of the rows is."""
    return blake2b(f"{seed} {id}".encode(), digest_size=8).digest()


def _vectors(collection: chromadb.Collection, ids: list[str]) -> Embeddings:
    """Vectors of rows in the order of their ids, which is not the store's: (n, D)."""
    found: Any = collection.get(ids=ids, include=["embeddings"])
    place = {id: row for row, id in enumerate(found["ids"])}
    vectors: Embeddings = np.asarray(found["embeddings"], np.float32)
    return vectors[[place[id] for id in ids if id in place]]
