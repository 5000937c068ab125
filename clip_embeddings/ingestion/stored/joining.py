"""Rows of one content, asked for by several ingestions at once: their uris are joined and none is lost.

A store changes no row on a condition, but `add` leaves a row alone that is there. So a new row is added, then
read back: where another ingestion was faster, what it lacks is joined to it, and read back again.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.ingestion.retry import Target
from clip_embeddings.ingestion.rows.ids import fields_of_uris, is_ingested, uris_of
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.store import Metadata

_TRIES = 20  # each takes another ingestion that writes the same row at the same moment


def store(target: Target, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
    """Store new rows, vectors (N, D); where one is there meanwhile, its uris and ours are joined.

    One whose text is read anew gets its words and vector, and keeps its uris.

    Raises:
        StoreError, Stopped: as `Target`.
    """
    wanted = {row.id: {row.uri} if row.uri else set() for row in rows}
    if reread := [place for place, row in enumerate(rows) if row.rereads]:
        _replace(target, [rows[place] for place in reread], vectors[reread])
    for _ in range(_TRIES):
        target.add(rows, vectors)
        gone = join(target, wanted)
        if not gone:
            return
        # Another ingestion has pruned them in between: they are added again.
        kept = [place for place, row in enumerate(rows) if row.id in gone]
        rows, vectors = [rows[place] for place in kept], vectors[kept]
        wanted = {id: wanted[id] for id in gone}


def _replace(target: Target, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
    fields = [{key: value for key, value in row.metadata.items() if key != "uri"} for row in rows]
    target.update([row.id for row in rows], vectors, fields, [row.document for row in rows])


def join(target: Target, wanted: Mapping[str, set[str]]) -> set[str]:
    """See to it that rows have these uris beside those that they have; returns ids that are not there."""
    gone: set[str] = set()
    for _ in range(_TRIES):
        if not wanted:
            break
        found = target.get(list(wanted))
        known = dict(zip(found.ids, found.metadatas, strict=True))
        gone |= wanted.keys() - known.keys()
        lacking = {id for id, metadata in known.items() if _lacks(id, metadata, wanted[id])}
        wanted = {id: wanted[id] for id in lacking}
        if lacking:
            with target.changing():
                _add_uris(target, wanted)
    return gone


def _lacks(id: str, metadata: Metadata, uris: set[str]) -> bool:
    return is_ingested(id, metadata) and not uris.issubset(uris_of(metadata))


def _add_uris(target: Target, wanted: Mapping[str, set[str]]) -> None:
    found = target.get(list(wanted), vectors=True)
    if found.vectors is None or not found.ids:
        return
    rows = zip(found.ids, found.metadatas, strict=True)
    uris = [sorted(wanted[id].union(uris_of(metadata))) for id, metadata in rows]
    target.update(found.ids, found.vectors, [fields_of_uris(each) for each in uris])


def now_of(target: Target, ids: Iterable[str]) -> dict[str, set[str]]:
    """The uris that rows have in the store at this moment, those of other ingestions too."""
    found = target.get(list(ids))
    return {id: set(uris_of(metadata)) for id, metadata in zip(found.ids, found.metadatas, strict=True)}
