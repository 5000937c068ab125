"""The cost of an item among few and among many, and the memory of both."""

from benchmarks.shared.results import table
from benchmarks.speed.figures import Spread
from benchmarks.speed.rounds import Bench
from benchmarks.speed.workers import Worker
from benchmarks.speed.workload import captions


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
