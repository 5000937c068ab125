"""Collections to compare: their rows as they are stored, and rows of vectors of no model."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.api import ClientAPI

from chroma_clip_embeddings import connect, embedder_of, open_collection
from clip_embeddings import CLIPEmbedder, ModalityCalibration, l2_normalize

ROWS = 300


def everything(collection: chromadb.Collection) -> dict[str, Any]:
    """Rows as they are stored; `embeddings` apart, as numbers are compared otherwise."""
    rows: Any = collection.get(include=["documents", "metadatas", "uris", "embeddings"])
    return {**rows, "embeddings": np.asarray(rows["embeddings"])}


def all_but_vectors(rows: dict[str, Any]) -> list[Any]:
    return [rows[column] for column in ("ids", "documents", "metadatas", "uris")]


def names(client: ClientAPI) -> list[str]:
    return sorted(collection.name for collection in client.list_collections())


def filled(client: ClientAPI, embedder: CLIPEmbedder) -> chromadb.Collection:
    """Rows of both modalities, mixed, with vectors of no model."""
    collection = open_collection(client, "photos", embedder=embedder)
    rng = np.random.default_rng(3)
    collection.add(
        ids=[f"{number * 7919 % ROWS}" for number in range(ROWS)],
        embeddings=l2_normalize(rng.normal(size=(ROWS, embedder.dimension))),
        documents=[f"words {number}" for number in range(ROWS)],
        metadatas=[{"modality": "text" if number % 3 else "image"} for number in range(ROWS)],
    )
    return collection


def reference_of(embedder: CLIPEmbedder) -> ModalityCalibration:
    """The calibration that a model ships with."""
    calibration = embedder.with_calibration("reference").calibration
    assert calibration
    return calibration


def calibration_of(db: Path, name: str = "clip") -> str | None:
    """The id of the calibration that a collection has on record."""
    own = embedder_of(open_collection(connect(db), name, create=False)).calibration
    return own.id if own else None
