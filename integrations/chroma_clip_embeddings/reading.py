"""Entries -> files in memory, read ahead by threads, in order, within a number of bytes.

Imports the public core and its pipeline.
"""

import io
import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition

from chroma_clip_embeddings.entries import Entry, IngestProblem, printable
from chroma_clip_embeddings.remote import read_remote
from chroma_clip_embeddings.sources import Source, UnusableFile, digest, read_file, source_of
from clip_embeddings.pipeline import map_ordered

THREADS = 8
TOGETHER = 16
"""Small files that a thread reads in one go: handing each over by itself costs more than reading it."""
AHEAD = 16
"""Such groups; a large file, and one from elsewhere, is a group of its own."""
_SMALL = 100_000
BYTES = 32_000_000
"""Of files that were read and are not yet looked at, and again of pictures that wait to be decoded."""


@dataclass(frozen=True, slots=True)
class Remote:
    """What may be read from elsewhere."""

    allow_schemes: frozenset[str]
    max_bytes: int
    timeout: float

    def read(self, address: str) -> bytes:
        """What is at an address.

        Raises:
            UnusableFile: with the reason in words.
        """
        return read_remote(
            address, allow_schemes=self.allow_schemes, max_bytes=self.max_bytes, timeout=self.timeout
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry, read; where it could not be, there is a reason."""

    place: str
    entry: Entry | None
    content: bytes = b""
    sha256: str = ""
    reason: str = ""


class Budget:
    """Bytes that are in memory. Whose turn it is gets in however many there are, so nothing stands still."""

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


def read_ahead(
    found: Iterable[Entry | IngestProblem], remote: Remote, budget: Budget
) -> Generator[list[Reading], None, None]:
    """Read what was found, in order, in groups of at most TOGETHER; take readings out as you use them."""

    def read(numbered: tuple[int, _Group]) -> tuple[int, list[Reading]]:
        number, group = numbered
        budget.enter(number, group.size)
        readings = [_read(each, remote, budget) for each in group.members]
        return group.size + sum(size for size, _ in readings), [reading for _, reading in readings]

    results = map_ordered(read, enumerate(_grouped(found)), threads=THREADS, ahead=AHEAD)
    try:
        for size, readings in results:
            budget.next()
            yield readings
            budget.leave(size)
    finally:
        budget.close()
        results.close()


@dataclass(slots=True)
class _Group:
    """What one thread reads; `size` is in bytes, of what is on this machine."""

    members: list[Entry | IngestProblem] = field(default_factory=list)
    size: int = 0


def _grouped(found: Iterable[Entry | IngestProblem]) -> Iterator[_Group]:
    group = _Group()
    for each in found:
        local = isinstance(each, Entry) and not each.is_remote
        size = _size(each.uri) if isinstance(each, Entry) and local else 0
        alone = size > _SMALL or (isinstance(each, Entry) and not local)
        if group.members and (alone or len(group.members) == TOGETHER):
            yield group
            group = _Group()
        group.members.append(each)
        group.size += size
        if alone:
            yield group
            group = _Group()
    if group.members:
        yield group


def read_entry(entry: Entry, remote: Remote) -> Source:
    """Read one entry by itself.

    Raises:
        UnusableFile: with the reason in words.
    """
    content = remote.read(entry.uri) if entry.is_remote else read_file(Path(entry.uri))
    return source_of(entry.uri, content, digest(content))


def _read(each: Entry | IngestProblem, remote: Remote, budget: Budget) -> tuple[int, Reading]:
    """The reading, and how many bytes it adds to those that were known before."""
    if isinstance(each, IngestProblem):
        return 0, Reading(each.place, None, reason=each.reason)
    size = 0
    try:
        if each.is_remote:
            content = remote.read(each.uri)
            size = len(content)
            budget.add(size)
        else:
            content = read_file(Path(each.uri))
        return size, Reading(each.place, each, content, digest(content))
    except UnusableFile as error:
        return size, Reading(each.place, each, reason=str(error))


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - making a Path takes longer than looking
    except OSError:
        return 0  # reading it will say what is wrong


def named(reading: Reading) -> tuple[str, str]:
    """Path and reason of a failure, with the place where the path was named if that is elsewhere."""
    if reading.entry is None:
        return printable(reading.place), reading.reason
    return failure_of(reading.entry, reading.reason)


def failure_of(entry: Entry, reason: str) -> tuple[str, str]:
    where = "" if entry.place in ("", entry.uri) else f" ({entry.place})"
    return printable(entry.uri), reason + where
