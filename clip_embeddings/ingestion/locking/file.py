"""A file that one process has at a time; the kernel takes it back from one that ends, however it ends.

Imports the standard library and errors.
"""

import errno
import json
import logging
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from clip_embeddings.errors import StoreError

_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_BYTE = 1 << 30  # the one that is locked on Windows: none of those that are read
_FLAGS = os.O_RDWR | os.O_CREAT
for _name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):  # where the system has them
    _FLAGS |= getattr(os, _name, 0)

logger = logging.getLogger(__name__)

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, _BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def seize(file: int) -> bool:
    """Whether the open file is ours now, until it is closed or this process ends."""
    try:
        _lock(file)
    except OSError as error:
        if error.errno in _HELD:
            return False
        # Some network drives know no locks. Refusing would end what worked there.
        logger.warning("the store's folder takes no locks (%s): let one process at a time write", error)
    return True


def opened(path: Path) -> int:
    """The file of the lock. Never one that a link leads to: a folder of somebody else may hold one."""
    problem = f"cannot write to the store in {path.parent}: {path}"
    try:
        file = os.open(path, _FLAGS, 0o666)
    except OSError as error:
        reason = "is a link; remove it" if path.is_symlink() else error.strerror or error
        raise StoreError(f"{problem}: {reason}") from error
    facts = os.fstat(file)
    if stat.S_ISREG(facts.st_mode) and facts.st_nlink <= 1:
        return file
    os.close(file)
    raise StoreError(f"{problem} is no plain file, or has another name elsewhere; remove it")


def is_file_at(file: int, path: Path) -> bool:
    """Whether an open file is the one that has this name now."""
    with suppress(OSError):
        return os.path.samestat(os.fstat(file), path.lstat())
    return False


def read_owner(file: int) -> dict[str, Any]:
    with suppress(OSError, ValueError, RecursionError):  # whoever may write to the folder wrote it
        found = json.loads(os.pread(file, 4096, 0))
        return found if isinstance(found, dict) else {}
    return {}


def write_owner(file: int, owner: dict[str, Any]) -> None:
    content = json.dumps(owner).encode()
    os.pwrite(file, content, 0)
    os.ftruncate(file, len(content))


def named(owner: dict[str, Any]) -> str:
    if "pid" not in owner:
        return "(not on record)"
    pid, host, since = (str(owner.get(name))[:100] for name in ("pid", "host", "since"))
    return f"{pid} on {host}, since {since}"
