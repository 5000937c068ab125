"""A thread that stores rows while the model makes the next ones."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Thread

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.ingestion.retry import Stopped, Target
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.stored.joining import store
from clip_embeddings.types import Modality

_TURN = 0.2  # seconds after which a thread that waits looks whether it is to stop
_ENOUGH, _MOST = 64, 256  # rows stored in one call, unless fewer have to be


class Storer:
    """Stores rows in a thread of its own, so that the model does not wait; what waits is bounded.

    Rows come with raw vectors and are calibrated here. A call costs much whatever it holds, so rows wait
    until there are some, or until someone waits for their room.

    Args:
        limit: rows that are embedded and not stored at most: what a killed run has to embed again.
    """

    def __init__(self, target: Target, calibration: ModalityCalibration | None, limit: int) -> None:
        self._target, self._calibration, self._limit = target, calibration, limit
        self._changed = Condition()
        self._waiting: deque[tuple[Row, NDArray[np.float32]]] = deque()
        self._unstored = self._reserved = 0
        self._closed = False
        self._pressed = 0  # waits that only storing can end
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, name="clip-embeddings-store", daemon=True)
        self._thread.start()

    @contextmanager
    def room_for(self, rows: int) -> Iterator[None]:
        """Wait until so many rows more may be embedded, and keep their room.

        Raises:
            StoreError: rows before them could not be stored.
            Stopped: the run was called off.
        """
        with self._changed:
            self._wait(lambda: self._unstored + self._reserved + rows <= self._limit)
            self._reserved += rows
        try:
            yield
        finally:
            with self._changed:
                self._reserved -= rows
                self._changed.notify_all()

    def check(self) -> None:
        """Raise what `room_for` would raise, without waiting."""
        if self._error:
            raise self._error
        if self._target.stop.is_set():
            raise Stopped

    def put(self, rows: Sequence[Row], vectors: Iterable[NDArray[np.float32]]) -> None:
        """Rows to store, with raw vectors (D,) each; within `room_for` them."""
        with self._changed:
            self._waiting.extend(zip(rows, vectors, strict=True))
            self._unstored += len(rows)
            self._changed.notify_all()

    def finish(self) -> None:
        """Wait until everything is stored.

        Raises:
            StoreError: something could not be.
            Stopped: the run was called off.
        """
        with self._changed:
            self._wait(lambda: self._unstored == 0)

    def close(self) -> None:
        """Store what waits if the store is there, and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not (self._error or self._target.stop.is_set() or ready()):
            self._pressed += 1
            self._changed.notify_all()
            self._changed.wait(_TURN)
            self._pressed -= 1
        self.check()

    def _work(self) -> None:
        try:
            while rows := self._next():
                self._store(*zip(*rows, strict=True))
        except BaseException as error:  # raised where the rows come from
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _next(self) -> list[tuple[Row, NDArray[np.float32]]]:
        with self._changed:
            self._changed.wait_for(self._is_time)
            size = min(_MOST, self._target.most, len(self._waiting))
            return [self._waiting.popleft() for _ in range(size)]

    def _is_time(self) -> bool:
        enough = len(self._waiting) >= _ENOUGH or self._pressed
        return self._closed or bool(self._waiting and enough)

    def _store(self, rows: Sequence[Row], vectors: Sequence[NDArray[np.float32]]) -> None:
        ready = np.stack(vectors)  # (n, D)
        if self._calibration:
            pictures = np.array([row.is_picture for row in rows])
            kinds: tuple[tuple[Modality, NDArray[np.bool_]], ...] = (("image", pictures), ("text", ~pictures))
            for modality, here in kinds:
                if here.any():
                    ready[here] = self._calibration.apply(ready[here], modality)
        store(self._target, rows, ready)
        with self._changed:
            self._unstored -= len(rows)
            self._target.safe += len(rows)
            self._changed.notify_all()
