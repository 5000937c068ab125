"""Ask engines in turn, A B A B, and collect rates. Imports the standard library."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.shared.figures import Spread
from benchmarks.speed.engines import ENGINES, Setting
from benchmarks.speed.workers import Workers
from benchmarks.speed.workload import Sizes

Rates = dict[str, list[float]]


@dataclass
class Line:
    """One thing that is measured: an engine's call on some items, `times` over in each round."""

    engine: str
    call: str
    items: Sequence[str]
    label: str = ""
    times: int = 1
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.label = self.label or ENGINES[self.engine].label

    @property
    def warm_up(self) -> Sequence[str]:
        return self.items[: 2 if ENGINES[self.engine].single else 16]


@dataclass
class Bench:
    """What a case works with. `figures` is what it found, by name, for the table of targets."""

    workers: Workers
    setting: Setting
    sizes: Sizes
    figures: dict[str, Spread] = field(default_factory=dict)

    @property
    def float32_is_default(self) -> bool:
        """Whether "auto" chose float32 here; then ours in float32 is not measured a second time."""
        return bool(self.workers.there["ours"].facts["dtype"] == "float32")

    def rates(self, lines: Sequence[Line], *, rounds: int = 0) -> Rates:
        """Items in a second by label and round, after one round to warm up.

        A line whose engine is missing, or fails on the way, has an empty list.
        """
        self.workers.start(line.engine for line in lines)
        found: Rates = {line.label: [] for line in lines}
        for line in lines:
            self._rate(line, line.warm_up)
        for _ in range(rounds or self.sizes.rounds):
            for line in lines:
                if rate := self._rate(line, line.items):
                    found[line.label].append(rate)
        return {line.label: [] if self.why(line) else found[line.label] for line in lines}

    def why(self, line: Line) -> str:
        """Why a line was not measured."""
        return self.workers.why(line.engine, line.call)

    def _rate(self, line: Line, items: Sequence[str]) -> float | None:
        answer = self.workers.ask(line.engine, line.call, items, times=line.times, **line.options)
        if answer is None:
            return None
        rate: float = len(items) / statistics.median(answer["seconds"])
        print(f"  {line.label}: {len(items)} at {rate:.1f}/s", file=sys.stderr)
        return rate
