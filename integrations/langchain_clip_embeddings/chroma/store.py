"""Rows, checked already, into the Chroma store, in parts that it takes.

Imports chromadb and the Chroma adapter.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import chromadb

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.collection.identity import calibrate_empty, is_auto
from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion.auto import measured
from clip_embeddings.ingestion.rows.parts import parts_of, size_of
from langchain_clip_embeddings.rows import Rows

logger = logging.getLogger(__name__)


def calibrated_rows(
    collection: chromadb.Collection, embedder: CLIPEmbedder, blocks: Sequence[Rows]
) -> tuple[Sequence[Rows], CLIPEmbedder]:
    """Calibrate an empty collection that was opened with `calibrate="auto"` on the first rows that it gets.

    Returns:
        The rows and the embedder to go on with; as they were where there is nothing to be done, or too little
        to measure on.
    """
    if not blocks or not is_auto(collection) or embedder.calibration is not None or collection.count():
        return blocks, embedder
    calibrated, said = measured(((rows.vectors, rows.modality) for rows in blocks), embedder)
    if calibrated is None or calibrated.calibration is None:
        later = "it starts raw, and chroma_clip_embeddings.recalibrate moves it later"
        logger.warning("collection %r: %s; %s", collection.name, said, later)
        return blocks, embedder
    calibrate_empty(collection, calibrated)
    logger.info("collection %r is %s", collection.name, said)
    apply = calibrated.calibration.apply
    return [replace(rows, vectors=apply(rows.vectors, rows.modality)) for rows in blocks], calibrated


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
