"""Tables of a section: engines beside ours, and the stages of ours. Imports the standard library."""

from collections.abc import Sequence

from benchmarks.shared.figures import Spread, efficiency, ratios
from benchmarks.shared.results import table
from benchmarks.speed.engines import ENGINES
from benchmarks.speed.rounds import Bench, Line, Rates

END_TO_END = "end to end"


def peers_table(bench: Bench, lines: Sequence[Line], rates: Rates, unit: str) -> str:
    """A row for each engine: its rate, and the first line's over it; one that is missing says why.

    Where ours was measured in float32 too, what that has over each stands beside it.
    """
    mine = [rates[lines[0].label], rates.get(ENGINES["ours-float32"].label, [])]
    owns = [own for own in mine if own]
    rows = []
    for line in lines:
        if found := rates[line.label]:
            precision = bench.workers.there[line.engine].facts["dtype"]
            over = ["" if own is found else ratios(own, found).text() for own in owns]
            rows.append([line.label, precision, Spread.of(found).text(), _milliseconds(found), *over])
        else:
            rows.append([line.label, f"missing: {bench.why(line)}", "", "", *[""] * len(owns)])
    header = ["", "computes in", f"{unit}/s", "ms each", "ours over it", "ours in float32 over it"]
    return table(header[: 4 + len(owns)], rows)


def stages_table(rates: Rates, unit: str, limits: Sequence[str]) -> tuple[str, Spread]:
    """Each stage alone, with the threads it has; efficiency is of everything over the slowest limit.

    Args:
        rates: by stage and round; one is END_TO_END.
        unit: what is counted.
        limits: the stages that bound the rate of everything.
    """
    rows = [[name, Spread.of(found).text(), _milliseconds(found)] for name, found in rates.items()]
    share = efficiency(rates[END_TO_END], *(rates[name] for name in limits))
    limit = "the slower of " * (len(limits) > 1) + " and ".join(limits)
    rows.append([f"efficiency: {END_TO_END} over {limit}", share.text(), ""])
    return table([f"ours, {unit}", "in a second", "ms each"], rows), share


def _milliseconds(rates: Sequence[float]) -> str:
    return Spread.of([1000 / rate for rate in rates]).text()
