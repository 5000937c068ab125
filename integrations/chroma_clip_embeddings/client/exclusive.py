"""A file that one process has at a time; the kernel takes it back from one that ends, however it ends.

Imports the standard library.
"""

import errno
import logging
import sys

_HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_BYTE = 1 << 30  # the one that is locked on Windows: none of those that are read
logger = logging.getLogger(__name__)

if sys.platform == "win32":
    import msvcrt
    import os

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
