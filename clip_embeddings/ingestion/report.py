"""What an ingestion says of itself: counts, and the files that gave no row."""

import json
import logging
import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.found import Found

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IngestFailure:
    """A file that gave no row, and why."""

    path: str
    reason: str


@dataclass(slots=True, repr=False)
class IngestReport:
    """What became of the files. `str(report)` is one line; a notebook shows a table.

    Attributes:
        images, passages, captions: rows added.
        first_of_several: how many of the pictures are the first of several in their file, all that is stored
            of it: an animation, a TIFF of several pages, a phone's photo with others beside it.
        cached: how many of those took their vector from the cache or the sample.
        skipped: rows asked for that were there already.
        moved: rows whose file is at another place now.
        updated: other rows that have more or fewer uris, another caption or more metadata.
        removed: rows of files that have other content now.
        pruned: rows of files that are gone, under `prune`.
        failures: files that gave no row.
        encodings: how many texts were read in each encoding, but for UTF-8 and UTF-16.
        left_out: how many files in folders were not read, by what they are: those that are no notes, those
            that patterns exclude, and those of the other modality under `only`.
        tables: the first of those that are tables of captions, which `manifests` reads.
        captions_left_out: captions that pictures have beside the one that is kept as their document, and no
            row of their own, which `embed_captions` gives them.
        seconds: how long it took.
    """

    images: int = 0
    passages: int = 0
    captions: int = 0
    first_of_several: int = 0
    cached: int = 0
    skipped: int = 0
    moved: int = 0
    updated: int = 0
    removed: int = 0
    pruned: int = 0
    failures: list[IngestFailure] = field(default_factory=list)
    encodings: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    captions_left_out: int = 0
    seconds: float = 0.0

    @property
    def added(self) -> int:
        """Rows added, of all kinds."""
        return self.images + self.passages + self.captions

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds if self.seconds else 0.0

    @property
    def passages_per_second(self) -> float:
        """Captions that became rows count too."""
        return (self.passages + self.captions) / self.seconds if self.seconds else 0.0

    def facts(self) -> dict[str, int]:
        """Counts with their names, as they are told: what most runs have none of only where it is not 0."""
        more = {
            "captions added": self.captions,
            "first of several pictures in a file": self.first_of_several,
            "of those embedded before": self.cached,
            "rows moved": self.moved,
            "rows updated": self.updated,
            "rows of changed files removed": self.removed,
            "rows pruned": self.pruned,
            **{f"texts read as {name}": count for name, count in sorted(self.encodings.items())},
            **{f"left out: {kind}": count for kind, count in sorted(self.left_out.items())},
            "captions not kept": self.captions_left_out,
        }
        return {
            "pictures added": self.images,
            "passages added": self.passages,
            **{name: count for name, count in more.items() if count},
            "rows already there": self.skipped,
            "files failed": len(self.failures),
        }

    def __repr__(self) -> str:
        return f"<IngestReport: {self}>"

    def _repr_html_(self) -> str:
        from clip_embeddings.showing.elements import block, paragraph, table

        counts = table((name, f"{count:,}") for name, count in self.facts().items())
        failed = ((each.path, each.reason) for each in self.failures[:_SHOWN])
        failures = table(failed, ("file", "reason"), numbers=False) if self.failures else ""
        more = len(self.failures) - _SHOWN
        rest = paragraph(f"and {more} more failed", quiet=True) if more > 0 else ""
        return block(counts, failures, rest, paragraph(f"{self.seconds:.1f} s", quiet=True))

    def __str__(self) -> str:
        captions = f" and {self.captions} captions" if self.captions else ""
        others = {
            "of those the first of several pictures in a file": self.first_of_several,
            "of those embedded before": self.cached,
        }
        others |= {name: getattr(self, name) for name in ("moved", "updated", "removed", "pruned")}
        more = "".join(f"{count} {name}, " for name, count in others.items() if count)
        more += "".join(f"{count} read as {name}, " for name, count in sorted(self.encodings.items()))
        more += f"{self.captions_left_out} captions left out, " if self.captions_left_out else ""
        if self.left_out:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.left_out.items()))
            more += f"{sum(self.left_out.values())} left out ({kinds}), "
        return (
            f"{self.images} pictures and {self.passages} text passages{captions} added, {more}"
            f"{self.skipped} already there, {len(self.failures)} failed, in {self.seconds:.1f} s"
        )


_SHOWN = 50  # failures in a notebook


class Recorder:
    """Fills a report; writes failures to a file as they happen, one JSON object in a line.

    Args:
        failures: appended to; None keeps them in the report only.
    Raises:
        InvalidInputError: the file cannot be written.
    """

    def __init__(self, failures: str | os.PathLike[str] | None) -> None:
        self.report = IngestReport()
        self._known: set[IngestFailure] = set()
        self._file: IO[str] | None = None
        if failures is not None:
            try:  # closed by __exit__
                self._file = Path(failures).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115
            except OSError as error:
                reason = error.strerror or error
                raise InvalidInputError(f"failures={str(failures)!r} cannot be written: {reason}") from error

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *error: object) -> None:
        with ExitStack() as stack:
            if self._file:
                stack.enter_context(self._file)

    def warned(self, path: str, reason: str) -> None:
        """A failure that is to be seen at once, not in the report only."""
        logger.warning("%s: %s", path, reason)
        self.failed(path, reason)

    def read_as(self, encoding: str) -> None:
        """Count a text that is not in Unicode; "" counts nothing."""
        if encoding:
            known = self.report.encodings
            known[encoding] = known.get(encoding, 0) + 1

    def left_out(self, kind: str, count: int = 1) -> None:
        """Count files that were not wanted."""
        known = self.report.left_out
        known[kind] = known.get(kind, 0) + count

    def passed_over(self, found: Found) -> None:
        """Take over what was left out while files were looked for."""
        for kind, count in found.left_out.items():
            self.left_out(kind, count)
        self.report.tables = found.tables

    def failed(self, path: str, reason: str) -> None:
        """Once for each path and reason: a manifest may name a picture for each of its captions."""
        failure = IngestFailure(path, reason)
        if failure in self._known:
            return
        self._known.add(failure)
        self.report.failures.append(failure)
        if self._file:
            self._file.write(json.dumps({"path": path, "reason": reason}, ensure_ascii=False) + "\n")
