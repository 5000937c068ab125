"""How an ingestion goes, for who watches."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from threading import Event, Thread
from typing import Any

from clip_embeddings.ingestion.report import IngestReport


class Meter:
    """Follows the progress and shows nothing."""

    def __enter__(self) -> "Meter":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def advance(self, entries: int) -> None:
        """So many files more are done."""


def meter_of(report: IngestReport, entries: Callable[[], Iterable[Any]], *, show: bool) -> Meter:
    return _Shown(report, entries) if show else Meter()


class _Shown(Meter):
    """A bar with rates and failures, and the time left as soon as it is known how many files there are.

    Args:
        report: of the run, read as it fills.
        entries: finds everything once more; counted by a thread.
    """

    def __init__(self, report: IngestReport, entries: Callable[[], Iterable[Any]]) -> None:
        from rich import progress

        self._report, self._entries, self._end = report, entries, Event()
        self._stack, self._started = ExitStack(), time.perf_counter()
        self._bar = progress.Progress(
            progress.SpinnerColumn(),
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[rates]}"),
            progress.TimeElapsedColumn(),
            progress.TimeRemainingColumn(elapsed_when_finished=True),
            refresh_per_second=4,
        )

    def __enter__(self) -> Meter:
        self._stack.enter_context(self._bar)
        self._task = self._bar.add_task("Files", total=None, rates="")
        self._counting = Thread(target=self._count, name="clip-embeddings-count", daemon=True)
        self._counting.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._counting.join()
        self._bar.update(self._task, rates=self._rates())
        self._stack.close()

    def advance(self, entries: int) -> None:
        self._bar.update(self._task, advance=entries, rates=self._rates())

    def _rates(self) -> str:
        seconds = max(time.perf_counter() - self._started, 1e-9)
        texts = self._report.passages + self._report.captions
        failed = f", {len(self._report.failures)} failed" if self._report.failures else ""
        return f"{self._report.images / seconds:.1f} pictures/s, {texts / seconds:.1f} passages/s{failed}"

    def _count(self) -> None:
        total = 0
        for _ in self._entries():
            total += 1
            if self._end.is_set():
                return
        self._bar.update(self._task, total=total)
