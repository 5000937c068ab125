"""What settings change: the towers alone by size of batch, and compiled beside not compiled."""

from collections.abc import Sequence

from benchmarks.results import table
from benchmarks.speed.client import EngineMissing
from benchmarks.speed.figures import Spread, ratios
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.workload import SMALL, captions, pictures

_PICTURES, _TOKENS = (8, 16, 32, 64), (256, 512, 1024, 2048)


def settings(bench: Bench) -> str:
    """Both towers on ready batches."""
    files = pictures(bench.work, SMALL, bench.sizes.small)[: bench.sizes.small_in_part]
    texts = captions(bench.sizes.captions_in_part)
    parts = [
        _by_size(bench, "pictures", "pictures: model", files, "batch_size", _PICTURES),
        _by_size(bench, "captions", "texts: model", texts, "tokens", _TOKENS),
        _compiled(bench, files, texts),
    ]
    return "\n\n".join(parts)


def _by_size(
    bench: Bench, unit: str, call: str, items: Sequence[str], option: str, sizes: Sequence[int]
) -> str:
    lines = [Line("ours", call, items, f"{size:,}", options={option: size}) for size in sizes]
    rates = bench.rates(lines)
    chosen = bench.workers.there["ours"].facts[option]
    rows = [[label, Spread.of(found).text()] for label, found in rates.items()]
    name = f"{unit}, batches of so many {'tokens' if option == 'tokens' else unit}"
    return f"{table([name, f'{unit}/s'], rows)}\n\nWhat suits the device is taken to be {chosen:,}."


def _compiled(bench: Bench, files: Sequence[str], texts: Sequence[str]) -> str:
    """`compile=True`: what the first batch waits for, and what the others gain."""
    if not bench.sizes.compiles:
        return "`compile=True`: not measured in the quick form."
    rows = []
    for unit, call, items, times in (
        ("pictures", "pictures: model", files, 1),
        ("captions", "texts: model", texts, 1),
        ("one query", "texts", texts[:1], bench.sizes.queries),
    ):
        try:
            first = bench.workers.there["ours"].ask(call, items, compile=True)["seconds"][0]
        except EngineMissing as reason:
            return f"`compile=True`: not measured: {reason}"
        plain = Line("ours", call, items, "plain", times)
        compiled = Line("ours", call, items, "compiled", times, {"compile": True})
        rates = bench.rates([plain, compiled])
        found = [Spread.of([1000 / rate for rate in each]).text() for each in rates.values()]
        rows.append([unit, f"{first:.1f}", *found, ratios(rates["compiled"], rates["plain"]).text()])
    header = ["`compile=True`", "first call, s", "plain, ms each", "compiled, ms each", "rate over plain"]
    return table(header, rows)
