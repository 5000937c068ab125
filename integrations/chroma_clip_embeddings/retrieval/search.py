"""`search` in a Chroma collection: each request of a `clip_embeddings.search.Query` is one `query` of it."""

import math
from collections.abc import Callable
from typing import Any

import chromadb

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import apart, ordinary, steps_of
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from chroma_clip_embeddings.retrieval.nearest import nearest_rows
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
    every: list[dict[str, Any]] = [{"modality": request.modality}] if request.modality else []
    every += [where_of(each) for each in request.where]
    every += [own] if own else []
    with store_errors("search", "Check that the store is there and the collection exists, and the filter"):
        rows = await steps_of(nearest_rows)(
            collection,
            request.vector,
            request.k,
            where={"$and": every} if len(every) > 1 else every[0] if every else None,
            holds=request.wants if every and not own else None,  # its own filter is Chroma's to read
            vectors=request.vectors,
        )
    cosine = COSINE_OF[(collection.configuration_json.get("hnsw") or {}).get("space", "cosine")]
    return [
        Found(row.id, cosine(row.distance), row.document or "", dict(row.metadata or {}), row.vector)
        for row in rows
    ]
