"""What all parts have: the device, the time that is left, and rates. Imports torch and numpy."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.shared.figures import Spread

TIME_UP = "not measured: time was up"
ROUNDS = 3
_LEAST = 0.2  # seconds of a round: what is shorter is repeated, so that a clock's and a thread's start vanish

Work = Callable[[], object]


class Unlike(Exception):
    """What was measured is wrong, beginning with vectors that are not those of the reference."""


def spread(values: Sequence[float]) -> str:
    """What a table shows of a figure's rounds; none were measured where time was up."""
    return Spread.of(values).text() if values else TIME_UP


@dataclass(frozen=True)
class Check:
    """One run.

    Attributes:
        device: where is measured.
        tiny: models of two layers and a few items, to see that the script works: its figures mean nothing.
        home: a folder that is removed at the end.
        until: when time is up, of `time.monotonic`.
    """

    device: torch.device
    tiny: bool
    home: Path
    until: float

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"

    @property
    def dtype(self) -> str:
        """What "auto" chooses on such a card."""
        return "bfloat16" if self.on_gpu else "float32"

    @property
    def cores(self) -> int:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @property
    def left(self) -> float:
        """Seconds."""
        return self.until - time.monotonic()

    def synchronize(self) -> None:
        if self.on_gpu:
            torch.cuda.synchronize(self.device)

    def seconds(self, work: Work, times: int = 1) -> float:
        """How long some work takes on the device, from an idle one to an idle one."""
        self.synchronize()
        began = time.perf_counter()
        for _ in range(times):
            work()
        self.synchronize()
        return time.perf_counter() - began

    def rates(self, items: int, work: Work) -> list[float]:
        """Items a second, one number a round; [] where time is up, or would be before the last of them."""
        return self.in_turn(items, [work])[0]

    def in_turn(self, items: int, works: Sequence[Work]) -> list[list[float]]:
        """The same of works that take turns, so that all of them meet the same machine."""
        if self.left <= 0:
            return [[] for _ in works]
        times = []
        for work in works:
            once = self.seconds(work)  # warms up
            if once < _LEAST:
                once = self.seconds(work)  # without what only the first one waits for
            times.append(1 if self.tiny else max(1, round(_LEAST / max(once, 1e-6))))
            if self.left < ROUNDS * once * times[-1] * len(works):
                return [[] for _ in works]
        found: list[list[float]] = [[] for _ in works]
        for _ in range(ROUNDS):
            for work, often, rates in zip(works, times, found, strict=True):
                rates.append(often * items / self.seconds(work, often))
        return found


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours over theirs, round by round; [] where either was not measured."""
    return [one / other for one, other in zip(ours, theirs, strict=True)] if ours and theirs else []


def least_cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Of every row with the row across from it."""
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise Unlike(f"expected finite rows of one shape, got {a.shape} and {b.shape}")
    left, right = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return float(((left * right).sum(axis=1) / lengths).min())


def difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[float, float]:
    """The greatest distance between two vectors of one item, and the least of two that follow each other.

    Where the first is not far below the second, nothing would be seen of rows in another order.
    """
    if a.shape != b.shape:
        raise Unlike(f"expected rows of one shape, got {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise Unlike("expected numbers, got some that are not finite")
    apart = np.linalg.norm(a[1:] - a[:-1], axis=1).min()
    return float(np.linalg.norm(a - b, axis=1).max()), float(apart)
