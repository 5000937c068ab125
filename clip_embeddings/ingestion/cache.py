"""Vectors kept on disk, so that a second collection of the same files costs no encoding.

One SQLite table of keys and bytes: nothing but vectors can come out of it, whoever wrote the file. Imports
numpy and the public core.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import StoreError

SIZE_LIMIT = 50_000_000_000
"""Bytes; beyond it what was stored longest ago is dropped. 20 million vectors of 512 numbers fit."""
_FILE = "vectors.sqlite"
_TABLE = "CREATE TABLE vectors (key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL)"
_PATIENCE = 60.0  # seconds that another process may write


class VectorCache:
    """Raw vectors by model and content; several processes and threads may share a folder.

    Args:
        folder: made if it is not there.
        embedder: its model and long-text policy are part of each key, its calibration is not.
    Raises:
        StoreError: the folder cannot be used, or holds another database.
    """

    def __init__(self, folder: str | os.PathLike[str], embedder: CLIPEmbedder) -> None:
        self._folder, self._dimension = os.fspath(folder), embedder.dimension
        self._prefix = f"{embedder.model_fingerprint} {embedder.config.long_text} "
        self._turn = Lock()
        with self._errors():
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                Path(folder) / _FILE, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
        try:
            with self._errors():
                self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        ask = self._database.execute
        ask("PRAGMA trusted_schema = OFF")
        ask("PRAGMA journal_mode = WAL")  # readers and a writer at once
        ask("PRAGMA synchronous = NORMAL")
        with self._writing():
            found = [row[0] for row in ask("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
            if not found:
                ask(_TABLE)
            elif found != [_TABLE]:
                raise ValueError("its database is not one of vectors")
        # A damaged file shows itself now, not after an hour.
        if (said := ask("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise ValueError(f"its database is damaged ({said})")

    def __enter__(self) -> "VectorCache":
        return self

    def __exit__(self, *error: object) -> None:
        self._database.close()

    def get(self, id: str) -> NDArray[np.float32] | None:
        """The raw vector (D,) of a row's content, if it is known.

        Raises:
            StoreError: what is there is damaged.
        """
        with self._errors(), self._turn:
            found = self._database.execute(
                "SELECT vector FROM vectors WHERE key = ?", (self._key(id),)
            ).fetchone()
        if found is None:
            return None
        content = found[0]
        whole = isinstance(content, bytes) and len(content) == 4 * self._dimension
        vector = np.frombuffer(content, "<f4") if whole else np.zeros(1)
        if not abs(float(vector @ vector) - 1) < 1e-3:  # NaN fails too
            raise StoreError(self._broken(f"what it has for {id} is no unit vector of {self._dimension}"))
        return vector.astype(np.float32)

    def keep(self, ids: Sequence[str], vectors: Iterable[NDArray[np.float32]]) -> None:
        """Store raw unit vectors, all or none."""
        rows = [
            (self._key(id), np.asarray(vector, "<f4").tobytes())
            for id, vector in zip(ids, vectors, strict=True)
        ]
        with self._errors(), self._turn, self._writing():
            self._make_room(len(rows))
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def _make_room(self, rows: int) -> None:
        """Drop what was stored longest ago; what is deleted leaves room in the file."""
        pages, free, size = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        if (pages - free) * size > SIZE_LIMIT:
            self._database.execute(
                "DELETE FROM vectors WHERE rowid IN (SELECT rowid FROM vectors ORDER BY rowid LIMIT ?)",
                (2 * rows,),
            )

    def _key(self, id: str) -> bytes:
        return sha256((self._prefix + id).encode()).digest()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise StoreError(self._broken(reason)) from error

    def _broken(self, reason: str) -> str:
        return (
            f"the cache folder {self._folder!r} cannot be used: {reason}. Name another folder, or delete "
            "this one; rows that are stored are safe"
        )
