"""What cases with peers have in common. Imports the standard library."""

from collections.abc import Sequence

from benchmarks.speed.engines import ENGINES, PEERS
from benchmarks.speed.figures import ratios
from benchmarks.speed.rounds import Bench, Line, Rates

OURS, FLOAT32 = "ours", "ours-float32"


def beside_peers(
    bench: Bench, call: str, items: Sequence[str], *, batched: int, single: int, times: int = 1
) -> list[Line]:
    """Ours on all items; the others on the first ones, as rates are of one item and theirs are slow."""
    names = [OURS, *([] if bench.float32_is_default else [FLOAT32]), *PEERS]
    counts = [single if ENGINES[name].single else batched for name in names]
    return [
        Line(name, call, items[:count] if name != OURS else items, times=times)
        for name, count in zip(names, counts, strict=True)
    ]


def record(bench: Bench, case: str, lines: Sequence[Line], rates: Rates) -> None:
    """Keep ours over each peer for the table of targets, as "auto" chose and in float32."""
    for mine in (OURS, FLOAT32):
        own = rates[ENGINES[OURS if bench.float32_is_default else mine].label]
        for line in lines:
            if line.engine in PEERS and own and rates[line.label]:
                bench.figures[f"{case}: {mine} over {line.engine}"] = ratios(own, rates[line.label])


def record_best(bench: Bench, case: str, engines: Sequence[str], rates: Rates) -> None:
    """Keep ours over the best of some peers, if all of them were measured."""
    own, *others = [rates[ENGINES[name].label] for name in (OURS, *engines)]
    if own and all(others):
        bench.figures[f"{case}: ours over the best"] = ratios(own, list(map(max, *others)))
