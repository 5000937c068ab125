"""The stores that ingestion is tested on, behind one face: what is true of it is true in each of them.

A store's library is imported when it is used: of a process that has imported lancedb, no child may be forked.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Unpack

import numpy as np
import pytest
from stored import StoredRow
from stored import rows_of as rows_in_chroma

from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion import AnyPath, IngestOptions, IngestReport
from clip_embeddings.ingestion.rows.row import Row

FOLDERS = ("chroma", "lancedb")
"""The kinds that are folders of this process: for tests of what becomes of such a folder."""
KINDS = (*FOLDERS, pytest.param("server", marks=pytest.mark.chroma_server))
"""All of them; the last, a Chroma server, with `--chroma-server` only."""


class Held(ABC):
    """A collection or a table, opened.

    Attributes:
        raw: what the store calls it.
        adapter: the package, whose functions take `raw`.
        row_store: the class of the adapter that ingestion writes through.
    """

    adapter: ModuleType
    raw: Any
    row_store: type[Any]

    @abstractmethod
    def ingest(self, paths: Any, **options: Unpack[IngestOptions]) -> IngestReport: ...

    @abstractmethod
    def rows(self) -> dict[str, StoredRow]:
        """Everything, by id."""

    @abstractmethod
    def count(self) -> int: ...

    @abstractmethod
    def set_caption(self, id: str, caption: str) -> None:
        """By hand, as a user does it."""

    @abstractmethod
    def put(self, rows: Sequence[Row], vectors: np.ndarray) -> None:
        """Rows with vectors (N, D) of the test's own, as ingestion adds them."""

    @abstractmethod
    def add_row(self, id: str, uri: str) -> None:
        """One that ingestion has not made."""

    def row(self, path: Path) -> StoredRow:
        """The one row whose main uri is this path."""
        (row,) = [row for row in self.rows().values() if row.metadata["uri"] == str(path)]
        return row


class InChroma(Held):
    def __init__(self, place: Any, name: str, embedder: CLIPEmbedder | None, **options: Any) -> None:
        from chroma_clip_embeddings import connect, open_collection
        from chroma_clip_embeddings.row_store import ChromaRows

        self.adapter, self.row_store = import_module("chroma_clip_embeddings"), ChromaRows
        client = connect(host="127.0.0.1", port=place) if isinstance(place, int) else connect(place)
        self.raw = open_collection(client, name, embedder=embedder, **options)

    def ingest(self, paths: Any, **options: Unpack[IngestOptions]) -> IngestReport:
        from chroma_clip_embeddings import ingest

        return ingest(paths, self.raw, **options)

    def rows(self) -> dict[str, StoredRow]:
        return rows_in_chroma(self.raw)

    def count(self) -> int:
        return int(self.raw.count())

    def set_caption(self, id: str, caption: str) -> None:
        from chroma_clip_embeddings import set_caption

        set_caption(self.raw, id, caption)

    def put(self, rows: Sequence[Row], vectors: np.ndarray) -> None:
        self.row_store(self.raw, vectors.shape[1]).add(rows, vectors)

    def add_row(self, id: str, uri: str) -> None:
        from chroma_clip_embeddings import add_items

        add_items(self.raw, ids=[id], uris=[uri])


class InLanceDB(Held):
    def __init__(self, place: Any, name: str, embedder: CLIPEmbedder | None, **options: Any) -> None:
        from lancedb_clip_embeddings import LanceRows, open_table

        self.adapter, self.row_store = import_module("lancedb_clip_embeddings"), LanceRows
        self.raw = open_table(place, name, embedder=embedder, **options)

    def ingest(self, paths: Any, **options: Unpack[IngestOptions]) -> IngestReport:
        from lancedb_clip_embeddings import ingest

        return ingest(paths, self.raw, **options)

    def rows(self) -> dict[str, StoredRow]:
        store = self.row_store(self.raw)
        ids = [id for start in range(0, self.count(), 500) for id in store.page(start, 500).ids]
        found = store.get(ids, vectors=True)
        assert sorted(ids) == sorted(found.ids)
        assert found.vectors is not None
        columns = zip(found.documents, found.metadatas, found.vectors, strict=True)
        rows = (
            StoredRow(document, dict(metadata), vector, metadata.get("uri"))
            for document, metadata, vector in columns
        )
        return dict(zip(found.ids, rows, strict=True))

    def count(self) -> int:
        return int(self.raw.count_rows())

    def set_caption(self, id: str, caption: str) -> None:
        self.raw.update(where=f"id = '{id}'", values={"document": caption})

    def put(self, rows: Sequence[Row], vectors: np.ndarray) -> None:
        self.row_store(self.raw).add(rows, vectors)

    def add_row(self, id: str, uri: str) -> None:
        row = Row(id, uri, True, id, {"modality": "image", "uri": uri}, uri)
        dimension = self.raw.schema.field("vector").type.list_size
        self.put([row], np.eye(1, dimension, dtype=np.float32))


def opened(
    kind: str,
    place: AnyPath | int,
    name: str = "photos",
    *,
    embedder: CLIPEmbedder | None = None,
    **options: Any,
) -> Held:
    """Open or make one.

    Args:
        kind: "chroma", "lancedb" or "server".
        place: its folder, or the port of the server.
        embedder: None for the one that it was made with.
        options: of the adapter's own function.
    """
    return (InLanceDB if kind == "lancedb" else InChroma)(place, name, embedder, **options)
