"""Rows of one content, asked for by several ingestions at once: their uris are joined and none is lost.

Chroma changes no row on a condition, but `add` leaves a row alone that is there. So a new row is added, then
read back: where another ingestion was faster, what it lacks is joined to it, and read back again.
Imports the public core.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.items import Row
from chroma_clip_embeddings.ledger import is_ingested, uris_of
from chroma_clip_embeddings.rows import upsert_arguments
from chroma_clip_embeddings.target import Target

_TRIES = 20  # each takes another ingestion that writes the same row at the same moment
_READ_AND_WRITE = Lock()  # what threads of this process do, they do one after the other


def store(target: Target, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
    """Store new rows, vectors (N, D); where one is there meanwhile, its uris and ours are joined.

    One whose text is read anew gets its words and vector, and keeps its uris.

    Raises:
        StoreError, Stopped: as `Target.call`.
    """
    wanted = {row.id: {row.uri} if row.uri else set() for row in rows}
    if reread := [place for place, row in enumerate(rows) if row.rereads]:
        _replace(target, [rows[place] for place in reread], vectors[reread])
    for _ in range(_TRIES):
        target.call("store rows", "add", **upsert_arguments(rows, vectors))
        gone = join(target, wanted)
        if not gone:
            return
        # Another ingestion has pruned them in between: they are added again.
        kept = [place for place, row in enumerate(rows) if row.id in gone]
        rows, vectors = [rows[place] for place in kept], vectors[kept]
        wanted = {id: wanted[id] for id in gone}


def _replace(target: Target, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
    arguments = upsert_arguments(rows, vectors)
    del arguments["uris"]
    fields = [{key: each[key] for key in each if key != "uri"} for each in arguments["metadatas"]]
    target.call("update rows", "update", **{**arguments, "metadatas": fields})


def join(target: Target, wanted: Mapping[str, set[str]]) -> set[str]:
    """See to it that rows have these uris beside those that they have; returns ids that are not there."""
    gone: set[str] = set()
    for _ in range(_TRIES):
        if not wanted:
            break
        found = target.call("look up stored rows", "get", ids=list(wanted), include=["metadatas"])
        known = dict(zip(found["ids"], found["metadatas"], strict=True))
        gone |= wanted.keys() - known.keys()
        lacking = {id for id, metadata in known.items() if _lacks(id, metadata or {}, wanted[id])}
        wanted = {id: wanted[id] for id in lacking}
        if lacking:
            with _READ_AND_WRITE:
                _add_uris(target, wanted)
    return gone


def _lacks(id: str, metadata: Mapping[str, Any], uris: set[str]) -> bool:
    return is_ingested(id, metadata) and not uris.issubset(uris_of(metadata))


def _add_uris(target: Target, wanted: Mapping[str, set[str]]) -> None:
    include = ["metadatas", "embeddings"]
    found = target.call("look up stored rows", "get", ids=list(wanted), include=include)
    if not found["ids"]:
        return
    uris = [
        sorted(wanted[id].union(uris_of(metadata or {})))
        for id, metadata in zip(found["ids"], found["metadatas"], strict=True)
    ]
    target.call(
        "update rows",
        "update",
        ids=found["ids"],
        embeddings=found["embeddings"],
        metadatas=[fields_of(each) for each in uris],
        uris=[each[0] for each in uris],
    )


def fields_of(uris: Sequence[str]) -> dict[str, Any]:
    """The metadata that says where a row's files are. A field with None is taken away."""
    return {"uri": uris[0], "uris": json.dumps(uris, ensure_ascii=False) if len(uris) > 1 else None}


def now_of(target: Target, ids: Iterable[str]) -> dict[str, set[str]]:
    """The uris that rows have in the store at this moment, those of other ingestions too."""
    found = target.call("look up stored rows", "get", ids=list(ids), include=["metadatas"])
    return {
        id: set(uris_of(metadata or {}))
        for id, metadata in zip(found["ids"], found["metadatas"], strict=True)
    }
