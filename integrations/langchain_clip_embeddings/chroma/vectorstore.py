"""MultimodalChroma: text and pictures in one LangChain Chroma store.

Searches are in searching.py, how it is opened again in opened.py, what a row is made of in rows.py.
"""

# mypy: disable-error-code="override"

import asyncio
from collections.abc import Iterable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Self

from chromadb.api import ClientAPI
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from chroma_clip_embeddings import connect
from chroma_clip_embeddings.client.connection import absolute, store_errors
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.collection.identity import FINGERPRINT
from chroma_clip_embeddings.collection.settings import Wanted
from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.auto import Calibrate
from clip_embeddings.ingestion.rows.checks import check_count
from clip_embeddings.pipeline import batched
from langchain_clip_embeddings.chroma.address import Address
from langchain_clip_embeddings.chroma.opened import OpenedChroma
from langchain_clip_embeddings.chroma.store import store_rows
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.rows import chosen_ids, embed_rows, given_ids, once, to_document

_ARGUMENTS = ("collection_metadata", "collection_configuration")


class MultimodalChroma(OpenedChroma):
    """A `langchain_chroma.Chroma` of text and pictures, in cosine space.

    A Document with `metadata["modality"] == "image"` is the picture at `metadata["uri"]`; its page_content is
    the caption (the file name where empty). Every other Document is text. The collection is that of
    `chroma_clip_embeddings.open_collection`: each adapter reads what the other wrote. It keeps the
    calibration of its embeddings; with one, texts and pictures rank in one list, without, each on its own. A
    collection of the host's own `Chroma` is taken over, as there.

    A pickle of it holds where the store is (its folder, or its server with the headers and credentials) and
    the settings of the embeddings; another process opens the collection again, and none is made there. A
    copy in one process shares the client.

    Args:
        collection_name: made where it does not exist.
        embedding_function: a CLIPEmbeddings; None opens a collection with the model and the calibration that
            it was made with.
        persist_directory: the store's folder; without it, `host` or `client` the store is in memory.
        client: a Chroma client that exists already.
        collection_metadata: joined to what is on record; settings of the index in it, such as
            `{"hnsw:space": "cosine", "hnsw:M": 32}`, go to the index.
        collection_configuration: settings of the index, `{"hnsw": {"max_neighbors": 32}}`; a collection that
            exists must have them.
        create_collection_if_not_exists: whether a collection that does not exist is made.
        calibrate: for embeddings without a calibration: the files and folders that a new collection is for,
            as for `chroma_clip_embeddings.open_collection`. One that exists keeps the calibration it has.
        options: the host's others: host, port, ssl, headers, tenant, database, client_settings,
            chroma_cloud_api_key, relevance_score_fn.
    Raises:
        StoreError: the store cannot be opened, or the collection is not one of ours.
        FingerprintMismatchError: the collection holds vectors of another model or calibration.
        InvalidInputError: another space than cosine, or another setting that cannot be had.
    """

    def __init__(
        self,
        collection_name: str = "langchain",
        embedding_function: Embeddings | None = None,
        persist_directory: str | PathLike[str] | None = None,
        *,
        client: ClientAPI | None = None,
        collection_metadata: dict[str, Any] | None = None,
        collection_configuration: Any = None,
        create_collection_if_not_exists: bool = True,
        calibrate: Calibrate | None = None,
        **options: Any,
    ) -> None:
        if embedding_function is not None and not isinstance(embedding_function, CLIPEmbeddings):
            got = type(embedding_function).__name__
            raise InvalidInputError(f"embedding_function: got {got}; expected a CLIPEmbeddings")
        # Before a folder is made, and by the names that the arguments have here.
        Wanted.of(collection_metadata, collection_configuration, _ARGUMENTS)
        self._create, self._calibrate = create_collection_if_not_exists, calibrate
        if persist_directory is not None and client is None and not any(options.values()):
            client = connect(Path(persist_directory))
            persist_directory = None
        with store_errors("open the store", "Check its address, or pass client=..."):
            super().__init__(
                collection_name,
                embedding_function,
                None if persist_directory is None else absolute(Path(persist_directory)),
                client=client,
                collection_metadata=collection_metadata,
                collection_configuration=collection_configuration,
                **options,
            )
        self._create = True  # reset_collection makes it anew
        self._address = Address.of(self._client)  # now: a relative folder means another one after a chdir

    def fork(self, new_name: str) -> "MultimodalChroma":
        """A copy under another name, where the server can fork."""
        forked = self._collection.fork(new_name=new_name)
        return type(self)(forked.name, self._embedding_function, client=self._client)

    @property
    def index_namespace(self) -> str:
        """A namespace for the record manager of LangChain's `index()`: this collection with this model."""
        # That on record, if an earlier release made it: the record manager finds what it wrote then.
        fingerprint = (self._collection.metadata or {}).get(FINGERPRINT) or self.embedder.fingerprint
        return f"clip-embeddings/{self._collection_name}/{fingerprint}"

    def add_documents(
        self,
        documents: list[Document],
        *,
        ids: Sequence[str | None] | None = None,
        batch_size: int | None = None,
    ) -> list[str]:
        """Store texts and pictures; a row with the same id is replaced.

        Everything is checked, read and embedded before anything is stored, so bad input stores nothing.

        Args:
            documents: N Documents, routed on `metadata["modality"]`: "image", "text" or none. Other
                values are str, int of 64 bits, finite float, bool, or a list of one of them. Equal contents
                from a MediaLoader are one row, as after `ingest`.
            ids: their ids; None takes each document's own, or a new one.
            batch_size: rows in one request to the store; None is as many as it takes.
        Returns:
            The N ids.
        Raises:
            ImageDecodeError: a picture that cannot be read, by its index among the documents.
            InvalidInputError: anything else that cannot be stored.
            StoreError: the store went away; rows of earlier requests are stored.
        """
        if batch_size is not None:
            check_count("batch_size", batch_size)
        documents = list(documents)
        documents, given, which = once(documents, given_ids(ids, documents))
        chosen = chosen_ids(given)
        for rows in embed_rows(self.embedder, documents, chosen):
            store_rows(self._collection, rows, replace=any(given), size=self._step(batch_size))
        return [chosen[place] for place in which]

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        ids: list[str] | None = None,
    ) -> list[str]:
        """`add_documents` for texts and metadatas apart; `from_texts` and `from_documents` come here."""
        texts = list(texts)
        metadatas = [{} for _ in texts] if metadatas is None else metadatas
        if len(metadatas) != len(texts):
            raise InvalidInputError(f"metadatas: got {len(metadatas)} for {len(texts)} texts")
        documents = [Document(text, metadata=data or {}) for text, data in zip(texts, metadatas, strict=True)]
        return self.add_documents(documents, ids=ids)

    def add_images(
        self,
        uris: Sequence[str | PathLike[str]],
        metadatas: list[dict[str, Any]] | None = None,
        ids: list[str] | None = None,
        *,
        captions: Sequence[str] | None = None,
    ) -> list[str]:
        """Store pictures by path, each with its caption or else its file name; never the file itself."""
        texts = [""] * len(uris) if captions is None else list(captions)
        extra: list[dict[str, Any]] = [{}] * len(uris) if metadatas is None else list(metadatas)
        for name, values in (("metadatas", extra), ("captions", texts)):
            if len(values) != len(uris):
                raise InvalidInputError(f"{name}: got {len(values)} for {len(uris)} pictures")
        own = [
            {**(data or {}), "modality": "image", "uri": fspath(uri)}
            for uri, data in zip(uris, extra, strict=True)
        ]
        return self.add_texts(texts, own, ids)

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        ids: list[str] | None = None,
        collection_name: str = "langchain",
        persist_directory: str | PathLike[str] | None = None,
        **options: Any,
    ) -> Self:
        """A store with these texts; `from_documents` comes here. The host's own stores them by parts, so
        that of a call with a bad one some are stored."""
        store = cls(collection_name, embedding, persist_directory, **options)
        store.add_texts(texts, metadatas, ids)
        return store

    async def aadd_images(self, uris: Sequence[str | PathLike[str]], **options: Any) -> list[str]:
        """`add_images`, with the event loop free meanwhile."""
        return await asyncio.to_thread(self.add_images, uris, **options)

    def update_documents(self, ids: list[str], documents: list[Document]) -> None:
        """Replace rows that exist, text and pictures alike.

        Raises:
            InvalidInputError: an id that is not stored; nothing is changed then.
        """
        stored = {str(document.id) for document in self.get_by_ids(ids)}
        if missing := [id for id in ids if id not in stored]:
            raise InvalidInputError(
                f"ids: no rows {missing[:5]} in the collection; add_documents makes new ones"
            )
        self.add_documents(documents, ids=ids)

    def delete(self, ids: list[str] | None = None, **options: Any) -> None:
        """Delete rows by id; none of them has to be there, and no id deletes nothing."""
        if ids is not None and not ids:
            return
        done = "Rows of this call may be deleted already"
        for part in [None] if ids is None else batched(ids, self._step()):
            with store_errors("delete rows", done), writing(self._collection):
                self._collection.delete(ids=None if part is None else list(part), **options)

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The rows with these ids, in no promised order; those that are not there are left out."""
        found = []
        for part in batched(dict.fromkeys(ids), self._step()):
            with store_errors("look up rows", "Check that the store is there"):
                answer = self._collection.get(ids=list(part), include=["documents", "metadatas"])
            columns: Any = (answer["ids"], answer["documents"], answer["metadatas"])
            found += [to_document(*row) for row in zip(*columns, strict=True)]
        return found

    def _step(self, size: int | None = None) -> int:
        """Rows in one request: what the caller wants, and no more than the store takes."""
        most: int = self._client.get_max_batch_size()
        return max(1, min(size or most, most))
