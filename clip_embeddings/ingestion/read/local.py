"""Bytes of files on this machine, within a limit. Standard library only."""

import os
from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG

MAX_BYTES = 100_000_000
"""Of one file, unless the caller gives another number. Photos of 200 megapixels are below it."""
HEAD = 8192
"""Bytes by which a file is recognised, before the rest of it is read."""
_PIECE = 1 << 20
Check = Callable[[bytes], None]
"""Is called with the first HEAD bytes of a longer file; what it raises ends the reading."""


class UnusableFile(Exception):
    """Why a file is neither a picture nor text that can be stored."""


class NotWanted(UnusableFile):
    """A file of the modality that was not asked for; its words are what it is counted as."""


def read_file(path: Path, *, max_bytes: int = MAX_BYTES, check: Check | None = None) -> bytes:
    """The content of a regular file.

    Args:
        max_bytes: refuse a larger file without reading it.
        check: looks at the beginning of a longer file.
    Raises:
        UnusableFile: with the reason in words.
    """
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UnusableFile("its name is not UTF-8, which a store needs; rename it") from error
    try:
        return _content(name, max_bytes, check)
    except FileNotFoundError as error:
        raise UnusableFile(_missing(path)) from error
    except OSError as error:
        raise UnusableFile(f"cannot be read ({error.strerror or error})") from error


def too_large(max_bytes: int) -> UnusableFile:
    """What is raised for more bytes than the limit."""
    return UnusableFile(f"is larger than the limit of {max_bytes:,} bytes; --max-bytes raises it")


def gathered(
    read: Callable[[int], bytes],
    max_bytes: int,
    check: Check | None,
    *,
    piece: int = _PIECE,
    begun: bytes = b"",
) -> bytes:
    """What `read` gives until it gives nothing, a piece at a time, behind what was read already.

    Raises:
        UnusableFile: it is more than the limit, or `check` refuses its beginning.
    """
    body = bytearray(begun)
    while part := read(min(piece, max_bytes + 1 - len(body))):
        before = len(body)
        body += part
        if len(body) > max_bytes:
            raise too_large(max_bytes)
        if check and before < HEAD <= len(body):
            check(bytes(body[:HEAD]))
    return bytes(body)


def _content(name: str, max_bytes: int, check: Check | None) -> bytes:
    """Four calls of the system instead of ten: at each, threads that read others' files take turns."""
    facts = os.stat(name)  # noqa: PTH116
    if not S_ISREG(facts.st_mode):
        raise UnusableFile("is not a regular file")
    if facts.st_size > max_bytes:
        raise too_large(max_bytes)
    file = os.open(name, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        if check and facts.st_size > HEAD:
            check(os.read(file, HEAD))
            os.lseek(file, 0, os.SEEK_SET)
        whole = os.read(file, facts.st_size + 1)
        if len(whole) == facts.st_size:
            return whole
        # It has changed since, or is too large for one call.
        return gathered(lambda size: os.read(file, size), max_bytes, None, begun=whole)
    finally:
        os.close(file)


def _missing(path: Path) -> str:
    return f"is a link to {path.readlink()}, which is not there" if path.is_symlink() else "no such file"
