"""Tables of a section: engines beside ours, and the stages of ours. Imports the standard library."""

from collections.abc import Mapping, Sequence

from benchmarks.results import table
from benchmarks.speed.figures import Spread, efficiency, ratios
from benchmarks.speed.rounds import Bench, Line

END_TO_END = "end to end"


def peers_table(bench: Bench, lines: Sequence[Line], rates: Mapping[str, list[float]], unit: str) -> str:
    """A row for each engine: its rate, and the first line's over it; one that is missing says why."""
    ours, rows = rates[lines[0].label], list[list[str]]()
    for line in lines:
        found = rates[line.label]
        if len(found) < bench.sizes.rounds:
            rows.append(
                [line.label, f"missing: {bench.workers.missing.get(line.engine, 'no answer')}", "", ""]
            )
        else:
            rows.append(
                [line.label, f"{len(line.items):,}", Spread.of(found).text(), ratios(ours, found).text()]
            )
    return table(["", "items a round", f"{unit}/s", "ours over it"], rows)


def stages_table(rates: Mapping[str, list[float]], unit: str, limits: Sequence[str]) -> tuple[str, Spread]:
    """Each stage alone, as many threads as in use; efficiency is of everything over the slowest limit."""
    rows = [
        [name, Spread.of(found).text(), Spread.of([1000 / rate for rate in found]).text()]
        for name, found in rates.items()
    ]
    share = efficiency(rates[END_TO_END], *(rates[name] for name in limits))
    rows.append([f"efficiency: {END_TO_END} over {' or '.join(limits)}, the slower", share.text(), ""])
    return table([f"stage of ours, {unit}", "in a second", "ms each"], rows), share
