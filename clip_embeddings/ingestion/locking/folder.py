"""The lock of a store's folder: one process writes at a time, and the threads of one process together.

For a store that bears one writing process, because what a process has in memory of the folder it writes over
what others have made of it since. So whoever begins to write takes the lock, reads the folder anew if another
process has written since, and lets go of what is in memory at the end. A store that bears several writers
needs none of this; where two must not change one row at once, a lock for moments will do, as LanceDB's
adapter has it. Imports the standard library, errors and forking.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self

from clip_embeddings.errors import StoreError
from clip_embeddings.forking import FreeLock, Renewed
from clip_embeddings.ingestion.locking.file import (
    is_file_at,
    named,
    opened,
    read_owner,
    seize,
    write_owner,
)

logger = logging.getLogger(__name__)
_LINGER = 2.0  # seconds that the folder is kept after a small write: reading it anew is slow
_PATIENCE = 5.0  # seconds that another process is waited for: longer than one lingers
_POLL = 0.1
_TURN_SEEN = "_clip_turn"  # on what is open: the last turn to write that it knows of, its own


class FolderLock(Renewed):
    """The lock of one folder in this process. An adapter derives from it and takes it by `at`.

    What a process has open of a folder is an object of the store's client, here called `store`: it is told
    from others by identity, and has to bear an attribute of ours.

    Attributes:
        NAME: of the file that is held, in the folder.
        instead: what a refused process may do beside waiting; "{folder}" is put in.
    """

    NAME: ClassVar[str] = "clip-embeddings.lock"
    instead: ClassVar[str] = ""

    def __init__(self, folder: Path) -> None:
        self._path = folder.absolute() / self.NAME
        self._file: int | None = None
        super().__init__()

    @classmethod
    def at(cls, folder: Path) -> Self | None:
        """The lock of a folder, by whatever name; None where there is no folder."""
        try:
            known = folder.stat()
        except OSError:
            return None
        key = (cls, known.st_dev, known.st_ino)
        with _GUARD:
            lock = _LOCKS.get(key)
            if not isinstance(lock, cls) or not lock._is_at(folder):  # what had this number is gone, or moved
                lock = _LOCKS[key] = cls(folder)
            return lock

    def read_anew(self, store: Any) -> None:
        """Drop what a store has in memory of the folder, in place; nothing where the folder is gone."""
        raise NotImplementedError

    @contextmanager
    def writing(self, store: Any, *, whole: bool = False) -> Iterator[None]:
        """Write; no other process does meanwhile.

        Args:
            whole: what is done ends here, so that other processes need not wait. Without it the lock is kept
                for a moment.
        Raises:
            StoreError: another process writes to the folder; names it. Or this one does through another
                store, or the file is no file of ours.
        """
        self._enter(store)
        try:
            yield
        finally:
            self._leave(whole=whole)

    def refresh(self, store: Any) -> None:
        """Read the folder anew; while this process writes there, no other has."""
        with self._mutex:
            if self._file is None or self._store is not store:
                self.read_anew(store)
            elif not self._users:
                self._let_go()

    def renew(self) -> None:
        """In the child of a fork: the lock stays that of the parent."""
        self._mutex = threading.RLock()
        if self._file is not None:
            os.close(self._file)
        self._file, self._store = None, None
        self._users = 0
        self._timer: threading.Timer | None = None

    def _is_at(self, folder: Path) -> bool:
        """Whether it is this folder's: the number of a folder that is deleted is given to the next one."""
        with suppress(OSError):
            return self._path.parent.samefile(folder)
        return False

    def _enter(self, store: Any) -> None:
        with self._mutex:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            self._check_file()
            if self._file is not None and self._store is not store:
                if self._users:
                    raise StoreError(
                        f"this process writes to the store in {self._path.parent} through another client: it "
                        "is open twice, by two spellings of its folder. Use one of them"
                    )
                self._let_go()
            if self._file is None:
                self._begin(store)
            self._users += 1

    def _leave(self, *, whole: bool) -> None:
        with self._mutex:
            # None in the child of a fork, which leaves what its parent entered.
            self._users = max(self._users - 1, 0)
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

    def _lingered(self) -> None:
        with self._mutex:
            if self._timer is threading.current_thread() and not self._users:
                self._timer = None
                try:
                    self._let_go()
                except Exception:  # nobody is there to be told
                    logger.warning("the store in %s could not be read anew", self._path.parent, exc_info=True)

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

    def _begin(self, store: Any) -> None:
        """Take the file, put this process on record, and read the folder anew if another may have written.

        That is so whenever the last turn on record is not one of its own; the file may have been deleted.
        """
        file = self._seized()
        try:
            if read_owner(file).get("turn", "") != getattr(store, _TURN_SEEN, None):
                self.read_anew(store)
            turn, now = secrets.token_hex(8), time.strftime("%Y-%m-%d %H:%M:%S")
            write_owner(file, {"turn": turn, "pid": os.getpid(), "host": socket.gethostname(), "since": now})
            setattr(store, _TURN_SEEN, turn)
        except BaseException:  # it cannot be read anew: others need not wait for this one
            os.close(file)
            raise
        self._file, self._store = file, store

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
                folder = self._path.parent
                raise StoreError(
                    f"the store in {folder} is being written to by process {named(owner)}. One process at a "
                    f"time may write to a folder: wait for it or end it{self.instead.format(folder=folder)}"
                )
            time.sleep(_POLL)

    def _let_go(self) -> None:
        """What is in memory would be written over what others make of the folder: it is dropped."""
        file, store = self._file, self._store
        if file is None:
            return
        self._file, self._store = None, None
        try:
            self.read_anew(store)
        except BaseException:
            setattr(store, _TURN_SEEN, None)  # it is read when this process writes again
            raise
        finally:
            os.close(file)  # whatever became of it: others need not wait


_LOCKS: dict[tuple[type[FolderLock], int, int], FolderLock] = {}
_GUARD = FreeLock()
