"""Folders and patterns -> paths of files, in order and in bounded memory. Standard library only."""

import heapq
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fnmatch import fnmatchcase
from glob import has_magic
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from clip_embeddings.ingestion.find.entries import IngestProblem, printable

# Names of one folder that are sorted in memory; a folder of more is sorted in parts, on disk.
_SORTED_AT_ONCE = 100_000

Identity = tuple[int, int]  # device and inode


class Walker:
    """Walks folders. A linked folder outside those walked is followed once in the walker's life.

    Args:
        is_walked: whether a real folder is walked under its own name, so that a link to it adds nothing.
        name_empty: whether a folder with nothing in it, not even a hidden file, is a problem.
    """

    def __init__(self, is_walked: Callable[[str], bool], *, name_empty: bool = False) -> None:
        self._is_walked, self._name_empty = is_walked, name_empty
        self._followed: set[Identity] = set()

    def walk(self, folder: str, enters: Callable[[str], bool]) -> Iterator[str | IngestProblem]:
        """Files under a folder in the order of their paths, hidden ones left out.

        A folder that cannot be read and a link to a folder that it lies in are problems.

        Args:
            folder: absolute path.
            enters: whether to go into the folder of this path.
        """
        if self._name_empty and _is_empty(folder):
            yield _empty(folder)
        # Folders that are open now, outermost first. A stack, so that depth is not limited by recursion.
        above: list[tuple[Identity | None, Iterator[str]]] = [(_identity(folder), _listing(folder))]
        while above:
            try:
                path = next(above[-1][1], None)
            except OSError as error:
                above.pop()
                yield _unreadable(error, folder)
                continue
            if path is None:
                above.pop()
            elif not path.endswith(os.sep):
                yield path
            elif enters(path := path[: -len(os.sep)]):
                identity = _identity(path)
                if os.path.islink(path):  # noqa: PTH114
                    if identity in {known for known, _ in above}:
                        yield _loop(path)
                        continue
                    if not self._follows(path, identity):
                        continue
                if self._name_empty and _is_empty(path):
                    yield _empty(path)
                above.append((identity, _listing(path)))

    def _follows(self, path: str, identity: Identity | None) -> bool:
        if identity is None or identity in self._followed or self._is_walked(os.path.realpath(path)):
            return False
        self._followed.add(identity)
        return True


def _identity(folder: str) -> Identity | None:
    try:
        found = os.stat(folder)  # noqa: PTH116
    except OSError:
        return None  # listing it will say what is wrong
    return found.st_dev, found.st_ino


def _unreadable(error: OSError, folder: str) -> IngestProblem:
    name = error.filename if isinstance(error.filename, str) else folder
    return IngestProblem(printable(name), f"the folder cannot be read ({error.strerror or error})", True)


def _is_empty(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False  # listing it will say what is wrong


def _empty(folder: str) -> IngestProblem:
    return IngestProblem(printable(folder), "is empty", True)


def _loop(path: str) -> IngestProblem:
    target = printable(os.path.realpath(path))
    return IngestProblem(printable(path), f"is a link to {target}, a folder that it lies in; not followed")


def _listing(folder: str) -> Iterator[str]:
    """Sorted paths in a folder; those of folders end with a separator, which no name can."""
    with ExitStack() as stack:
        names = _names(folder)
        first = sorted(islice(names, _SORTED_AT_ONCE))
        runs: list[Iterator[str]] = [iter(first)]
        if len(first) == _SORTED_AT_ONCE:
            runs = [_on_disk(first, stack.enter_context(tempfile.TemporaryFile()))]
            while run := sorted(islice(names, _SORTED_AT_ONCE)):
                runs.append(_on_disk(run, stack.enter_context(tempfile.TemporaryFile())))
        del first
        for name in heapq.merge(*runs):
            yield f"{folder.rstrip(os.sep)}{os.sep}{name}"


def _names(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield f"{entry.name}{os.sep}" if _is_folder(entry) else entry.name


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link to itself, for one; reading it will say what is wrong


def _on_disk(names: list[str], file: BinaryIO) -> Iterator[str]:
    """Write names that are sorted, and read them one at a time."""
    for name in names:
        content = os.fsencode(name)
        file.write(len(content).to_bytes(4, "big") + content)
    file.seek(0)
    return _read_back(file)


def _read_back(file: BinaryIO) -> Iterator[str]:
    while size := file.read(4):
        yield os.fsdecode(file.read(int.from_bytes(size, "big")))


class Pattern:
    """A pattern such as "photos/**/*.jpg": the folder to walk and what is wanted in it.

    As in a shell, a folder that matches stands for all that is in it. Hidden files and folders are left out
    unless the pattern begins with them by name.
    """

    def __init__(self, text: str) -> None:
        parts = Path(os.path.abspath(text)).parts  # noqa: PTH100
        plain = next(place for place, part in enumerate(parts) if has_magic(part))
        self.text = text
        self.base = os.path.join(*parts[:plain])  # noqa: PTH118
        self._wanted = parts[plain:]

    def wants(self, path: str) -> bool:
        """Whether a file, or a folder that it is in, matches."""
        return _matches(self._parts(path), self._wanted, partly=False)

    def enters(self, folder: str) -> bool:
        """Whether a file that is wanted may be under a folder."""
        return _matches(self._parts(folder), self._wanted, partly=True)

    def asks_for(self, path: str) -> bool:
        """Whether a file is wanted by the ending of its name: "*.json" asks for what is called so."""
        ending = os.path.splitext(self._wanted[-1])[1]  # noqa: PTH122
        return len(ending) > 1 and not has_magic(ending) and path.endswith(ending) and self.wants(path)

    def _parts(self, path: str) -> tuple[str, ...]:
        return tuple(path[len(self.base) :].strip(os.sep).split(os.sep))  # noqa: PTH206


def _matches(parts: tuple[str, ...], wanted: tuple[str, ...], *, partly: bool) -> bool:
    if not wanted:
        return True
    if not parts:
        return partly
    if wanted[0] == "**":
        below = _matches(parts, wanted[1:], partly=partly)
        return below or partly or _matches(parts[1:], wanted, partly=partly)
    return fnmatchcase(parts[0], wanted[0]) and _matches(parts[1:], wanted[1:], partly=partly)
