"""Rows: what a picture or a text becomes in a collection, with its vector made before Chroma sees it.

The one way rows are stored, for `add_items`, `ingest` and the async helpers. Imports chromadb, numpy and
the public core.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import chromadb
import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of, record_identity
from clip_embeddings import (
    InvalidInputError,
)
from clip_embeddings.ingestion.rows.checks import (
    check_id,
    check_metadata,
    check_row,
    check_string,
)
from clip_embeddings.ingestion.rows.columns import Columns
from clip_embeddings.ingestion.rows.growth import check_growth
from clip_embeddings.ingestion.rows.prepared import AddReport, OnError, Prepared, prepare
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.types import ImageInput


def batches(prepared: Prepared, size: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """How many rows came before, and the arguments of one `upsert` of `size` rows at most."""
    for part in prepared.parts(size):
        yield part.start, _arguments([prepared.rows[i] for i in part], prepared.vectors[list(part)])


def upsert_arguments(rows: Sequence[Row], vectors: NDArray[np.float32]) -> dict[str, Any]:
    """The one form in which rows are stored: with vectors, so that no field is left for Chroma to embed.

    Raises:
        InvalidInputError: a row that the store does not take; where rows come from they are checked before.
    """
    for row in rows:
        check_row("metadata", row.id, row.document, row.metadata, row.uri)
    return _arguments(rows, vectors)


def _arguments(rows: Sequence[Row], vectors: NDArray[np.float32]) -> dict[str, Any]:
    return {
        "ids": [row.id for row in rows],
        "embeddings": vectors,
        "documents": [row.document for row in rows],
        "metadatas": [row.metadata for row in rows],
        "uris": [row.uri for row in rows],
    }


def add_items(
    collection: chromadb.Collection,
    *,
    ids: Sequence[str],
    texts: Sequence[str | None] | None = None,
    images: Sequence[ImageInput | None] | None = None,
    uris: Sequence[str | None] | None = None,
    captions: Sequence[str | None] | None = None,
    metadatas: Sequence[dict[str, Any] | None] | None = None,
    on_error: OnError = "raise",
) -> AddReport:
    """Store texts and pictures together; a row under an id that is there already is replaced.

    Every column has an entry for each id, None where it has nothing. A row is a text where `texts` has one,
    otherwise a picture: the one in `images`, else the one that `uris` names. Its document is the text, or
    the caption, or the file's name. Everything is checked and embedded before the first row is stored, so a
    bad item stores nothing; a store that goes away in between keeps the batches it has.

    Args:
        collection: made with `open_collection` or with a `CLIPEmbeddingFunction`.
        ids: N ids; of one given twice the last row counts.
        texts: passages.
        images: paths, `file://` or `data:` URIs, bytes, PIL images or arrays.
        uris: where a row comes from; kept in the row, and read where there is neither text nor image.
        captions: what a picture's row has as its document.
        metadatas: more fields; "modality" and "uri" are added. Values are str, int of 64 bits, finite float,
            bool, or a list of one of them; None takes away what a row that was there had.
        on_error: "raise" for a bad picture, or "skip" it and report it.
    Raises:
        InvalidInputError: columns that do not fit together, or a value that the store would lose, change or
            be lost by, by index; or a row that would have too many keys with those that it has already.
        ImageDecodeError: an unreadable picture, by index and source.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store went away; says how many rows are stored.
    """
    refuse_async(collection, "add_items", "aadd_items")
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    ready = prepare(embedder, Columns(ids, texts, images, uris, captions, metadatas), on_error)
    record_identity(collection, embedder)
    with store_errors("reach the store", ready.fix(0)):
        size = collection._client.get_max_batch_size()
    replaced = 0
    for stored, batch in batches(ready, size):
        with store_errors("store rows", ready.fix(stored)), writing(collection):
            there = collection.get(ids=batch["ids"], include=["metadatas"])
            check_growth(there, batch, ready.so_far(stored))
            replaced += len(there["ids"])
            collection.upsert(**batch)
    return ready.report(replaced)


def set_caption(collection: chromadb.Collection, id: str, caption: str) -> None:
    """Make `caption` the document of a picture's row. Its vector stays that of the picture.

    Chroma's own `update(documents=)` would put the caption's vector in its place.

    Raises:
        InvalidInputError: no such row, or a text's.
        StoreError: the store does not answer.
    """
    refuse_async(collection, "set_caption", "aset_caption")
    check_caption(id, caption)
    with store_errors("set a caption", "Nothing was changed"), writing(collection):
        found = collection.get(ids=[id], include=["embeddings", "metadatas"])
        collection.update(**caption_arguments(found, id, caption))


def check_caption(id: str, caption: str) -> None:
    """Refuse what cannot be stored as a caption.

    Raises:
        InvalidInputError: an id or a caption that is no string, empty, too long, or not to be had in UTF-8.
    """
    check_id("id", id)
    if not isinstance(caption, str) or not caption.strip():
        raise InvalidInputError(f"caption: got {shown(caption)}; expected words")
    check_string("caption", caption)
    check_metadata("caption", {}, (id, caption))


def caption_arguments(found: Any, id: str, caption: str) -> dict[str, Any]:
    """The arguments of `update` that change a row's document and nothing else."""
    if not found["ids"]:
        raise InvalidInputError(f"id: no row {id!r} in the collection")
    modality = (found["metadatas"][0] or {}).get("modality", "image")
    if modality != "image":
        raise InvalidInputError(f"id: row {id!r} is of modality {modality!r}; only a picture has a caption")
    return {
        "ids": [id],
        "embeddings": found["embeddings"],
        "documents": [caption],
        "metadatas": [{"modality": "image"}],
    }
