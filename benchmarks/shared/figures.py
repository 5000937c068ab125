"""Medians with least and most, ratios of rounds, and how they are shown. Imports the standard library."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """Of one figure over the rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def text(self, unit: str = "") -> str:
        return f"{number(self.median)}{unit} ({number(self.least)} to {number(self.most)})"


def number(value: float) -> str:
    """Three digits that count: 1,234, 56.7, 8.90, 0.123."""
    digits = next((d for d, bound in enumerate((100, 10, 1)) if abs(value) >= bound), 3)
    return f"{value:,.{digits}f}"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Ours over theirs, round by round, as both of a round met the same machine."""
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])


def efficiency(end_to_end: Sequence[float], *limits: Sequence[float]) -> Spread:
    """The rate of everything over that of the slowest part alone, round by round."""
    return ratios(end_to_end, [min(each) for each in zip(*limits, strict=True)])
