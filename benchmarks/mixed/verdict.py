"""What the figures decide: which method may ship, and which targets are met. Imports its neighbours."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.mixed.cost import Cost
from benchmarks.mixed.measure import Measured
from benchmarks.mixed.methods import RAW
from benchmarks.mixed.metrics import Floats, interval, mean
from benchmarks.mixed.protocol import EVEN, INNER, Sweep

ALLOWED_LOSS = -0.01
FLATNESS, EXPOSURES = 0.9, (0.8, 1.25)
PICTURE_GAIN, PICTURE_LOSS = 2.0, 0.02
COST_SHARE, QUERY_MS = 0.02, 0.2


@dataclass(frozen=True)
class Change:
    """A mean difference with its 95 % interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, differences: Floats) -> "Change":
        """From one paired difference a pair (N,)."""
        return cls(mean(differences), *interval(differences))

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


@dataclass(frozen=True)
class Verdict:
    """Whether a method may be the default.

    Attributes:
        gain: over raw in the 1:1 mix, in the target modality in which raw is worse.
        guards: name -> change of NDCG in a pure collection.
        against: target modality -> NDCG in the 1:1 mix, less that of the shipped method.
    """

    gain: Change
    guards: dict[str, Change]
    against: dict[str, Change]

    @property
    def worst_guard(self) -> str:
        return min(self.guards, key=lambda name: self.guards[name].mean)

    @property
    def ships(self) -> bool:
        return self.gain.low > 0 and self.guards[self.worst_guard].mean >= ALLOWED_LOSS

    def __str__(self) -> str:
        if self.ships:
            return "may ship"
        if not self.gain.low > 0:
            return "no: no sure gain"
        return f"no: {self.worst_guard} {self.guards[self.worst_guard].mean:+.3f}"


def decide(measured: Measured, method: str, shipped: str, *, kind: str = "text") -> Verdict:
    """The ship rule, for queries of a kind."""
    sweeps = measured.sweeps[kind]
    worse = worse_target(sweeps[RAW])
    here, there = sweeps[method].even, sweeps[shipped].even
    return Verdict(
        gain=Change.of(here[worse] - sweeps[RAW].even[worse]),
        guards={name: Change.of(found[method] - found[RAW]) for name, found in measured.guards.items()},
        against={name: Change.of(here[i] - there[i]) for i, name in enumerate(("texts", "pictures"))},
    )


def worse_target(raw: Sweep) -> int:
    """0 if texts are found worse in the 1:1 mix, 1 if pictures are."""
    return int(raw.at(EVEN, picture=True) < raw.at(EVEN, picture=False))


@dataclass(frozen=True)
class Target:
    """One promise: what was promised, what came out, whether it was kept."""

    promise: str
    found: str
    met: bool


def targets(measured: Measured, method: str) -> Iterator[Target]:
    """Those of one method on one set of pairs, for text queries."""
    here, raw = measured.sweeps["text"][method], measured.sweeps["text"][RAW]
    low, high = min(here.curve[INNER]), max(here.curve[INNER])
    yield Target(
        f"A: lowest NDCG@10 for p in .1 to .9 at least {FLATNESS} of the highest",
        f"{low / high:.3f} ({low:.3f} of {high:.3f})",
        low / high >= FLATNESS,
    )
    shown = here.exposures[1:]
    yield Target(
        f"A: exposure ratio in {EXPOSURES[0]} to {EXPOSURES[1]} at every p",
        f"{min(shown):.2f} to {max(shown):.2f}",
        EXPOSURES[0] <= min(shown) and max(shown) <= EXPOSURES[1],
    )
    found, before, alone = here.at(EVEN, picture=True), raw.at(EVEN, picture=True), raw.curve[-1]
    yield Target(
        "1:1 mix: NDCG@10 of picture targets twice that of raw, or within .02 of pictures only",
        f"{found:.3f}; raw {before:.3f}, pictures only {alone:.3f}",
        found >= PICTURE_GAIN * before or found >= alone - PICTURE_LOSS,
    )
    for guard, change in decide(measured, method, method).guards.items():
        yield Target(
            f"only one modality, {guard}: change at least {ALLOWED_LOSS}",
            str(change),
            change.mean >= ALLOWED_LOSS,
        )
    if method in measured.confounded:
        yield _confounded(measured, method)


def _confounded(measured: Measured, method: str) -> Target:
    now, before = (measured.confounded[name][:, :2] for name in (method, RAW))  # (2 ways round, 2 targets)
    (texts, pictures), (raw_texts, raw_pictures) = now.mean(axis=0), before.mean(axis=0)
    return Target(
        "D: macro NDCG@10 not below raw, either way round",
        f"{now.mean():.3f}, raw {before.mean():.3f} (texts {texts:.3f}, raw {raw_texts:.3f}; "
        f"pictures {pictures:.3f}, raw {raw_pictures:.3f})",
        bool(np.all(now.mean(axis=1) >= before.mean(axis=1))),
    )


def cost_targets(cost: Cost) -> Iterator[Target]:
    """What a calibration may cost."""
    for name, share in cost.shares.items():
        yield Target(
            f"cost: calibrating less than {COST_SHARE:.0%} of embedding {name}",
            f"{share:.2%}",
            share < COST_SHARE,
        )
    yield Target(
        f"cost: at most {QUERY_MS} ms more for a query (10th percentiles)",
        f"{cost.extra:+.3f} ms",
        cost.extra <= QUERY_MS,
    )
