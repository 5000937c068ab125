"""The rows of a collection that are nearest to a vector, with conditions or without.

Chroma's filter walks all rows of a collection, and reading what a row holds takes far longer than finding it.
So where the conditions can be looked at here, more rows than are wanted are found by their ids alone, and
read from the nearest on until there are enough: the first k that hold are the k nearest that do. After a
folder was written to, the filter is asked once: it alone finds what other processes have written.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import chromadb

from chroma_clip_embeddings.client.kinds import answer, ordinary
from chroma_clip_embeddings.client.lock import asked
from chroma_clip_embeddings.client.private import is_seen

_IDS = 300  # as many of the nearest are found as with the filter, and Chroma Cloud gives no more
_READ = 3  # times k rows read at once
_RARE = 8  # where less than one of so many rows holds, the filter is faster
_COLUMNS = ("distances", "documents", "metadatas", "embeddings")
_MOST = 30  # the largest k; for more, so many ids are too few


class NearRow(NamedTuple):
    """A row as Chroma gives it; `vector` (D,) only if it was asked for."""

    id: str
    distance: float
    document: str | None
    metadata: Mapping[str, Any] | None
    vector: Any = None


@ordinary
async def nearest_rows(
    collection: chromadb.Collection,
    vector: Any,
    k: int,
    *,
    where: Any = None,
    holds: Callable[[Mapping[str, Any]], bool] | None = None,
    where_document: Any = None,
    vectors: bool = False,
) -> list[NearRow]:
    """The k nearest, nearest first.

    Args:
        vector: (D,)
        where, where_document: Chroma's own filters.
        holds: the same as `where`, of a row's metadata; None leaves it to Chroma.
        vectors: whether rows come with theirs.
    """
    fields: Any = ["documents", "metadatas", *(["embeddings"] if vectors else [])]
    query = partial(collection.query, query_embeddings=[vector])
    if holds is not None and k <= _MOST and is_seen(collection, f"{collection.id} {where}"):
        ask: Any = partial(query, n_results=_IDS, include=["distances"])
        found = await answer(asked, collection, ask)
        near = list(zip(found["ids"][0], found["distances"][0], strict=True)) if found["ids"] else []
        kept: list[NearRow] = []
        for start in range(0, len(near), _READ * k):
            some = dict(near[start : start + _READ * k])
            read: Any = await answer(asked, collection, partial(collection.get, ids=[*some], include=fields))
            kept += [row for row in _in_order(some, read) if holds(row.metadata or {})]
            if len(kept) >= k:
                return kept[:k]
            if _RARE * len(kept) < start + len(some):
                break
    ask = partial(query, n_results=k, where=where, where_document=where_document)
    found = await answer(asked, collection, partial(ask, include=["distances", *fields]))
    return _rows(found) if found["ids"] else []


def _in_order(distances: Mapping[str, float], read: Any) -> list[NearRow]:
    """Rows as near as they are; one that was deleted in between is not there."""
    rows = {row.id: row for row in _columns(read["ids"], read)}
    return [rows[id]._replace(distance=distance) for id, distance in distances.items() if id in rows]


def _rows(found: Any) -> list[NearRow]:
    """Of the one query that was asked."""
    there = {name: found[name][0] for name in _COLUMNS if found.get(name) is not None}
    return _columns(found["ids"][0], there)


def _columns(ids: Sequence[str], parts: Mapping[str, Any]) -> list[NearRow]:
    empty = [None] * len(ids)
    columns = [empty if parts.get(name) is None else parts[name] for name in _COLUMNS]
    return [NearRow(*row) for row in zip(ids, *columns, strict=True)]
