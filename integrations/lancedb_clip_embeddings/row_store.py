"""A LanceDB table as ingestion sees it: several processes may write to it at once."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from filelock import FileLock
from lancedb.table import Table
from numpy.typing import NDArray

from clip_embeddings.ingestion.rows.checks import check_row
from clip_embeddings.ingestion.rows.growth import joined
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.store import Metadata, Stored
from lancedb_clip_embeddings.columns import READ, new_columns, quoted, stored_of, table_of
from lancedb_clip_embeddings.errors import is_conflict, store_errors

_MOST = 10_000  # rows in one call
_TRIES = 30  # of a commit that another writer was faster with; LanceDB itself tries some times too
_FRAGMENTS = 100  # files that rows come to lie in, one a call, until they are made fewer
_PATIENCE = 300.0  # seconds for others that read and write over rows, moments each
T = TypeVar("T")
logger = logging.getLogger(__name__)


class LanceRows:
    """The `RowStore` of a table that `open_table` has made.

    `add` is one merge on the table's key, so of two processes that add the same row one finds it there. An
    update reads and writes, so processes of one machine hold a file lock beside the table meanwhile; on an
    address such as s3:// there is no lock, and of two updates of one row at the same moment the later counts.
    """

    local = True
    most = _MOST

    def __init__(self, table: Table) -> None:
        # A handle of its own: it is always at the newest version, wherever the caller's is.
        self._table: Any = _opened_again(table)
        self._pages: Any = self._table
        self._calls = 0
        self._lock: AbstractContextManager[Any] = nullcontext()
        if "://" not in (uri := str(self._table.uri)):
            place = Path(uri)
            self._lock = FileLock(place.with_name(f".{place.stem}.lock"), timeout=_PATIENCE)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Refuses nobody; at the end rows of many small files are put into few."""
        yield
        if self._calls > 1:
            self._compact()

    def changing(self) -> AbstractContextManager[Any]:
        return self._lock

    def page(self, start: int, size: int) -> Stored:
        """All pages are of the version that was newest at the first: others may write meanwhile."""
        if start == 0:
            self._pages = _opened_again(self._table)
            self._pages.checkout(self._pages.version)
        return stored_of(self._pages.search().select(READ).offset(start).limit(size).to_arrow())

    def ids(self, modality: str) -> Iterator[str]:
        self._table.checkout_latest()
        found = self._table.search().where(f"modality = '{modality}'").select(["id"]).limit(None).to_arrow()
        yield from found["id"].to_pylist()

    def get(self, ids: Sequence[str], *, vectors: bool = False) -> Stored:
        names = [*READ, *(["vector"] if vectors else [])]
        self._table.checkout_latest()
        return stored_of(self._table.search().where(_among(ids)).select(names).limit(None).to_arrow())

    def add(self, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
        """LanceDB would keep both of two rows of one id in one call, so the first is taken."""
        for row in rows:
            check_row("metadata", row.id, row.document, row.metadata, row.uri)
        places = sorted({row.id: place for place, row in reversed(list(enumerate(rows)))}.values())
        kept = [rows[place] for place in places]
        documents, metadatas = [row.document for row in kept], [joined({}, row.metadata) for row in kept]
        self._merge([row.id for row in kept], documents, metadatas, vectors[places], new=True)

    def update(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        metadatas: Sequence[Metadata],
        documents: Sequence[str] | None = None,
    ) -> None:
        with self._lock:
            there = self.get(ids)
            places = [ids.index(id) for id in there.ids]
            fields = [joined(old, metadatas[i]) for i, old in zip(places, there.metadatas, strict=True)]
            words = there.documents if documents is None else [documents[i] for i in places]
            if places:
                self._merge(there.ids, words, fields, vectors[places], new=False)

    def delete(self, ids: Sequence[str]) -> None:
        self._commit(lambda: self._table.delete(_among(ids)))

    def lost(self) -> Iterator[str]:
        """A commit holds rows whole or not at all."""
        return iter(())

    def heal(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """There is nothing to heal."""

    def is_away(self, error: Exception) -> bool:
        """LanceDB itself tries again where an address does not answer."""
        return False

    def errors(self, doing: str, fix: str) -> AbstractContextManager[None]:
        return store_errors(doing, fix)

    def _merge(
        self,
        ids: Sequence[str],
        documents: Sequence[str],
        metadatas: Sequence[Metadata],
        vectors: NDArray[np.float32],
        *,
        new: bool,
    ) -> None:
        """Insert rows that are not there, or write over those that are."""

        def merge() -> None:
            self._add_columns(metadatas)
            rows = table_of(ids, documents, metadatas, vectors, self._table.schema)
            merging = self._table.merge_insert("id")
            merging = merging.when_not_matched_insert_all() if new else merging.when_matched_update_all()
            merging.execute(rows)

        self._commit(merge)
        self._calls += 1
        if self._calls % _FRAGMENTS == 0:
            self._compact()

    def _add_columns(self, metadatas: Sequence[Metadata]) -> None:
        while fields := new_columns(metadatas, self._table.schema):
            try:
                self._table.add_columns(pa.schema(fields))
            except (RuntimeError, ValueError, OSError):
                self._table.checkout_latest()
                if (
                    new_columns(metadatas, self._table.schema) == fields
                ):  # else another process has added some
                    raise

    def _commit(self, call: Callable[[], object]) -> None:
        for left in reversed(range(_TRIES)):
            self._table.checkout_latest()
            try:
                call()
                return
            except (RuntimeError, ValueError, OSError) as error:
                if not (left and is_conflict(error)):
                    raise
                logger.debug("another writer was faster (%s); trying again", error)
            time.sleep(random.uniform(0, 0.1))

    def _compact(self) -> None:
        """Old versions stay for the seven days that LanceDB keeps them: others may be reading them."""
        fix = "What was written is stored; make room and run the same ingestion again"
        with store_errors("compact the table", fix):
            try:
                self._table.optimize()
            except (RuntimeError, ValueError, OSError) as error:
                if not is_conflict(error):
                    raise
                logger.debug("another writer was faster (%s); the table is compacted later", error)


def _opened_again(table: Any) -> Any:
    return table._conn.open_table(table.name)


def _among(ids: Iterable[str]) -> str:
    return f"id IN ({', '.join(map(quoted, ids))})"
