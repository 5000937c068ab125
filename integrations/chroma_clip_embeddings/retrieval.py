"""Search across modalities: pictures and texts, each ranked on its own.

The modality gap puts every text nearer to a text query than any picture, so one list would hold no
pictures; two filtered queries are right, at the price of the filter. Imports chromadb and the public core.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

import chromadb

from chroma_clip_embeddings.collection import check_identity, embedder_of, store_errors
from clip_embeddings import InvalidInputError
from clip_embeddings.types import ImageInput

Modality = Literal["any", "image", "text"]

# Chroma gives distances; for unit vectors each is a function of the cosine.
_COSINE_OF: dict[str, Callable[[float], float]] = {
    "cosine": lambda distance: 1 - distance,
    "ip": lambda distance: 1 - distance,
    "l2": lambda distance: 1 - distance / 2,
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One row found.

    Attributes:
        id, uri, metadata: as stored.
        score: cosine of the query with the row, -1 to 1. Comparable within a modality only.
        modality: "image" or "text".
        document: the passage, or the picture's caption or file name.
    """

    id: str
    score: float
    modality: str
    uri: str
    document: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found, best first, by modality; the scores of one side do not compare with the other's."""

    images: tuple[Hit, ...]
    texts: tuple[Hit, ...]


def search(
    collection: chromadb.Collection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: Modality = "any",
) -> SearchResult:
    """Find the k pictures and the k passages nearest to a text or a picture.

    Args:
        collection: filled by `ingest`.
        text, image: the query; exactly one of them.
        k: how many of each modality.
        modality: which to look for.
    Raises:
        InvalidInputError: no query or two, k below 1, unknown modality.
        ImageDecodeError: the picture cannot be read.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store does not answer.
    """
    if (text is None) == (image is None):
        raise InvalidInputError("search: give exactly one of text=... and image=...")
    if k < 1:
        raise InvalidInputError(f"k: got {k}; expected at least 1")
    if modality not in ("any", "image", "text"):
        raise InvalidInputError(f"modality: got {modality!r}; expected any, image or text")
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    if text is not None:
        vector = embedder.embed_texts([text], role="query")[0]
    else:
        vector = embedder.embed_images([cast(ImageInput, image)], role="query")[0]
    found = {
        each: _nearest(collection, vector, k, each) if modality in ("any", each) else ()
        for each in ("image", "text")
    }
    return SearchResult(found["image"], found["text"])


def _nearest(collection: chromadb.Collection, vector: Any, k: int, modality: str) -> tuple[Hit, ...]:
    with store_errors("search", "Check that the store is there and the collection exists"):
        answer = collection.query(
            query_embeddings=[vector],
            n_results=k,
            where={"modality": modality},
            include=["documents", "metadatas", "distances"],
        )
    space = (collection.configuration_json.get("hnsw") or {}).get("space", "cosine")
    columns = (answer["ids"], answer["distances"], answer["documents"], answer["metadatas"])
    rows = zip(*(column[0] if column else [] for column in columns), strict=True)
    return tuple(
        Hit(id, _COSINE_OF[space](distance), modality, str(meta.get("uri", "")), document or "", dict(meta))
        for id, distance, document, meta in rows
    )
