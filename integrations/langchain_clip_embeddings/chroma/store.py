"""Rows, checked already, into the Chroma store, in parts that it takes.

Imports chromadb and the Chroma adapter.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import chromadb

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.lock import writing
from clip_embeddings.ingestion.rows.parts import parts_of, size_of
from langchain_clip_embeddings.rows import Rows


def store_rows(collection: chromadb.Collection, rows: Rows, *, replace: bool, size: int) -> None:
    """Store embedded rows, `size` in one request.

    Args:
        replace: whether rows with these ids may be there; they are replaced whole then.
    Raises:
        StoreError: the store refused or went away; says which rows are stored.
    """
    uris: Sequence[str | None] = rows.uris or [None] * len(rows.ids)
    columns = zip(rows.ids, rows.documents, rows.metadatas, uris, strict=True)
    for part in parts_of([size_of(rows.vectors.shape[1], *row) for row in columns], size):
        ids = [rows.ids[i] for i in part]
        metadatas = [rows.metadatas[i] for i in part]
        done = f"Rows before {ids[0]!r} of this call are stored"
        with store_errors("store rows", done), writing(collection):
            if replace:
                there = collection.get(ids=ids, include=["metadatas"])
                old = dict(zip(there["ids"], there["metadatas"] or [], strict=True))
                metadatas = [_replacing(old.get(id), new) for id, new in zip(ids, metadatas, strict=True)]
            collection.upsert(
                ids=ids,
                embeddings=rows.vectors[list(part)],
                documents=[rows.documents[i] for i in part],
                metadatas=cast(Any, metadatas),
                uris=[rows.uris[i] for i in part] if rows.uris else None,
            )


def _replacing(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata that leaves nothing of a row's old one: Chroma merges the two, and None removes a key."""
    return {**dict.fromkeys(set(old or {}) - set(new)), **new}
