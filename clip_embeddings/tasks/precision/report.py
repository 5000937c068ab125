"""What `compare_precision` measured, and what it means in words. Imports errors, types and its neighbour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clip_embeddings.errors import ImageDecodeError
from clip_embeddings.tasks.precision.nearest import TOP, NearestKept
from clip_embeddings.types import Modality

NAMES: dict[Modality, str] = {"image": "picture", "text": "text"}
Pair = tuple[Modality, Modality]
_SAME = 1 - 1e-9  # a cosine in float64 of vectors that did not move
_NOISE = 1.0  # second; what took less says little of a rate


@dataclass(frozen=True, slots=True)
class CosineKept:
    """How near the vectors of one kind are to those of the reference.

    Attributes:
        count: items that both could embed.
        mean, least: of the cosines of each item's two vectors; 1 where nothing changed.
        least_at: place of the item with the least in the list that was given.
        rates: items a second of the reference and of the other, each measured once, after one item to load.
    """

    count: int
    mean: float
    least: float
    least_at: int
    rates: tuple[float, float]

    @property
    def is_same(self) -> bool:
        """Whether no vector moved."""
        return self.least > _SAME

    def to_record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        slow, fast = self.rates
        return {
            "count": self.count,
            "mean": round(self.mean, 8),
            "least": round(self.least, 8),
            "least_at": self.least_at,
            "per_second": {"reference": round(slow, 2), "other": round(fast, 2)},
        }


@dataclass(frozen=True, eq=False, repr=False)
class PrecisionReport:
    """What other settings than the reference's change. Made by `compare_precision`.

    `str(report)` is a short summary.

    Attributes:
        dtypes: precision that the reference and the other computed in.
        cosines: modality -> how near the vectors are; without a modality of which there was nothing.
        nearest: (modality of the query, of the document) -> how many of the nearest stay; without pairs of
            fewer than two documents to be found, among which no order says anything.
        failures: pictures that could not be read, which are left out.
    """

    dtypes: tuple[str, str]
    cosines: Mapping[Modality, CosineKept]
    nearest: Mapping[Pair, NearestKept]
    failures: tuple[ImageDecodeError, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        slow, fast = self.dtypes
        return {
            "dtypes": {"reference": slow, "other": fast},
            "cosines": {name: each.to_record() for name, each in self.cosines.items()},
            "nearest": {" ".join(pair): each.to_record() for pair, each in self.nearest.items()},
            "failures": [{"at": each.index, "reason": each.reason} for each in self.failures],
        }

    def notes(self) -> list[str]:
        """What the figures of `nearest` mean, and where there are fewer than one would want."""
        notes = []
        if self.nearest:
            notes.append(
                "Each item is a query and does not find itself. k nearest kept: how many of its k nearest in "
                f"{self.dtypes[0]} are among its k nearest still. First kept: how often the nearest stays. "
                "Worse by: how much less near a hit is than the one that was at its place, at most, by their "
                f"cosines in {self.dtypes[0]}."
            )
        if any(kept.k < TOP for kept in self.nearest.values()):
            notes.append(
                f"k is below {TOP} where fewer than {2 * TOP} can be found: of a few, most are kept anyhow."
            )
        few = [f"{NAMES[name]}s" for name in self.cosines if (name, name) not in self.nearest]
        if few:
            notes.append(
                f"Too few {' and '.join(few)} to compare what searches among them find: 3 are enough."
            )
        return notes

    def rates(self) -> str:
        """The rates in one line; those of texts only where their precision differs, as nothing else does."""
        said, short = [], False
        for name, each in self.cosines.items():
            if name == "text" and self.dtypes[0] == self.dtypes[1]:
                continue
            slow, fast = each.rates
            said.append(f"{NAMES[name]}s {fast:,.1f} instead of {slow:,.1f} ({fast / slow:.2f} times)")
            short = short or each.count < _NOISE * max(each.rates)
        if not said:
            return ""
        noise = ", some in less than a second, which says little" if short else ""
        return f"Items a second, measured once{noise}: {'; '.join(said)}"

    def __str__(self) -> str:
        lines = ["{1} against {0}".format(*self.dtypes)]
        for name, each in self.cosines.items():
            lines.append(
                f"{each.count:,} {NAMES[name]}s: cosine {each.mean:.6f} on average, {each.least:.6f} at least"
            )
        for (query, document), kept in self.nearest.items():
            lines.append(
                f"{NAMES[query]} -> {NAMES[document]}s: {kept.overlap:.1%} of the nearest {kept.k} stay, "
                f"{kept.first:.1%} of the first"
            )
        return "\n".join([*lines, *filter(None, [self.rates()])])

    def __repr__(self) -> str:
        counted = ", ".join(f"{each.count:,} {NAMES[name]}s" for name, each in self.cosines.items())
        return f"<PrecisionReport of {counted}: {self.dtypes[1]} against {self.dtypes[0]}>"
