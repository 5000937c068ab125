"""How many bytes of files are in memory at once. Standard library only."""

import io
from threading import Condition


class Budget:
    """A limit on bytes in memory. The next file in order gets in over it too: all wait for that one."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used, self._turn, self._open = limit, 0, 0, True
        self._changed = Condition()

    def enter(self, number: int, size: int) -> None:
        """Wait for room; `number` is the place in the order in which `leave` is called."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._open or number <= self._turn or self._used + size <= self._limit
            )
            self.add(size)

    def add(self, size: int) -> None:
        with self._changed:
            self._used += size

    def leave(self, size: int) -> None:
        with self._changed:
            self._used -= size
            self._changed.notify_all()

    def next(self) -> None:
        """It is the next one's turn."""
        with self._changed:
            self._turn += 1
            self._changed.notify_all()

    def wait(self) -> None:
        """Until there is room."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open or self._used <= self._limit)

    def close(self) -> None:
        """Let everyone in: nothing is read any more."""
        with self._changed:
            self._open = False
            self._changed.notify_all()


class Encoded(io.BytesIO):
    """A picture that leaves the budget when a thread takes it to decode it."""

    def __init__(self, content: bytes, budget: Budget) -> None:
        super().__init__(content)
        self._size, self._budget = len(content), budget
        budget.add(self._size)

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        if self._size:
            self._budget.leave(self._size)
            self._size = 0
        self.close()
        return content
