"""MediaStore: any LangChain store, as one of text and pictures.

Imports langchain-core and the public core.
"""

# mypy: disable-error-code="override"
# The host's methods take any keyword and lose a misspelt one on the way; these name theirs.

import asyncio
import inspect
import logging
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, cast
from uuid import NAMESPACE_OID, uuid5

from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore

from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_count
from langchain_clip_embeddings.adding import add_media, embeddings_of, there
from langchain_clip_embeddings.cosines import cosine_of
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.rows import Modality, check_modality

_log = logging.getLogger(__name__)
MOST = 10_000
"""Rows that a search asks a store for, to find those of one modality; many stores give no more."""
_FIRST = 32
Scored = list[tuple[Document, float | None]]


def document_id(document: Document) -> str:
    """For `index(key_encoder=...)`: a Document's own id, by which `ingest` knows the row too.

    A file that was only moved has the id that it had, so `index()` leaves its row as it is, with the old
    path; `index(force_update=True)` and `ingest` bring it up to date.

    Raises:
        InvalidInputError: it has none.
    """
    if not document.id:
        raise InvalidInputError(
            f"key_encoder: {document!r:.100} has no id; those of a MediaLoader have one. For others: 'sha256'"
        )
    return document.id


def document_uuid(document: Document) -> str:
    """`document_id` as a UUID, for stores that take nothing else as an id, such as Qdrant."""
    return str(uuid5(NAMESPACE_OID, document_id(document)))


class MediaStore(VectorStore):
    """A store of LangChain's that takes pictures as such, and finds rows of one modality.

    `index(loader, records, MediaStore(store), key_encoder=document_id)` stores what a `MediaLoader` gives.

    Args:
        store: a store with CLIPEmbeddings behind it; rows that it has already are found too.
    Raises:
        InvalidInputError: its embeddings are others.
    """

    takes_pictures = takes_modality = True

    def __init__(self, store: VectorStore) -> None:
        if not isinstance(store, VectorStore):
            raise InvalidInputError(f"store: got {type(store).__name__}; expected a VectorStore of LangChain")
        embeddings = embeddings_of(store)
        if embeddings is None:
            raise InvalidInputError(
                f"store: the embeddings of this {type(store).__name__} are "
                f"{type(store.embeddings).__name__}; expected CLIPEmbeddings of langchain_clip_embeddings"
            )
        self.store, self._embeddings = store, embeddings

    @property
    def embeddings(self) -> CLIPEmbeddings:
        """What the store is filled and searched with."""
        return self._embeddings

    def add_documents(
        self,
        documents: list[Document],
        *,
        ids: Sequence[str | None] | None = None,
        batch_size: int | None = None,
    ) -> list[str]:
        """`add_media` into the store; returns one id for each Document."""
        return list(add_media(self.store, documents, ids=ids, batch_size=batch_size).ids)

    async def aadd_documents(self, documents: list[Document], **options: Any) -> list[str]:
        """`add_documents`, with the event loop free meanwhile."""
        return await asyncio.to_thread(self.add_documents, documents, **options)

    def delete(self, ids: list[str] | None = None, **options: Any) -> bool | None:
        """Delete rows by id; none of them has to be there."""
        if ids is not None and not ids:
            return True
        try:
            return self.store.delete(ids, **options)
        except ValueError:  # FAISS deletes nothing then
            left = there(self.store, ids) if ids else []
            if not ids or len(left) == len(ids):
                raise
            return self.store.delete(left, **options) if left else True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The rows with these ids, as the store gives them."""
        return self.store.get_by_ids(ids)

    def similarity_search(self, query: str, k: int = 4, filter: Any = None, **options: Any) -> list[Document]:
        """The k rows nearest to a text."""
        return self.similarity_search_by_vector(self._embeddings.embed_query(query), k, filter, **options)

    def similarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Any = None,
        *,
        modality: Modality = "any",
        **options: Any,
    ) -> list[Document]:
        """The k rows nearest to a vector.

        Args:
            filter: the store's own.
            modality: rows of this one only. But in LangChain's store in memory it takes asking for more and
                more rows, up to 10,000, until there are k of it.
            options: the store's own.
        """
        found = self.similarity_search_with_cosine_by_vector(
            embedding, k, filter, modality=modality, **options
        )
        return [document for document, _ in found]

    def similarity_search_with_cosine_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Any = None,
        *,
        modality: Modality = "any",
        **options: Any,
    ) -> list[tuple[Document, float | None]]:
        """`similarity_search_by_vector` with the cosine of each; None where a store's scores are unknown."""
        check_count("k", k)
        check_modality(modality)
        if modality == "any":
            return self._found(embedding, k, **_named(filter), **options)[:k]
        if isinstance(self.store, InMemoryVectorStore):
            return self._found(embedding, k, filter=_both(modality, filter), **options)
        return self._widening(embedding, k, filter, modality, options)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Any = None,
        *,
        modality: Modality = "any",
        **options: Any,
    ) -> list[Document]:
        """Of the `fetch_k` rows nearest to a vector, k that are near and unlike each other, best first.

        Raises:
            InvalidInputError: of one modality, in a store that cannot filter by it.
        """
        check_modality(modality)
        given = _named(filter)
        if modality != "any":
            if not isinstance(self.store, InMemoryVectorStore):
                raise InvalidInputError(
                    f"modality: got {modality!r}, and {type(self.store).__name__} does not filter by it; "
                    "expected any, a filter= of the store's own, or MultimodalChroma"
                )
            given = {"filter": _both(modality, filter)}
        search = self.store.max_marginal_relevance_search_by_vector
        return search(embedding, k=k, fetch_k=max(k, fetch_k), lambda_mult=lambda_mult, **given, **options)

    def _found(self, embedding: list[float], k: int, **options: Any) -> Scored:
        if (cosine := cosine_of(self.store)) is None:
            return [(each, None) for each in self.store.similarity_search_by_vector(embedding, k, **options)]
        scored = cast(Any, self.store).similarity_search_with_score_by_vector(embedding, k, **options)
        return [(document, float(cosine(score))) for document, score in scored]

    def _widening(
        self, embedding: list[float], k: int, filter: Any, modality: Modality, options: dict[str, Any]
    ) -> Scored:
        search, ask = self.store.similarity_search_by_vector, max(4 * k, _FIRST)
        # FAISS filters so many rows and no more; what is left says nothing of how many there are.
        fetches = filter is not None and "fetch_k" in inspect.signature(search).parameters
        while True:
            more = {**options, "fetch_k": ask} if fetches else options
            found = self._found(embedding, ask, **_named(filter), **more)
            chosen = [pair for pair in found if is_of(pair[0], modality)]
            if len(chosen) >= k or ask >= MOST or (len(found) < ask and not fetches):
                break
            ask = min(4 * ask, MOST)
        if len(chosen) < k and ask >= MOST and len(found) >= ask:
            _log.warning(
                "of the %d rows nearest to the question, %d are of modality %r; there may be more. Under a "
                "calibration one search finds both, and a filter= of the store's own narrows it",
                ask,
                len(chosen),
                modality,
            )
        return chosen[:k]

    @classmethod
    def from_texts(cls, *args: Any, **options: Any) -> NoReturn:
        """Raises InvalidInputError: which store would it be?"""
        raise InvalidInputError("MediaStore: make the store first, and then MediaStore(store)")


def _named(filter: Any) -> dict[str, Any]:
    """Stores without a filter do not know the argument."""
    return {} if filter is None else {"filter": filter}


def is_of(document: Document, modality: Modality) -> bool:
    """A row without a modality is a text."""
    return (document.metadata.get("modality") == "image") == (modality == "image")


def _both(modality: Modality, filter: Callable[[Document], bool] | None) -> Callable[[Document], bool]:
    return lambda document: is_of(document, modality) and (filter is None or filter(document))
