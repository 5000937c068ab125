"""add_media: texts and pictures into any LangChain store, each with the vector of what it is.

Imports langchain-core and the public core.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from clip_embeddings import FingerprintMismatchError, InvalidInputError, StoreError
from clip_embeddings.ingestion.rows.checks import check_count
from clip_embeddings.pipeline import batched
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.loader import LoadFailure, MediaLoader
from langchain_clip_embeddings.prefixed import PrefixedImageEmbeddings
from langchain_clip_embeddings.prepared import Prepared, prepared
from langchain_clip_embeddings.rows import chosen_ids, embed_rows, given_ids, once, to_document

_TOGETHER = 256
"""Documents of a loader that are embedded and stored together."""
Ids = Sequence[str | None] | Callable[[Document], str] | None


@dataclass(frozen=True, slots=True)
class AddReport:
    """What `add_media` did.

    Attributes:
        ids: of the rows, one for each Document.
        images, texts: how many rows of each were stored.
        failures: files that a MediaLoader could not use.
    """

    ids: tuple[str, ...] = ()
    images: int = 0
    texts: int = 0
    failures: tuple[LoadFailure, ...] = ()


class _Item(NamedTuple):
    """A row, embedded."""

    document: Document
    vector: list[float]


def add_media(
    store: VectorStore,
    media: BaseLoader | Iterable[Document],
    *,
    embeddings: CLIPEmbeddings | None = None,
    ids: Ids = None,
    batch_size: int | None = None,
) -> AddReport:
    """Store texts and pictures in any LangChain store; a row with the same id is replaced.

    A Document with `metadata["modality"] == "image"` is the picture at `metadata["uri"]`, every other one is
    text. Documents in a list are all checked, read and embedded before anything is stored; those of a loader
    some at a time.

    Args:
        store: one with CLIPEmbeddings behind it, or with a method `add_embeddings`.
        media: a MediaLoader, another loader, or Documents.
        embeddings: what embeds, for a store that has no embeddings of its own.
        ids: one for each Document, or what makes one of a Document, such as `document_uuid` for a store that
            takes nothing else; None takes each Document's own, or a new one.
        batch_size: Documents in one call of the store.
    Raises:
        InvalidInputError: the store has no way to take the vectors of pictures, or a Document is of no use;
            nothing was stored then.
        ImageDecodeError: a picture that cannot be read, by its index among the Documents.
        FingerprintMismatchError: the store's embeddings are of another model than `embeddings`.
        StoreError: the store embedded a picture's caption instead; it was deleted again.
    """
    if batch_size is not None:
        check_count("batch_size", batch_size)
    write = _way_into(store, embeddings)
    if not isinstance(media, BaseLoader):
        return write(list(media), ids, batch_size)
    if ids is not None and not callable(ids):
        raise InvalidInputError("ids: got a list for a loader; expected what makes an id of a Document")
    found, images, texts = list[str](), 0, 0
    for part in batched(media.lazy_load(), batch_size or _TOGETHER):
        done = write(part, ids, batch_size)
        found += done.ids
        images, texts = images + done.images, texts + done.texts
    failures = media.failures if isinstance(media, MediaLoader) else []
    return AddReport(tuple(found), images, texts, tuple(failures))


def embeddings_of(store: VectorStore, given: CLIPEmbeddings | None = None) -> CLIPEmbeddings | None:
    """The CLIPEmbeddings that a store is filled and searched with; None where it has others, or none.

    Raises:
        FingerprintMismatchError: those given are of another model than the store's.
    """
    own = store.embeddings
    own = own.embeddings if isinstance(own, PrefixedImageEmbeddings) else own
    if own is None or not isinstance(own, CLIPEmbeddings):
        return given if own is None else None
    if given is not None and given.fingerprint != own.fingerprint:
        raise FingerprintMismatchError(
            f"embeddings: of {given.model!r} ({given.fingerprint}), but {type(store).__name__} has those of "
            f"{own.model!r} ({own.fingerprint}); their vectors cannot be compared. Leave embeddings= out"
        )
    return own


def there(store: VectorStore, ids: Sequence[str]) -> list[str]:
    """Those of the ids that a store says it has rows of; some, such as Qdrant's, never say.

    Raises:
        NotImplementedError: the store cannot look up ids.
    """
    return [document.id for document in store.get_by_ids(list(ids)) if document.id]


def _way_into(store: VectorStore, given: CLIPEmbeddings | None) -> Callable[..., AddReport]:
    """What stores Documents, ids and a batch size.

    Raises:
        InvalidInputError: there is no way.
    """
    if given is not None and not isinstance(given, CLIPEmbeddings):
        raise InvalidInputError(f"embeddings: got {type(given).__name__}; expected a CLIPEmbeddings")
    if not isinstance(store, VectorStore):
        raise InvalidInputError(f"store: got {type(store).__name__}; expected a VectorStore of LangChain")
    embeddings, name = embeddings_of(store, given), type(store).__name__
    if getattr(store, "takes_pictures", False):
        return lambda media, ids, size: _by_itself(store, media, ids, size)
    if embeddings is None:
        got = "none" if store.embeddings is None else type(store.embeddings).__name__
        raise InvalidInputError(
            f"store: the embeddings of this {name} are {got}, which cannot embed pictures. Make it with "
            "CLIPEmbeddings of langchain_clip_embeddings"
            + (", or pass embeddings=CLIPEmbeddings(...)" if store.embeddings is None else "")
        )
    if taking := _taking_vectors(store):
        return lambda media, ids, size: _embedded(embeddings, media, ids, size, taking)
    if store.embeddings is None:
        raise InvalidInputError(
            f"store: this {name} has no embeddings and no add_embeddings, so there is no way to give it the "
            "vectors of pictures. Make it with CLIPEmbeddings of langchain_clip_embeddings"
        )
    return lambda media, ids, size: _embedded(
        embeddings, media, ids, size, lambda items: _by_documents(store, embeddings, items)
    )


def _given(ids: Ids, documents: Sequence[Document]) -> list[str | None]:
    return [ids(document) for document in documents] if callable(ids) else given_ids(ids, documents)


def _by_itself(store: Any, media: list[Document], ids: Ids, size: int | None) -> AddReport:
    """A store of this package embeds pictures as such."""
    found = store.add_documents(media, ids=_given(ids, media), batch_size=size)
    kinds = {id: document.metadata.get("modality") for id, document in zip(found, media, strict=True)}
    images = sum(kind == "image" for kind in kinds.values())
    return AddReport(tuple(found), images, len(kinds) - images)


def _embedded(
    embeddings: CLIPEmbeddings,
    media: list[Document],
    ids: Ids,
    size: int | None,
    put: Callable[[list[_Item]], None],
) -> AddReport:
    """Everything is checked and embedded, and then stored."""
    documents, given, which = once(media, _given(ids, media))
    chosen = chosen_ids(given)
    items: dict[str, _Item] = {}
    images = 0
    for rows in embed_rows(embeddings.embedder, documents, chosen):
        images += len(rows.ids) if rows.uris else 0
        columns = (rows.ids, rows.documents, rows.metadatas, rows.vectors.tolist())
        for id, text, metadata, vector in zip(*columns, strict=True):
            items[id] = _Item(to_document(id, text, metadata), vector)
    for part in batched((items[id] for id in chosen), size or max(1, len(chosen))):
        put(part)
    return AddReport(tuple(chosen[place] for place in which), images, len(chosen) - images)


def _taking_vectors(store: Any) -> Callable[[list[_Item]], None] | None:
    """What stores items through the store's `add_embeddings`, of which there are two kinds; None without."""
    names = inspect.signature(store.add_embeddings).parameters if hasattr(store, "add_embeddings") else {}
    if "ids" not in names or not ("text_embeddings" in names or {"texts", "embeddings"} <= set(names)):
        return None

    def put(items: list[_Item]) -> None:
        ids, texts, metadatas, vectors = _columns(items)
        with suppress(NotImplementedError):  # FAISS takes no id twice, and finds that out too late
            if old := there(store, ids):
                store.delete(old)
        if "text_embeddings" in names:
            pairs = list(zip(texts, vectors, strict=True))
            store.add_embeddings(text_embeddings=pairs, metadatas=metadatas, ids=ids)
        else:
            store.add_embeddings(texts=texts, embeddings=vectors, metadatas=metadatas, ids=ids)

    return put


def _columns(items: list[_Item]) -> tuple[list[str], list[str], list[dict[str, Any]], list[list[float]]]:
    documents = [item.document for item in items]
    texts, metadatas = [each.page_content for each in documents], [each.metadata for each in documents]
    return [str(each.id) for each in documents], texts, metadatas, [item.vector for item in items]


def _by_documents(store: VectorStore, embeddings: CLIPEmbeddings, items: list[_Item]) -> None:
    """Through `add_documents`, whose questions for vectors are answered with those of the items.

    Raises:
        StoreError: it did not ask for all of them.
    """
    ids, texts, _, vectors = _columns(items)
    ready = Prepared(embeddings, texts, vectors)
    before = prepared.set(ready)
    try:
        store.add_documents([item.document for item in items], ids=ids)
    finally:
        prepared.reset(before)
    if not ready.left:
        return
    try:
        store.delete(ids)
        state = "they were deleted again"
    except NotImplementedError:
        state = f"delete them: {ids[:3]} ..."
    raise StoreError(
        f"{type(store).__name__} did not ask its embeddings for the vectors of {ready.left} of {len(ids)} "
        f"rows, so pictures among them have those of their captions; {state}. Use a store with add_embeddings"
    )
