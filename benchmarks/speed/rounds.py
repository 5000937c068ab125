"""Ask engines in turn, A B A B, and collect rates. Imports the standard library."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed.client import EngineMissing, Workers
from benchmarks.speed.engines import ENGINES, Setting
from benchmarks.speed.figures import Spread
from benchmarks.speed.workload import Sizes


@dataclass
class Line:
    """One thing that is measured: an engine's call on some items."""

    engine: str
    call: str
    items: Sequence[str]
    label: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.label = self.label or ENGINES[self.engine].label


@dataclass
class Bench:
    """What a case works with. `figures` is what it found, by name, for the table of targets."""

    workers: Workers
    setting: Setting
    sizes: Sizes
    figures: dict[str, Spread] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        return self.setting.work

    def rates(self, lines: Iterable[Line]) -> dict[str, list[float]]:
        """Items in a second by label and round, after one round that does not count; empty where missing.

        A line in float32 is not measured again where the default is float32 already.
        """
        lines = list(lines)
        self.workers.start(line.engine for line in lines if line.engine != "ours-float32")
        twice = self.float32_is_default()
        if not twice:
            self.workers.start(line.engine for line in lines)
        found: dict[str, list[float]] = {line.label: [] for line in lines}
        measured = [line for line in lines if not (twice and line.engine == "ours-float32")]
        for count in range(self.sizes.rounds + 1):
            for line in measured:
                rate = self._rate(line, warm_up=count == 0)
                if rate and count:
                    found[line.label].append(rate)
        for line in lines:
            if twice and line.engine == "ours-float32":
                found[line.label] = next(
                    found[each.label] for each in measured if (each.engine, each.call) == ("ours", line.call)
                )
        return found

    def float32_is_default(self) -> bool:
        ours = self.workers.there.get("ours")
        return ours is not None and ours.facts["dtype"] == "float32"

    def _rate(self, line: Line, *, warm_up: bool) -> float | None:
        if line.engine not in self.workers.there:
            return None
        items = line.items[:2] if warm_up else line.items
        print(f"  {'warming up' if warm_up else 'measuring'} {line.label}", file=sys.stderr)
        try:
            answer = self.workers.there[line.engine].ask(line.call, items, **line.options)
        except EngineMissing as reason:
            self.workers.drop(line.engine, reason)
            return None
        return float(len(items) / answer["seconds"][0])
