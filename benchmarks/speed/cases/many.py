"""Many rows: into Chroma, and the cost of an item among few and among many."""

from benchmarks.shared.figures import Spread
from benchmarks.shared.results import table
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.workers import Worker
from benchmarks.speed.workload import captions


def store(bench: Bench) -> str:
    """Rows upserted into a collection on disk, beside what embedding them takes."""
    texts = captions(bench.sizes.rows, seed=3)
    lines = [
        Line("ours", "texts", texts[: bench.sizes.captions.whole], "embed"),
        Line("ours", "store", texts, "store in Chroma"),
    ]
    spent = {name: 1000 / found[0] for name, found in bench.rates(lines, rounds=1).items()}
    rows = [[name, f"{each:.3g}", f"{each / sum(spent.values()):.0%}"] for name, each in spent.items()]
    header = [f"{len(texts):,} captions", "ms a row", "share of both"]
    return (
        f"Each measured once; embedding on {len(lines[0].items):,} of them, as its cost does not grow.\n\n"
        + table(header, rows)
    )


def growth(bench: Bench) -> str:
    """Texts by the bundled model, whose small tower hides least of what else an item costs."""
    few, many = captions(bench.sizes.few, seed=4), captions(bench.sizes.many, seed=4)
    worker = Worker("ours", bench.setting._replace(model="tiny"))
    repeats = max(1, len(many) // len(few) // 10)
    of_few, of_many = list[float](), list[float]()
    try:
        early = worker.ask("texts", few, times=repeats)["peak"]
        for _ in range(2):
            spent = worker.ask("texts", few, times=repeats)["seconds"]
            of_few.append(1000 * sum(spent) / repeats / len(few))
            answer = worker.ask("texts", many)
            of_many.append(1000 * answer["seconds"][0] / len(many))
    finally:
        worker.close()
    # Vectors are the result, not what making them needs.
    late = answer["peak"] - 4 * worker.facts["dimension"] * len(many) / 1024  # kB
    cost = Spread.of([after / before - 1 for before, after in zip(of_few, of_many, strict=True)])
    bench.figures["growth: cost of an item among many over that among few, less 1"] = cost
    bench.figures["growth: peak memory with many over that with few, less 1"] = Spread.of([late / early - 1])
    header = ["one process", f"{len(few):,} texts", f"{len(many):,} texts", "more"]
    megabytes = [f"{early / 1e3:.0f}", f"{late / 1e3:.0f}", f"{late / early - 1:+.1%}"]
    rows = [
        ["ms a text", Spread.of(of_few).text(), Spread.of(of_many).text(), f"{cost.median:+.1%}"],
        ["peak memory less the vectors, MB", *megabytes],
    ]
    return f"The bundled model.\n\n{table(header, rows)}"
