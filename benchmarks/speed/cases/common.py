"""What cases with peers have in common."""

from collections.abc import Sequence

from benchmarks.speed.engines import ENGINES, PEERS
from benchmarks.speed.figures import Spread, ratios
from benchmarks.speed.rounds import Bench, Line

OURS = ("ours", "ours-float32")


def beside_peers(call: str, items: Sequence[str], *, batched: int, single: int) -> list[Line]:
    """Ours on all items; peers on the first ones, as rates are of one item and theirs are slow."""
    lines = []
    for name in (*OURS, *PEERS):
        count = single if ENGINES[name].single else batched
        lines.append(Line(name, call, items if name == "ours" else items[:count]))
    return lines


def record(bench: Bench, case: str, lines: Sequence[Line], rates: dict[str, list[float]]) -> None:
    """Keep ours over each peer for the table of targets, by default and in float32."""
    for mine in OURS:
        for line in lines:
            own, other = rates[ENGINES[mine].label], rates[line.label]
            if line.engine in PEERS and len(own) == len(other) == bench.sizes.rounds:
                bench.figures[f"{case}: {mine} over {line.engine}"] = ratios(own, other)


def record_best(bench: Bench, case: str, engines: Sequence[str], rates: dict[str, list[float]]) -> None:
    """Keep ours over the best of some peers, if all of them were measured."""
    found = [rates[ENGINES[name].label] for name in ("ours", *engines)]
    if all(len(each) == bench.sizes.rounds for each in found):
        best = [max(each) for each in zip(*found[1:], strict=True)]
        bench.figures[f"{case}: ours over the best"] = ratios(found[0], best)


def spread_or_none(values: list[float]) -> Spread | None:
    return Spread.of(values) if values else None
