"""One query at a time, and many callers at once."""

from benchmarks.shared.results import table
from benchmarks.speed.cases.common import beside_peers, record
from benchmarks.speed.client import Workers
from benchmarks.speed.engines import ENGINES
from benchmarks.speed.figures import Spread, ratios
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import peers_table
from benchmarks.speed.workload import SMALL, captions, pictures

_QUERY = ["a photo of a cat on a red chair"]
_AT_ONCE, _IN_TURN = "callers at once", "callers in turn"


def one_query(bench: Bench) -> str:
    """A text and a picture in a warm process, beside the peers and over the tower alone."""
    picture, parts = pictures(bench.work, SMALL, bench.sizes.small)[:1], list[str]()
    for case, call, items in (("text query", "texts", _QUERY), ("picture query", "pictures", picture)):
        times = bench.sizes.queries
        lines = beside_peers(bench, call, items, batched=1, single=1, times=times)
        rates = bench.rates(lines)
        record(bench, case, lines, rates)
        pair = [Line("ours", call, items, "whole"), Line("ours", f"{call}: model", items, "tower")]
        alone = bench.rates(pair, rounds=3 * times)  # each beside the other: both take milliseconds
        over = bench.figures[f"{case}: over the tower"] = ratios(alone["tower"], alone["whole"])
        each = {name: Spread.of([1000 / rate for rate in found]).text() for name, found in alone.items()}
        beside = peers_table(lines, rates, bench.workers.missing, "queries")
        rows = [[f"one warm {case}, ms", each["whole"], each["tower"], over.text()]]
        parts += [beside, table(["ours", "whole", "tower alone", "whole over tower"], rows)]
    return "\n\n".join(["One item at a time, warm; `cold-start` has the first of a process.", *parts])


def callers(bench: Bench) -> str:
    """Concurrent `aembed_query` on one event loop, against one after another."""
    queries = captions(bench.sizes.callers, seed=2)
    lines = [
        Line("ours", _IN_TURN, queries, f"ours: {_IN_TURN}"),
        Line("ours", _AT_ONCE, queries, f"ours: {_AT_ONCE}"),
        Line("langchain", _IN_TURN, queries[:16], f"LangChain OpenCLIPEmbeddings: {_IN_TURN}"),
        Line("langchain", _AT_ONCE, queries[:16], f"LangChain OpenCLIPEmbeddings: {_AT_ONCE}"),
    ]
    # Of their own: a server's main thread does not compute, and that of the other cases' processes does.
    with Workers(bench.setting) as apart:
        apart.missing = dict(bench.workers.missing)
        rates = Bench(apart, bench.setting, bench.sizes).rates(lines)
    gain = bench.figures["callers: at once over in turn"] = ratios(
        rates[lines[1].label], rates[lines[0].label]
    )
    theirs = [rates[line.label] for line in lines[2:]]
    other = f"; {ENGINES['langchain'].label}: {ratios(*theirs[::-1]).text()}" if all(theirs) else ""
    beside = peers_table(lines, rates, apart.missing, "queries")
    what = "callers of LangChain's `aembed_query`; the main thread of the process computes nothing"
    gains = f"At once over one after another: {gain.text()}{other}."
    return f"{len(queries)} {what}.\n\n{beside}\n\n{gains}"
