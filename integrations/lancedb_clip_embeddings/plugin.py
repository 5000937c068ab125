"""LanceDB as `clip_embeddings.stores` finds it: "lancedb:DIR", "lancedb:s3://bucket/folder"."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from lancedb.db import DBConnection
from lancedb.table import Table

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.on_record import FINGERPRINT, embedder_on_record
from clip_embeddings.search import Found, Request
from lancedb_clip_embeddings.errors import store_errors
from lancedb_clip_embeddings.row_store import LanceRows
from lancedb_clip_embeddings.search import nearest
from lancedb_clip_embeddings.table import (
    connect,
    embedder_of,
    found_table,
    open_table,
    record_in,
    table_names,
)


class LanceStore:
    """A folder or an address of LanceDB's."""

    several_writers = True

    def __init__(self, place: str, *, headers: Mapping[str, str] | None = None) -> None:
        if headers:
            raise InvalidInputError("headers: LanceDB has no use for them")
        self._remote = "://" in place
        self.place = place if self._remote else str(Path(place).expanduser().absolute())

    @cached_property
    def _db(self) -> DBConnection:
        return connect(self.place)

    def exists(self) -> bool:
        return self._remote or Path(self.place).is_dir()

    def names(self) -> list[str]:
        if not self.exists():
            return []
        with store_errors("list the tables", "Check that the store is there"):
            return table_names(self._db)

    def find(self, name: str) -> "LanceCollection | None":
        if not self.exists():
            return None
        with store_errors(f"open the table {name!r}", "Check the store and the table's name"):
            table = found_table(self._db, name)
        return None if table is None else LanceCollection(table)

    def open(
        self, name: str, *, embedder: CLIPEmbedder | None = None, create: bool = False
    ) -> "LanceCollection":
        table = open_table(self._db, name, embedder=embedder, create=create)
        return LanceCollection(table, embedder_of(table))

    def is_away(self, error: Exception) -> bool:
        """LanceDB itself tries again where an address does not answer."""
        return False


class LanceCollection:
    """A table, `raw`."""

    def __init__(self, raw: Table, embedder: CLIPEmbedder | None = None) -> None:
        self.raw, self.name, self._given = raw, raw.name, embedder

    @cached_property
    def fingerprint(self) -> str | None:
        return str(record_in(self.raw)[FINGERPRINT])

    @cached_property
    def embedder(self) -> CLIPEmbedder:
        return self._given or embedder_on_record(record_in(self.raw))

    @cached_property
    def rows(self) -> LanceRows:
        return LanceRows(self.raw)

    def count(self) -> int:
        return int(self.raw.count_rows())

    def refresh(self) -> None:
        """Nothing: each question is of the newest version."""

    def nearest(self, request: Request) -> Iterable[Found]:
        with store_errors(
            "search", "Check that the store and the table are there, and that it has such columns"
        ):
            return list(nearest(self.raw, request, None))
