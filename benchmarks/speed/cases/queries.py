"""One query at a time, and many callers at once."""

from benchmarks.shared.figures import Spread, ratios
from benchmarks.shared.results import table
from benchmarks.speed.cases.items import beside_peers, record
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import peers_table
from benchmarks.speed.workers import Workers
from benchmarks.speed.workload import SMALL, Counts, captions, pictures

_QUERY = ["a photo of a cat on a red chair"]


def one_query(bench: Bench) -> str:
    """A text and a picture in a warm process, beside the peers and over the tower alone."""
    picture, parts = pictures(bench.setting.work, SMALL, bench.sizes.small.whole)[:1], list[str]()
    for case, call, items in (("text query", "texts", _QUERY), ("picture query", "pictures", picture)):
        lines = beside_peers(bench, call, items, Counts(1, 1, 1), times=bench.sizes.queries)
        rates = bench.rates(lines)
        record(bench, case, lines, rates)
        pair = [Line("ours", call, items, "whole"), Line("ours", f"{call}: model", items, "tower alone")]
        alone = bench.rates(pair, rounds=3 * bench.sizes.queries)  # each beside the other: milliseconds
        over = bench.figures[f"{case}: whole over tower"] = ratios(alone["tower alone"], alone["whole"])
        each = [Spread.of([1000 / rate for rate in found]).text() for found in alone.values()]
        rows = [[f"one warm {case}, ms", *each, over.text()]]
        parts += [
            peers_table(bench, lines, rates, "queries"),
            table(["ours", *alone, "whole over tower"], rows),
        ]
    return "\n\n".join(["One item at a time, warm; `cold-start` has the first of a process.", *parts])


def callers(bench: Bench) -> str:
    """Concurrent `aembed_query` on one event loop, against one after another."""
    queries = captions(bench.sizes.callers, seed=2)
    lines = [Line("ours", call, queries, call) for call in ("callers at once", "callers in turn")]
    # Of its own: a server's main thread does not compute, and that of the other cases' process does.
    with Workers(bench.setting) as workers:
        apart = Bench(workers, bench.setting, bench.sizes)
        rates = apart.rates(lines)
        body = peers_table(apart, lines, rates, "queries")
    bench.figures["callers: at once over in turn"] = ratios(*rates.values())
    what = "callers of LangChain's `aembed_query`; the main thread of the process computes nothing"
    return f"{len(queries)} {what}. At once over in turn is in the last column.\n\n{body}"
