"""Entries -> files in memory, read ahead by threads, in order, within a number of bytes."""

import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem, printable
from clip_embeddings.ingestion.read.budget import Budget
from clip_embeddings.ingestion.read.local import MAX_BYTES, NotWanted, UnusableFile, read_file
from clip_embeddings.ingestion.read.remote import read_remote
from clip_embeddings.ingestion.read.sources import HeadCheck, Source, check_name, source_of
from clip_embeddings.ingestion.read.taking import EVERYTHING, Taking
from clip_embeddings.ingestion.rows.ids import digest
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
    """What may be read, from here and from elsewhere."""

    allow_schemes: frozenset[str]
    max_bytes: int = MAX_BYTES
    timeout: float = 30
    taking: Taking = EVERYTHING

    def __post_init__(self) -> None:
        if self.max_bytes < 1 or not self.timeout > 0:
            raise InvalidInputError(
                f"max_bytes={self.max_bytes}, timeout={self.timeout}: expected more than 0"
            )

    def read(self, entry: Entry) -> bytes:
        """The content of an entry; one that is refused by its first bytes is not read whole.

        Raises:
            UnusableFile: with the reason in words.
        """
        check_name(entry.uri, self.taking)
        check = HeadCheck(entry.uri, self.taking)
        if not entry.is_remote:
            return read_file(Path(entry.uri), max_bytes=self.max_bytes, check=check)
        return read_remote(
            entry.uri,
            allow_schemes=self.allow_schemes,
            max_bytes=self.max_bytes,
            timeout=self.timeout,
            check=check,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry, read; where it could not be, there is a reason."""

    place: str
    entry: Entry | None
    content: bytes = b""
    sha256: str = ""
    reason: str = ""
    taking: Taking = EVERYTHING
    unwanted: str = ""
    """What it is counted as, where it is not what was asked for."""

    def source(self) -> Source:
        """What was read, told apart.

        Raises:
            UnusableFile: it is neither a picture nor text.
            NotWanted: it is not what was asked for.
        """
        if self.entry is None:
            raise UnusableFile(self.reason)
        return source_of(self.entry.uri, self.content, self.sha256, self.taking, self.entry.shows)


def read_ahead(
    found: Iterable[Entry | IngestProblem], remote: Remote, budget: Budget
) -> Generator[list[Reading], None, None]:
    """Read what was found, in order, in groups of at most TOGETHER; take readings out as you use them."""

    def read(numbered: tuple[int, _Group]) -> tuple[int, list[Reading]]:
        number, group = numbered
        budget.enter(number, group.size)
        readings = [_read(each, remote, budget) for each in group.members]
        return group.size + sum(size for size, _ in readings), [reading for _, reading in readings]

    def numbered() -> Iterator[tuple[int, _Group]]:
        try:
            yield from enumerate(_grouped(found, remote.max_bytes))
        except BaseException:
            budget.close()  # nobody's turn will come: those that wait for room would wait for ever
            raise

    results = map_ordered(read, numbered(), threads=THREADS, ahead=AHEAD)
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


def _grouped(found: Iterable[Entry | IngestProblem], max_bytes: int) -> Iterator[_Group]:
    group = _Group()
    for each in found:
        local = isinstance(each, Entry) and not each.is_remote
        size = _size(each.uri, max_bytes) if isinstance(each, Entry) and local else 0
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
    content = remote.read(entry)
    return source_of(entry.uri, content, digest(content), remote.taking, entry.shows)


def _read(each: Entry | IngestProblem, remote: Remote, budget: Budget) -> tuple[int, Reading]:
    """The reading, and how many bytes it adds to those that were known before. Never raises."""
    if isinstance(each, IngestProblem):
        return 0, Reading(each.place, None, reason=each.reason)
    size = 0
    try:
        content = remote.read(each)
        if each.is_remote:
            size = len(content)
            budget.add(size)
        if facts := remote.taking.facts_of(content):
            each = replace(each, metadata={**facts, **each.metadata})
        return size, Reading(each.place, each, content, digest(content), taking=remote.taking)
    except NotWanted as error:
        return size, Reading(each.place, each, unwanted=str(error))
    except UnusableFile as error:
        return size, Reading(each.place, each, reason=str(error))
    except Exception as error:  # whatever it is, it is this file's trouble: the others are to be read
        return size, Reading(each.place, each, reason=f"cannot be read ({error or type(error).__name__})")


def _size(path: str, max_bytes: int) -> int:
    """Bytes that reading it takes; a file over the limit is not read."""
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - making a Path takes longer than looking
    except (OSError, ValueError):
        return 0  # reading it will say what is wrong
    return size if size <= max_bytes else 0


def named(reading: Reading) -> tuple[str, str]:
    """Path and reason of a failure, with the place where the path was named if that is elsewhere."""
    if reading.entry is None:
        return printable(reading.place), reading.reason
    return failure_of(reading.entry, reading.reason)


def failure_of(entry: Entry, reason: str) -> tuple[str, str]:
    where = "" if entry.place in ("", entry.uri) else f" ({entry.place})"
    return printable(entry.uri), reason + where
