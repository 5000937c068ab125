"""`search` in a Chroma collection: each request of a `clip_embeddings.search.Query` is one `query` of it."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import chromadb
from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import answer, apart, ordinary, steps_of
from chroma_clip_embeddings.client.lock import asked
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from clip_embeddings.conditions import Condition
from clip_embeddings.search import AnyModality, Calibration, Found, Method, Query, Request, SearchResult
from clip_embeddings.stores import collection as any_collection
from clip_embeddings.tasks.adapting import said_as
from clip_embeddings.types import ImageInput

# Chroma gives distances; for unit vectors each is a function of the cosine.
COSINE_OF: dict[str, Callable[[float], float]] = {
    "cosine": lambda distance: 1 - distance,
    "ip": lambda distance: 1 - distance,
    "l2": lambda distance: 1 - distance / 2,
}
_OPERATORS = {"=": "$eq", "!=": "$ne", ">": "$gt", ">=": "$gte", "<": "$lt", "<=": "$lte"}


def where_of(condition: Condition) -> dict[str, Any]:
    """Chroma's form of a condition."""
    # Chroma cuts the fraction off a number that it compares with whole ones: 4 is not below 4.5. What stands
    # beside it is right for whole numbers and for others.
    field, value = condition.field, condition.value
    if not isinstance(value, float) or value.is_integer():
        return {field: {_OPERATORS[condition.operator]: int(value) if isinstance(value, float) else value}}
    below, above = math.nextafter(value, -math.inf), math.nextafter(value, math.inf)
    beside: dict[str, dict[str, float]] = {
        "=": {"$gt": below, "$lt": above},
        "!=": {"$ne": value, "$eq": math.trunc(value)},
        ">": {"$gt": value, "$gte": math.ceil(value)},
        ">=": {"$gt": below, "$gte": math.ceil(value)},
        "<": {"$lt": value, "$lte": math.floor(value)},
        "<=": {"$lt": above, "$lte": math.floor(value)},
    }
    parts = [{field: {operator: number}} for operator, number in beside[condition.operator].items()]
    return {"$and" if condition.operator == "=" else "$or": parts}


@said_as(
    any_collection.search,
    {
        "from `Store.open`": "filled by `ingest` or `add_items`, which write what rows are found by",
        "where: what the metadata is to be:": "where: Chroma's own filter, a dictionary, or in words:",
    },
)
@ordinary
async def search(
    collection: chromadb.Collection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: AnyModality = "any",
    where: str | dict[str, Any] | None = None,
    calibration: Calibration | None = None,
    method: Method = "filtered",
) -> SearchResult:
    embedder = embedder_of(collection)
    words, own = (None, where) if isinstance(where, dict) else (where, None)
    query = Query(collection.name, embedder, text, image, k, modality, calibration, method, words)
    await apart(collection, check_identity, collection, embedder)
    requests = await apart(collection, query.requests)
    return query.result([await steps_of(nearest)(collection, request, own) for request in requests])


@ordinary
async def nearest(collection: chromadb.Collection, request: Request, own: Any = None) -> list[Found]:
    """Nearest first; `own` is a filter of Chroma's."""
    include = ["documents", "metadatas", "distances", *(["embeddings"] if request.vectors else [])]
    arguments: dict[str, Any] = {"n_results": request.k, "include": include}
    every: list[dict[str, Any]] = [{"modality": request.modality}] if request.modality else []
    every += [where_of(each) for each in request.where]
    every += [own] if own else []
    arguments["where"] = {"$and": every} if len(every) > 1 else every[0] if every else None
    ask = partial(collection.query, query_embeddings=request.vector[None], **arguments)
    with store_errors("search", "Check that the store is there and the collection exists, and the filter"):
        return list(_rows_of(await answer(asked, collection, ask), collection))


def _rows_of(found: Any, collection: CollectionCommon[Any]) -> Iterator[Found]:
    """The rows of an answer, nearest first."""
    if not found["ids"]:
        return
    cosine = COSINE_OF[(collection.configuration_json.get("hnsw") or {}).get("space", "cosine")]
    names = ("ids", "distances", "documents", "metadatas", "embeddings")
    empty = [None] * len(found["ids"][0])
    columns = [empty if found.get(name) is None else found[name][0] for name in names]
    for id, distance, document, metadata, vector in zip(*columns, strict=True):
        yield Found(id, cosine(distance), document or "", dict(metadata or {}), vector)
