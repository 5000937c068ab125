"""Where the answers of `classify` go: counts, a CSV table, a contact sheet. Each is bounded."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from pathlib import Path
from typing import Any, Self

from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.guard import say

_NAMED = 100  # failures that are printed; a CSV table has all
_CARDS = 10  # pictures of a class on the sheet: two rows


@dataclass(frozen=True, slots=True)
class Answer:
    """One picture: its class and the likeliest labels with their probabilities, or why there is none."""

    path: Path
    label: str
    top: list[tuple[str, float]]
    error: str = ""

    @property
    def probability(self) -> float:
        """Of the likeliest label, also where the class is `other`."""
        return self.top[0][1]

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        top = [{"label": label, "probability": round(share, 6)} for label, share in self.top]
        return {
            "path": str(self.path),
            "label": self.label,
            "probability": round(self.probability, 6),
            "top": top,
        }

    def cells(self, k: int) -> list[str]:
        """As a table has it."""
        rest = self.top[1:] if self.label == self.top[0][0] else self.top
        more = ", ".join(f"{render.clean(label)} {share:.1%}" for label, share in rest)
        row = [render.short_path(self.path), render.clean(self.label), f"{self.probability:.1%}"]
        return row + ([more] if k > 1 else [])


@dataclass
class Counts:
    """How many pictures there are of each class, and the first that failed."""

    labels: dict[str, int] = field(default_factory=Counter)
    failures: list[tuple[Path, str]] = field(default_factory=list)
    failed: int = 0

    @property
    def pictures(self) -> int:
        return self.failed + sum(self.labels.values())

    def add(self, answer: Answer) -> None:
        if not answer.error:
            self.labels[answer.label] += 1
            return
        self.failed += 1
        if len(self.failures) < _NAMED:
            self.failures.append((answer.path, answer.error))

    def ranked(self) -> list[tuple[str, int]]:
        """Most pictures first."""
        return sorted(self.labels.items(), key=lambda item: -item[1])


class CsvTable:
    """A line for each picture as it comes: path, label, probability, the k likeliest, and what failed."""

    def __init__(self, path: Path, k: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file name may hold bytes that are no text.
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        self._writer, self._k = csv.writer(self._file), k
        columns = [name for place in range(1, k + 1) for name in (f"top_{place}", f"top_{place}_probability")]
        self._writer.writerow(["path", "label", "probability", *columns, "error"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, answer: Answer) -> None:
        pairs = [value for label, share in answer.top for value in (label, f"{share:.6f}")]
        padded = pairs + [""] * (2 * self._k - len(pairs))
        share = f"{answer.probability:.6f}" if answer.top else ""
        self._writer.writerow([answer.path, answer.label, share, *padded, answer.error])


@dataclass(frozen=True, slots=True, order=True)
class _Shown:
    """A picture on the sheet; ordered by score."""

    score: float
    uri: str
    document: str = ""
    modality: str = "image"

    @property
    def metadata(self) -> dict[str, Any]:
        """None: it is a file and no row."""
        return {}


class Sheet:
    """The surest pictures of each class."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._best: dict[str, list[_Shown]] = {}

    def add(self, answer: Answer) -> None:
        if answer.error:
            return
        best, shown = self._best.setdefault(answer.label, []), _Shown(answer.probability, str(answer.path))
        if len(best) < _CARDS:
            heappush(best, shown)
        else:
            heappushpop(best, shown)

    def write(self, counts: Counts) -> None:
        """Draw a panel for each class that has a picture, most pictures first."""
        from clip_embeddings_app.figures.fonts import KOREAN_FONT_NOTE
        from clip_embeddings_app.figures.sheet import Panel, write_sheet

        panels = [
            Panel(label, None, sorted(self._best[label], reverse=True), mixed=True)
            for label, _ in counts.ranked()
        ]
        title = render.counted(counts.pictures - counts.failed, "picture")
        subtitle = f"By class; of each at most {_CARDS}, the likeliest first, with their probability."
        if write_sheet(self._path, panels, title=title, subtitle=subtitle).romanized:
            say("note", KOREAN_FONT_NOTE)
