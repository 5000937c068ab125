"""Tables of a section: engines beside ours, and the stages of ours. Imports the standard library."""

from collections.abc import Mapping, Sequence

from benchmarks.shared.results import table
from benchmarks.speed.figures import Spread, efficiency, ratios
from benchmarks.speed.rounds import Line, Rates

END_TO_END = "end to end"


def peers_table(lines: Sequence[Line], rates: Rates, missing: Mapping[str, str], unit: str) -> str:
    """A row for each engine: its rate, and the first line's over it; one that is missing says why."""
    ours, rows = rates[lines[0].label], list[list[str]]()
    for line in lines:
        if found := rates[line.label]:
            over = ratios(ours, found).text() if line is not lines[0] else ""
            each = Spread.of([1000 / rate for rate in found]).text()
            rows.append([line.label, f"{len(line.items):,}", Spread.of(found).text(), each, over])
        else:
            rows.append([line.label, f"missing: {missing.get(line.engine, 'no answer')}", "", "", ""])
    return table(["", "items a round", f"{unit}/s", "ms each", "ours over it"], rows)


def stages_table(rates: Rates, unit: str, limits: Sequence[str]) -> tuple[str, Spread]:
    """Each stage alone, with the threads it has; efficiency is of everything over the slowest limit.

    Args:
        rates: by stage and round; one is END_TO_END.
        unit: what is counted.
        limits: the stages that bound the rate of everything.
    """
    rows = [
        [name, Spread.of(found).text(), Spread.of([1000 / rate for rate in found]).text()]
        for name, found in rates.items()
    ]
    share = efficiency(rates[END_TO_END], *(rates[name] for name in limits))
    limit = f"{' or '.join(limits)}, the slower" if len(limits) > 1 else limits[0]
    rows.append([f"efficiency: {END_TO_END} over {limit}", share.text(), ""])
    return table([f"ours, {unit}", "in a second", "ms each"], rows), share
