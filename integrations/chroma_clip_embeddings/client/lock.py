"""One writing process at a time for a store in a folder; threads of one process write together.

Two processes that write into one folder destroy vectors, and not at the same moment only: what Chroma holds
in memory of an index it writes over what another process has made of it since. So whoever begins to write
takes the folder's lock, opens the store anew if another has written since, and lets go of what is in memory
at the end. A server is one process, whoever writes to it. Imports the standard library and the public core.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chroma_clip_embeddings.client.exclusive import is_file_at, named, opened, read_owner, seize, write_owner
from chroma_clip_embeddings.client.read_only import origin_of, refusal
from clip_embeddings import StoreError

NAME = "clip-embeddings.lock"
_LINGER = 2.0  # seconds that the folder is kept after a small write: opening the store anew is slow
_PATIENCE = 5.0  # seconds that another process is waited for: longer than one lingers
_TURN = 0.1
_TURN_SEEN = "_clip_turn"  # on Chroma's own object: the last turn to write that it knows of, its own


@contextmanager
def writing(store: Any, *, whole: bool = False) -> Iterator[None]:
    """Write to a store; nobody else does meanwhile.

    Args:
        store: a client, or a collection. One on a server, or in memory, needs no lock.
        whole: what is done ends here, so that other processes need not wait.
    Raises:
        StoreError: another process writes to the folder; names it. Or the folder is read-only.
    """
    api = api_of(store)
    folder = folder_of(api)
    if folder is not None and (origin := origin_of(str(folder))):
        raise refusal(origin)
    lock = lock_of(api)
    if lock is None:
        yield
        return
    lock.enter(api)
    try:
        yield
    finally:
        lock.leave(whole=whole)


def api_of(store: Any) -> Any:
    """Chroma's own object behind a client or a collection, or that itself."""
    return getattr(store, "_server", None) or getattr(store, "_client", None) or store


def folder_of(store: Any) -> Path | None:
    """The folder of an embedded store; None for one on a server or in memory.

    Args:
        store: a client, a collection, or Chroma's own object behind them.
    """
    api = api_of(store)
    settings = getattr(getattr(api, "_system", None), "settings", None)
    if settings is None or not hasattr(api, "bindings") or not settings.is_persistent:
        return None
    return Path(settings.persist_directory)


def lock_of(api: Any) -> "_FolderLock | None":
    """That of the folder of Chroma's own object; None where it is on a server or in memory."""
    folder = folder_of(api)
    if folder is None:
        return None
    try:
        known = folder.stat()
    except OSError:
        return None  # the store will say what is wrong
    with _GUARD:
        lock = _LOCKS.setdefault((known.st_dev, known.st_ino), _FolderLock(folder))
        if not lock.is_at(folder):  # what had this number was deleted, or moved
            lock = _LOCKS[known.st_dev, known.st_ino] = _FolderLock(folder)
        return lock


class _FolderLock:
    """The lock of one folder in this process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder.absolute() / NAME
        self._mutex = threading.RLock()
        self._file: int | None = None
        self._api: Any = None
        self._users = 0
        self._timer: threading.Timer | None = None

    def is_at(self, folder: Path) -> bool:
        """Whether it is this folder's: the number of a folder that is deleted is given to the next one."""
        with suppress(OSError):
            return self._path.parent.samefile(folder)
        return False

    def enter(self, api: Any) -> None:
        with self._mutex:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            self._check_file()
            if self._file is not None and self._api is not api:
                if self._users:
                    raise StoreError(
                        f"this process writes to the store in {self._path.parent} through another client: "
                        "Chroma has it open twice, by two spellings of its folder. Use one of them"
                    )
                self._let_go()
            if self._file is None:
                file = self._seized()
                self._file, self._api = file, api
                try:
                    self._begin(file)
                except BaseException:  # it cannot be opened anew: others need not wait for this one
                    os.close(file)
                    self._file, self._api = None, None
                    raise
            self._users += 1

    def _check_file(self) -> None:
        """The file may have been deleted while it is held: then another process may write by now."""
        if self._file is None or is_file_at(self._file, self._path):
            return
        if self._users:
            raise StoreError(
                f"{self._path} was removed while this process writes there, and another one may have written "
                "since. What was stored so far is kept; start this again"
            )
        self._let_go()

    def leave(self, *, whole: bool) -> None:
        with self._mutex:
            self._users -= 1
            if self._users:
                return
            if whole:
                self._let_go()
                return
            try:
                self._timer = threading.Timer(_LINGER, self._lingered)
                self._timer.daemon = True
                self._timer.start()
            except RuntimeError:  # the interpreter ends
                self._let_go()

    def refresh(self, api: Any) -> None:
        """Read the folder anew; while this process writes there, no other has."""
        with self._mutex:
            if self._file is None or self._api is not api:
                _open_anew(api)
            elif not self._users:
                self._let_go()

    def abandon(self) -> None:
        """In the child of a fork: the lock stays that of the parent."""
        self._mutex = threading.RLock()
        if self._file is not None:
            os.close(self._file)
        self._file, self._api, self._users, self._timer = None, None, 0, None

    def _lingered(self) -> None:
        with self._mutex:
            if self._timer is threading.current_thread() and not self._users:
                self._timer = None
                self._let_go()

    def _seized(self) -> int:
        end = time.monotonic() + _PATIENCE
        while True:
            file = opened(self._path)
            if seize(file):
                if is_file_at(file, self._path):
                    return file
                os.close(file)  # it was deleted meanwhile: others lock the one that is there now
                continue
            owner = read_owner(file)
            os.close(file)
            if time.monotonic() > end:
                raise StoreError(
                    f"the store in {self._path.parent} is being written to by process {named(owner)}. One "
                    "process at a time may write to a folder: wait for it or end it, or run a server, which "
                    f"takes any number: chroma run --path {self._path.parent}"
                )
            time.sleep(_TURN)

    def _begin(self, file: int) -> None:
        """Put this process on record; open the store anew if another may have written since it was opened.

        That is so whenever the last turn on record is not one of its own; the file may have been deleted.
        """
        if read_owner(file).get("turn", "") != getattr(self._api, _TURN_SEEN, None):
            _open_anew(self._api)
        turn, started = secrets.token_hex(8), time.strftime("%Y-%m-%d %H:%M:%S")
        write_owner(file, {"turn": turn, "pid": os.getpid(), "host": socket.gethostname(), "since": started})
        setattr(self._api, _TURN_SEEN, turn)

    def _let_go(self) -> None:
        """What Chroma has in memory would be written over what others make of it: it is dropped."""
        if self._file is None:
            return
        _open_anew(self._api)
        os.close(self._file)
        self._file, self._api = None, None


class _Guard:
    """A lock that a child of a fork has anew: whoever held it is not there."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()


_LOCKS: dict[tuple[int, int], _FolderLock] = {}
_GUARD = _Guard()


def _open_anew(api: Any) -> None:
    """In place: clients and collections stay good."""
    folder = folder_of(api)
    if folder is not None and (folder / "chroma.sqlite3").exists():  # not where it was closed and deleted
        api.start()


def _after_fork() -> None:
    _GUARD.renew()
    for lock in _LOCKS.values():
        lock.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
