"""The way to a store: its calls are tried again while its server is away, and none waits without end."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from threading import Event, RLock, Thread
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.store import RowStore, Stored

_LONGEST = 5.0  # seconds between two tries
_LEAST = 10.0  # seconds that one request may take, however short a server that is away is waited for
_TURN = 0.2
_GRACE = 5.0  # seconds that a request may still take when the run is called off
_PAGE = 1000
_CHANGING = RLock()  # what threads of this process read and write over, they do one after the other
T = TypeVar("T")
logger = logging.getLogger(__name__)


class Stopped(Exception):
    """The run was called off."""


class Target:
    """A store as one run sees it. Every method raises what `_tried` does.

    Args:
        retry_seconds: how long a store that is away is waited for, before it is an error. A request that is
            not answered takes that long at most, and ten seconds at least.
        stop: set when the run is called off.
        fix: what errors say at their end; None says how many rows are safe.
    Attributes:
        safe: rows of this run that are stored.
    """

    def __init__(self, store: RowStore, retry_seconds: float, stop: Event, fix: str | None = None) -> None:
        self.store, self._seconds, self.stop, self._fix = store, retry_seconds, stop, fix
        self.safe = 0
        self.most = self._tried("reach the store", lambda: store.most)

    def pages(self) -> Iterator[Stored]:
        """All rows, without vectors."""
        start = 0
        while True:
            if self.stop.is_set():
                raise Stopped
            page = self._page(start)
            if not page.ids:
                return
            yield page
            start += len(page.ids)

    def _page(self, start: int) -> Stored:
        return self._tried("look up stored rows", lambda: self.store.page(start, _PAGE))

    def get(self, ids: Sequence[str], *, vectors: bool = False) -> Stored:
        return self._tried("look up stored rows", lambda: self.store.get(ids, vectors=vectors))

    def add(self, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
        self._tried("store rows", lambda: self.store.add(rows, vectors))

    def update(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        metadatas: Sequence[Mapping[str, Any]],
        documents: Sequence[str] | None = None,
    ) -> None:
        self._tried("update rows", lambda: self.store.update(ids, vectors, metadatas, documents))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """While rows are read and written over: nobody does the same in between, where that can be had."""
        with ExitStack() as stack:
            stack.enter_context(_CHANGING)
            with self.store.errors("update rows", self.fix()):
                stack.enter_context(self.store.changing())
            yield

    def delete(self, ids: Sequence[str]) -> None:
        self._tried("remove rows", lambda: self.store.delete(ids))

    def lost(self) -> list[str]:
        return self._tried("check rows", lambda: list(self.store.lost()))

    def heal(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        self._tried("update rows", lambda: self.store.heal(ids, vectors))

    def fix(self) -> str:
        """What an error adds: how many rows are safe, and what to do."""
        return (
            self._fix
            or f"{self.safe} rows of this run are stored and safe; run the same ingestion again to go on"
        )

    def _tried(self, doing: str, call: Callable[[], T]) -> T:
        """What a call returns.

        Raises:
            StoreError: the store refused, or did not come back in time; says how many rows are safe.
            Stopped: the run was called off while the store was away.
        """
        with self.store.errors(doing, self.fix()):
            return patiently(lambda: self._answer(call), self.store.is_away, self._seconds, self.stop)

    def _answer(self, call: Callable[[], T]) -> T:
        if self.store.local:
            return call()
        return answer(call, max(self._seconds, _LEAST), self.stop)


def patiently(call: Callable[[], T], is_away: Callable[[Exception], bool], seconds: float, stop: Event) -> T:
    """What a call returns; made again and again while a server is away, for so many seconds.

    Raises:
        Stopped: `stop` was set meanwhile.
    """
    end, wait, waited = time.monotonic() + seconds, 0.1, False
    while True:
        try:
            return call()
        except Exception as error:
            if not is_away(error) or time.monotonic() + wait > end:
                raise
            if not waited:
                logger.warning("the store is away (%s); waiting up to %g s", error, seconds)
            waited = True
        if stop.wait(wait):
            raise Stopped
        wait = min(2 * wait, _LONGEST)


def answer(call: Callable[[], T], seconds: float, stop: Event) -> T:
    """What a call returns or raises; it is made by a thread, which is left to itself if it takes too long.

    Raises:
        TimeoutError: no answer in so many seconds.
        Stopped: `stop` is set, and no answer came soon after.
    """
    outcome: list[T] = []
    failed: list[BaseException] = []
    done = Event()

    def work() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    try:
        Thread(target=work, name="clip-embeddings-call", daemon=True).start()
    except RuntimeError:  # the interpreter ends and starts no thread any more
        return call()
    end, stopping = time.monotonic() + seconds, False
    while not done.wait(_TURN):
        if stop.is_set() and not stopping:
            end, stopping = min(end, time.monotonic() + _GRACE), True
        if time.monotonic() > end:
            if stopping:
                raise Stopped
            raise TimeoutError(f"no answer for {seconds:g} s")
    if failed:
        raise failed[0]
    return outcome[0]
