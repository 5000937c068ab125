"""Rows as Chroma's calls take and give them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.store import Stored

_LOOKED_AT = 16  # rows
SAMPLE: dict[str, Any] = {
    "limit": _LOOKED_AT,
    "where": {"modality": {"$ne": "image"}},  # holds for rows without the field too
    "include": ["embeddings", "documents", "metadatas"],
}
"""The arguments of `get` for rows that are compared with a model: the document of a picture is not what its
vector is of."""


def places_in(count: int) -> list[dict[str, Any]]:
    """The arguments of `get` for rows at the beginning, in the middle and at the end of a collection.

    One that two models have filled has the first one's rows in front.
    """
    offsets = {0, max(0, count // 2 - _LOOKED_AT // 2), max(0, count - _LOOKED_AT)}
    return [{**SAMPLE, "offset": offset} for offset in sorted(offsets)]


def stored_of(found: Any) -> Stored:
    """What `get` answered, asked for documents and metadatas at least."""
    vectors = found.get("embeddings")
    return Stored(
        found["ids"],
        [document or "" for document in found["documents"]],
        [metadata or {} for metadata in found["metadatas"]],
        None if vectors is None else np.asarray(vectors, np.float32),
    )


def upsert_arguments(rows: Sequence[Row], vectors: NDArray[np.float32]) -> dict[str, Any]:
    """The one form in which rows are stored: with vectors, so that no field is left for Chroma to embed.

    `rows.checks` has seen the rows.
    """
    return {
        "ids": [row.id for row in rows],
        "embeddings": vectors,
        "documents": [row.document for row in rows],
        "metadatas": [row.metadata for row in rows],
        "uris": [row.uri for row in rows],
    }
