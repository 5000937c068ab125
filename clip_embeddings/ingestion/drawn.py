"""A random part of the pictures and passages of some files, not embedded yet: for who embeds them twice."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.ingestion.find.discovery import AnyPath, discover, several
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from clip_embeddings.ingestion.gathering import SHARE, shuffled
from clip_embeddings.ingestion.read.local import NotWanted, UnusableFile
from clip_embeddings.ingestion.read.reading import Remote, failure_of, read_entry
from clip_embeddings.ingestion.report import IngestFailure
from clip_embeddings.ingestion.rows.ids import name_of
from clip_embeddings.ingestion.rows.making import rows_of
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.sample import check_size
from clip_embeddings.inputs.formats import named_as_picture


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn of one kind, and out of what.

    Attributes:
        rows: in the order of their files; a picture that is a file is there as its path.
        seen: how many there are in the files that were read; each content counts once.
        files: how many files gave those that were drawn.
        found: how many files were found that are named as ones of this kind; what is not named as a picture
            counts as a text.
        unread: how many of those were not read, as there was enough.
    """

    rows: tuple[Row, ...]
    seen: int
    files: int
    found: int
    unread: int

    def of_how_many(self, noun: str) -> str:
        """In words: "500 of 12,340 pictures"; where that is not known "500 texts of 63 of 1,204 files".

        Args:
            noun: "picture", of which a file holds one, or "text".
        """
        number = len(self.rows)
        if self.unread and noun != "picture":
            return f"{number:,} {noun}s of {self.files:,} of {self.found:,} files, drawn at random"
        total = self.seen + self.unread
        if number == total:
            return f"{number:,} {noun}{'' if number == 1 else 's'}, all there are"
        return f"{number:,} of {total:,} {noun}s, drawn at random"


@dataclass(frozen=True, slots=True)
class DrawnItems:
    """Pictures and passages of some files, and the files met on the way that cannot be used."""

    pictures: Drawn
    passages: Drawn
    failures: tuple[IngestFailure, ...]


def draw_items(
    paths: AnyPath | Iterable[AnyPath], embedder: CLIPEmbedder, *, size: int = 500, seed: int = 0
) -> DrawnItems:
    """A random part of what `ingest` of the same paths would store; nothing is embedded.

    Files are read in random order until there are enough. Whether a picture can be decoded is not seen here.

    Args:
        embedder: splits texts into passages that fit its model.
        size: most pictures and most passages.
        seed: another one takes other files.
    Raises:
        InvalidInputError: a path that cannot be used, or size is below 1.
    """
    check_size(size)
    chance = random.Random(seed)
    failures: list[IngestFailure] = []
    kinds = {True: _Kind(size, chance), False: _Kind(size, chance)}  # by whether it is a picture
    remote = Remote(frozenset())
    for entry in shuffled(_entries(several(paths), kinds, failures), chance):
        named = named_as_picture(Path(name_of(entry.uri)))
        if kinds[named].full:
            continue
        kinds[named].read += 1
        try:
            source = read_entry(entry, remote)
        except NotWanted:
            continue
        except UnusableFile as error:
            failures.append(IngestFailure(*failure_of(entry, str(error))))
            continue
        rows = list(rows_of(source, embedder, None))
        if source.text is None:  # as its path: hundreds of photos in memory are gigabytes
            rows = [replace(row, item=Path(entry.uri)) for row in rows]
        for picture, kind in kinds.items():
            kind.take([row for row in rows if row.is_picture == picture])
    failures.sort(key=lambda each: each.path)
    return DrawnItems(kinds[True].result(), kinds[False].result(), tuple(failures))


def _entries(
    paths: list[AnyPath], kinds: dict[bool, "_Kind"], failures: list[IngestFailure]
) -> Iterator[Entry]:
    """What is found, counted by its name; what cannot be searched goes to `failures`."""
    seen = set[str]()
    for each in discover(paths):
        if isinstance(each, IngestProblem):
            failures.append(IngestFailure(each.place, each.reason))
        elif each.uri not in seen:
            seen.add(each.uri)
            kinds[named_as_picture(Path(name_of(each.uri)))].found += 1
            yield each


@dataclass(slots=True)
class _Kind:
    """Rows of one kind up to a number.

    One long text would fill it with one topic, so each file gives a share at first; what is left of it is
    used only where the files end before there are enough.
    """

    size: int
    chance: random.Random
    found: int = 0
    read: int = 0
    seen: set[str] = field(default_factory=set)
    taken: list[Row] = field(default_factory=list)
    spare: list[Row] = field(default_factory=list)
    passed: int = 0

    @property
    def full(self) -> bool:
        return len(self.taken) >= self.size

    def take(self, rows: list[Row]) -> None:
        """Take in what there is not yet enough of; the same content counts once."""
        new = list({row.id: row for row in rows if row.id not in self.seen}.values())
        self.seen.update(row.id for row in new)
        self.chance.shuffle(new)
        share = min(max(self.size // SHARE, 1), self.size - len(self.taken))
        self.taken += new[:share]
        for row in new[share : self.size]:
            self._keep(row)

    def _keep(self, row: Row) -> None:
        """Spare ones are a random part of all that passed, as rows of scans hold whole files."""
        self.passed += 1
        if len(self.spare) < self.size:
            self.spare.append(row)
        elif (place := self.chance.randrange(self.passed)) < self.size:
            self.spare[place] = row

    def result(self) -> Drawn:
        wanted = min(self.size - len(self.taken), len(self.spare))
        rows = self.taken + self.chance.sample(self.spare, wanted)
        rows.sort(key=_order)
        files, unread = len({row.uri for row in rows}), self.found - self.read
        return Drawn(tuple(rows), len(self.seen), files, self.found, unread)


def _order(row: Row) -> tuple[str, int, int]:
    return row.uri or "", row.metadata.get("page", 0), row.metadata.get("start", 0)
