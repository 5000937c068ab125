"""`add_items` and `set_caption`: rows of texts and pictures, with vectors made before Chroma sees them."""

from collections.abc import Sequence
from typing import Any

import chromadb

from chroma_clip_embeddings.calls import upsert_arguments
from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import answer, apart, ordinary, steps_of
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.client.private import most_in_one_call
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of, record_identity
from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_caption
from clip_embeddings.ingestion.rows.columns import Columns
from clip_embeddings.ingestion.rows.growth import check_growth
from clip_embeddings.ingestion.rows.prepared import AddReport, OnError, prepare
from clip_embeddings.types import ImageInput


@ordinary
async def add_items(
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
    embedder = embedder_of(collection)
    await apart(collection, check_identity, collection, embedder)
    columns = Columns(ids, texts, images, uris, captions, metadatas)
    ready = await apart(collection, prepare, embedder, columns, on_error)
    await steps_of(record_identity)(collection, embedder)
    with store_errors("reach the store", ready.fix(0)):
        size = await answer(most_in_one_call, collection)
    replaced = 0
    for part in ready.parts(size):
        batch = upsert_arguments([ready.rows[i] for i in part], ready.vectors[list(part)])
        with store_errors("store rows", ready.fix(part.start)), writing(collection):
            there = await answer(collection.get, ids=batch["ids"], include=["metadatas"])
            check_growth(there, batch, ready.so_far(part.start))
            replaced += len(there["ids"])
            await answer(collection.upsert, **batch)
    return ready.report(replaced)


@ordinary
async def set_caption(collection: chromadb.Collection, id: str, caption: str) -> None:
    """Make `caption` the document of a picture's row. Its vector stays that of the picture.

    Chroma's own `update(documents=)` would put the caption's vector in its place.

    Raises:
        InvalidInputError: no such row, or a text's.
        StoreError: the store does not answer.
    """
    check_caption(id, caption)
    with store_errors("set a caption", "Nothing was changed"), writing(collection):
        found: Any = await answer(collection.get, ids=[id], include=["embeddings", "metadatas"])
        if not found["ids"]:
            raise InvalidInputError(f"id: no row {id!r} in the collection")
        if (kind := (found["metadatas"][0] or {}).get("modality", "image")) != "image":
            raise InvalidInputError(f"id: row {id!r} is of modality {kind!r}; only a picture has a caption")
        marked: Any = [{"modality": kind}]
        vectors = found["embeddings"]
        await answer(collection.update, ids=[id], embeddings=vectors, documents=[caption], metadatas=marked)
