"""`search` in a Chroma collection: each request of a `clip_embeddings.search.Query` is one `query` of it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import chromadb
from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import answer, apart, ordinary
from chroma_clip_embeddings.client.lock import asked
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from clip_embeddings.search import AnyModality, Calibration, Found, Method, Query, Request, SearchResult
from clip_embeddings.types import ImageInput

# Chroma gives distances; for unit vectors each is a function of the cosine.
_COSINE_OF: dict[str, Callable[[float], float]] = {
    "cosine": lambda distance: 1 - distance,
    "ip": lambda distance: 1 - distance,
    "l2": lambda distance: 1 - distance / 2,
}


@ordinary
async def search(
    collection: chromadb.Collection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: AnyModality = "any",
    calibration: Calibration | None = None,
    method: Method = "filtered",
) -> SearchResult:
    """Find the rows nearest to a text or a picture.

    Args:
        collection: filled by `ingest` or `add_items`, which write what rows are found by.
        text, image: the query; exactly one of them.
        k: how many; of each modality where they cannot be ranked in one list.
        modality: which to look for.
        calibration: for a raw collection: ranks both modalities in one list, with nothing embedded again.
        method: how: "filtered" asks for each modality apart and ranks by calibrated scores; "projected" asks
            once without a filter, with a query freed of the gap, which is faster and a little worse. See
            benchmarks/RESULTS.md.
    Raises:
        InvalidInputError: no query or two, k no int from 1 on, unknown modality or method, or a calibration
            for a collection that has its own.
        ImageDecodeError: the picture cannot be read.
        FingerprintMismatchError: the collection holds vectors of another model, or the calibration is of one.
        StoreError: the store does not answer.
    """
    embedder = embedder_of(collection)
    query = Query(collection.name, embedder, text, image, k, modality, calibration, method)
    await apart(collection, check_identity, collection, embedder)
    asking = [
        partial(collection.query, **_arguments(each)) for each in await apart(collection, query.requests)
    ]
    with store_errors("search", "Check that the store is there and the collection exists"):
        answers = [await answer(asked, collection, ask) for ask in asking]
    return query.result(_rows(found, collection) for found in answers)


def _arguments(request: Request) -> dict[str, Any]:
    """The arguments of the collection's `query`."""
    include = ["documents", "metadatas", "distances", *(["embeddings"] if request.vectors else [])]
    arguments = {"query_embeddings": request.vector[None], "n_results": request.k, "include": include}
    return {**arguments, "where": {"modality": request.modality}} if request.modality else arguments


def _rows(found: Any, collection: CollectionCommon[Any]) -> Iterator[Found]:
    """The rows of an answer, nearest first."""
    if not found["ids"]:
        return
    cosine = _COSINE_OF[(collection.configuration_json.get("hnsw") or {}).get("space", "cosine")]
    names = ("ids", "distances", "documents", "metadatas", "embeddings")
    empty = [None] * len(found["ids"][0])
    columns = [empty if found.get(name) is None else found[name][0] for name in names]
    for id, distance, document, metadata, vector in zip(*columns, strict=True):
        yield Found(id, cosine(distance), document or "", dict(metadata or {}), vector)
