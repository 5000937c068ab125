"""A Chroma collection as ingestion sees it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.calls import stored_of, upsert_arguments
from chroma_clip_embeddings.client.connection import is_out_of_reach, store_errors
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.client.lost import rows_without_vectors
from chroma_clip_embeddings.client.private import bounded, folder_of, most_in_one_call
from clip_embeddings.ingestion.rows.checks import check_row
from clip_embeddings.ingestion.rows.parts import parts_in_bytes
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.store import Metadata, Stored

_LISTED = 5000  # ids asked for at once


class ChromaRows:
    """The `RowStore` of a collection, in a folder, in memory or on a server.

    Args:
        collection: of the ordinary client, or what answers like one.
        dimension: D of its vectors.
    """

    is_away, errors = staticmethod(is_out_of_reach), staticmethod(store_errors)

    def __init__(self, collection: Any, dimension: int) -> None:
        self._collection, self._dimension = collection, dimension
        self.local = folder_of(collection) is not None
        self._lost: set[str] = set()
        bounded(collection)

    @cached_property
    def most(self) -> int:
        return int(most_in_one_call(self._collection))

    def writing(self) -> AbstractContextManager[None]:
        return writing(self._collection, whole=True)

    def changing(self) -> AbstractContextManager[None]:
        """A folder has one writer at a time, and a server has nothing to hold others off with."""
        return nullcontext()

    def page(self, start: int, size: int) -> Stored:
        include = ["documents", "metadatas"]
        return stored_of(self._collection.get(limit=size, offset=start, include=include))

    def ids(self, modality: str) -> Iterator[str]:
        start, where = 0, {"modality": modality}
        while page := self._collection.get(where=where, limit=_LISTED, offset=start, include=[])["ids"]:
            yield from page
            start += len(page)

    def get(self, ids: Sequence[str], *, vectors: bool = False) -> Stored:
        include = ["documents", "metadatas", *(["embeddings"] if vectors else [])]
        return stored_of(self._collection.get(ids=list(ids), include=include))

    def add(self, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
        for row in rows:
            check_row("metadata", row.id, row.document, row.metadata, row.uri)
        for part in parts_in_bytes(rows, vectors, self.most):
            self._collection.add(**upsert_arguments([rows[i] for i in part], vectors[list(part)]))

    def update(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        metadatas: Sequence[Metadata],
        documents: Sequence[str] | None = None,
    ) -> None:
        """With vectors, also where they stay: Chroma would make new ones of the documents."""
        arguments: dict[str, Any] = {"ids": ids, "embeddings": vectors, "metadatas": metadatas}
        if documents is not None:
            arguments["documents"] = documents
        if all("uri" in each for each in metadatas):
            arguments["uris"] = [each["uri"] for each in metadatas]
        self._collection.update(**arguments)

    def delete(self, ids: Sequence[str]) -> None:
        """Chroma cannot delete a row without a vector, and is of no use after it has tried: it gets one."""
        if lost := [id for id in ids if id in self._lost]:
            self.heal(lost, np.ones((len(lost), self._dimension), np.float32))
        self._collection.delete(ids=list(ids))

    def lost(self) -> Iterator[str]:
        if self.local:
            self._lost.update(rows_without_vectors(self._collection.get))
        yield from self._lost

    def heal(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """`update` passes over what the index does not know; `upsert` leaves the rest of a row alone."""
        self._collection.upsert(ids=list(ids), embeddings=vectors)
        self._lost.difference_update(ids)
