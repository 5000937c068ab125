"""What became of a dataset's rows. Imports the standard library only."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import IO, Any

KEPT = 1000  # failures held in memory; all are counted, and written where a file is named


@dataclass(frozen=True, slots=True)
class RowFailure:
    """A row that was not stored, and why; `path` is its uri, or what else it can be told by."""

    path: str
    reason: str


@dataclass(slots=True)
class DatasetReport:
    """What became of the rows.

    Attributes:
        images, passages: rows added.
        skipped: rows that were there already, repeated content of this run included.
        failed: rows that were not stored.
        failures: the first 1000 of those.
        seconds: how long it took.
    """

    images: int = 0
    passages: int = 0
    skipped: int = 0
    failed: int = 0
    failures: list[RowFailure] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.images} pictures and {self.passages} texts added, {self.skipped} already there, "
            f"{self.failed} failed, in {self.seconds:.1f} s"
        )


class Tally:
    """Fills a report from the rows that the last stage gives: an outcome, how many, and path and reason."""

    def __init__(self, file: IO[str] | None = None) -> None:
        self.report, self._file = DatasetReport(), file

    @classmethod
    @contextmanager
    def writing_to(cls, path: str | PathLike[str] | None) -> Iterator["Tally"]:
        """A tally that also writes every failure to a JSONL file."""
        if path is None:
            yield cls()
            return
        with Path(path).open("w", encoding="utf-8") as file:
            yield cls(file)

    def add(self, row: Mapping[str, Any]) -> None:
        if row["outcome"] != "failed":
            setattr(self.report, row["outcome"], getattr(self.report, row["outcome"]) + row["count"])
            return
        self.report.failed += 1
        if len(self.report.failures) < KEPT:
            self.report.failures.append(RowFailure(row["path"], row["reason"]))
        if self._file:
            line = json.dumps({"path": row["path"], "reason": row["reason"]}, ensure_ascii=False)
            self._file.write(line + "\n")
            self._file.flush()
