"""Many rows: into Chroma, and the cost of one among few and among many."""

from benchmarks.shared.results import table
from benchmarks.speed.client import Worker
from benchmarks.speed.figures import Spread
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.workload import captions


def store(bench: Bench) -> str:
    """Captions embedded, then upserted into a collection on disk: each once, as both take minutes."""
    texts = captions(bench.sizes.rows, seed=3)
    lines = [Line("ours", "texts", texts, "embed"), Line("ours", "store", texts, "store in Chroma")]
    rates = bench.rates(lines, rounds=1)
    seconds = {name: len(texts) / found[0] for name, found in rates.items()}
    rows = [
        [name, f"{spent:.1f}", f"{rates[name][0]:,.0f}", f"{spent / sum(seconds.values()):.0%}"]
        for name, spent in seconds.items()
    ]
    header = [f"{len(texts):,} captions", "seconds", "rows/s", "share of both"]
    return f"Each measured once.\n\n{table(header, rows)}"


def growth(bench: Bench) -> str:
    """Texts by the bundled model, whose small tower hides least of what else an item costs."""
    few, many = captions(bench.sizes.few, seed=4), captions(bench.sizes.many, seed=4)
    worker = Worker("ours", bench.setting._replace(model="tiny"))
    costs: dict[str, list[float]] = {"few": [], "many": []}
    try:
        dimension = worker.ask("load")["dimension"]
        repeats = max(1, len(many) // len(few) // 10)
        early = worker.ask("texts", few, times=repeats)["peak"]
        for _ in range(2):
            costs["few"].append(
                1000 * sum(worker.ask("texts", few, times=repeats)["seconds"]) / repeats / len(few)
            )
            answer = worker.ask("texts", many)
            costs["many"].append(1000 * answer["seconds"][0] / len(many))
    finally:
        worker.close()
    more = [after / before - 1 for before, after in zip(costs["few"], costs["many"], strict=True)]
    vectors = 4 * dimension * len(many) / 1024  # kB; they are the result, not what making them needs
    grown = (answer["peak"] - vectors) / early - 1
    bench.figures["growth: cost"] = Spread.of(more)
    bench.figures["growth: memory"] = Spread.of([grown])
    rows = [
        [
            "ms a text",
            Spread.of(costs["few"]).text(),
            Spread.of(costs["many"]).text(),
            f"{bench.figures['growth: cost'].median:+.1%}",
        ],
        [
            "peak memory less the vectors, MB",
            f"{early / 1e3:.0f}",
            f"{(answer['peak'] - vectors) / 1e3:.0f}",
            f"{grown:+.1%}",
        ],
    ]
    return "The bundled model.\n\n" + table(
        ["one process", f"{len(few):,} texts", f"{len(many):,} texts", "more"], rows
    )
