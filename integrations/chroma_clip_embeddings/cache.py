"""Vectors kept on disk, so that a second collection of the same files costs no encoding.

Imports diskcache inside functions, numpy and the public core.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, MissingExtraError, StoreError

SIZE_LIMIT = 50_000_000_000
"""Bytes; beyond it diskcache drops what was stored longest ago. 20 million vectors of 512 numbers fit."""


class VectorCache:
    """Raw vectors by model and content; several processes may share a folder.

    Args:
        folder: made if it is not there.
        embedder: its model and long-text policy are part of each key, its calibration is not.
    Raises:
        MissingExtraError: diskcache is not installed.
        StoreError: the folder cannot be used.
    """

    def __init__(self, folder: str | os.PathLike[str], embedder: CLIPEmbedder) -> None:
        try:
            kind = _closing()
        except ImportError as error:
            raise MissingExtraError('cache= needs diskcache: pip install "clip-embeddings[cache]"') from error
        self._folder, self._dimension = os.fspath(folder), embedder.dimension
        self._prefix = f"{embedder.model_fingerprint} {embedder.config.long_text} "
        with self._errors():
            self._cache = kind(self._folder, disk=_bytes_only(), size_limit=SIZE_LIMIT)

    def __enter__(self) -> "VectorCache":
        return self

    def __exit__(self, *error: object) -> None:
        self._cache.close()

    def get(self, id: str) -> NDArray[np.float32] | None:
        """The raw vector (D,) of a row's content, if it is known.

        Raises:
            StoreError: what is there is damaged.
        """
        with self._errors():
            found = self._cache.get(self._prefix + id)
        if found is None:
            return None
        vector = np.frombuffer(found, "<f4") if len(found) == 4 * self._dimension else np.zeros(1)
        if not abs(float(vector @ vector) - 1) < 1e-3:  # NaN fails too
            raise StoreError(self._broken(f"what it has for {id} is no unit vector of {self._dimension}"))
        return vector.astype(np.float32)

    def keep(self, ids: Sequence[str], vectors: Iterable[NDArray[np.float32]]) -> None:
        """Store raw unit vectors, all or none."""
        with self._errors(), self._cache.transact():
            for id, vector in zip(ids, vectors, strict=True):
                self._cache.set(self._prefix + id, np.asarray(vector, "<f4").tobytes())

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, TypeError, sqlite3.Error, _timeout()) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise StoreError(self._broken(reason)) from error

    def _broken(self, reason: str) -> str:
        return (
            f"the cache folder {self._folder!r} cannot be used: {reason}. Name another folder, or delete "
            "this one; rows that are stored are safe"
        )


def _timeout() -> type[Exception]:
    from diskcache import Timeout

    kind: type[Exception] = Timeout
    return kind


def _closing() -> Any:
    """A cache that leaves nothing open if it cannot be used."""
    from diskcache import Cache

    class Closing(Cache):  # type: ignore[misc]
        def __init__(self, folder: str, **settings: Any) -> None:
            try:
                super().__init__(folder, **settings)
                self.check()  # a damaged file shows itself now, not after an hour
            except BaseException:
                self.close()
                raise

    return Closing


def _bytes_only() -> Any:
    """How values are written: never pickled, as reading a pickle of someone else's would run it."""
    from diskcache import Disk
    from diskcache.core import MODE_BINARY, MODE_RAW

    class BytesOnly(Disk):  # type: ignore[misc]
        def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
            if mode not in (MODE_RAW, MODE_BINARY):
                raise ValueError("it holds values that are no vectors")
            return super().fetch(mode, filename, value, read)

    return BytesOnly
