"""What a forked process starts anew. Imports the standard library.

A child has the memory of its parent as it was and none of its threads: a lock that one of them held stays
held for ever, and whoever waits for one of them waits for ever.
"""

import os
from threading import Lock
from types import TracebackType
from weakref import WeakSet

_LIVE: "WeakSet[Renewed]" = WeakSet()


class Renewed:
    """Base of objects whose state is one of threads; `renew` puts it back as at the beginning."""

    def __init__(self) -> None:
        self.renew()
        _LIVE.add(self)

    def renew(self) -> None:
        """Called once when the object is made, and in each process that is forked while it lives."""
        raise NotImplementedError


class FreeLock(Renewed):
    """A lock that nobody holds in a forked process."""

    def renew(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def _renew_all() -> None:
    for each in list(_LIVE):
        each.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
