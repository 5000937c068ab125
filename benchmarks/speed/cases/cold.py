"""What a new process costs: the import, the first text vector, memory."""

import subprocess
import sys
import time

from benchmarks.shared.results import table
from benchmarks.speed.client import EngineMissing, Worker, environment
from benchmarks.speed.engines import ENGINES
from benchmarks.speed.figures import Spread
from benchmarks.speed.rounds import Bench

_IMPORT = """
import sys, time
start = time.perf_counter()
import clip_embeddings
print(1000 * (time.perf_counter() - start), int("torch" in sys.modules))
"""
_QUERY = ["a photo of a cat"]


def cold_start(bench: Bench) -> str:
    """`import clip_embeddings`, then engines to their first text vector, each in new processes."""
    imports = [import_cost() for _ in range(8)][1:]  # the first may compile
    milliseconds = bench.figures["cold start: import"] = Spread.of([found[0] for found in imports])
    bench.figures["cold start: torch"] = Spread.of([found[1] for found in imports])
    starts: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in bench.sizes.started}
    for _ in range(bench.sizes.starts):
        for name, found in starts.items():
            try:
                found.append(first_vector(bench, name))
            except EngineMissing as reason:
                bench.workers.missing.setdefault(name, str(reason))
    rows = []
    for name, found in starts.items():
        cells = [Spread.of(values).text() for values in zip(*found, strict=True)] if found else []
        cells = cells or [f"missing: {bench.workers.missing[name]}", "", "", ""]
        rows.append([ENGINES[name].label, *cells])
    header = ["a new process", "ready, s", "then a first text, ms", "both, s", "peak memory, MB"]
    return (
        f"`import clip_embeddings`: {milliseconds.text(' ms')} in 7 new processes, torch among the modules "
        f"in {sum(found[1] for found in imports):.0f} of them.\n\n{table(header, rows)}\n\n"
        "From the start of Python. Over open_clip's classes there are no weights to read: theirs are drawn."
    )


def import_cost() -> tuple[float, float]:
    """Milliseconds of the import in a new process, and 1 if it imported torch."""
    command = [sys.executable, "-c", _IMPORT]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    milliseconds, torch = map(float, found.stdout.split())
    return milliseconds, torch


def first_vector(bench: Bench, name: str) -> tuple[float, float, float, float]:
    """Seconds until loaded, milliseconds of the first text, seconds of both, peak memory in MB."""
    start = time.perf_counter()
    worker = Worker(name, bench.setting)
    try:
        worker.ask("load")
        loaded = time.perf_counter() - start
        answer = worker.ask("texts", _QUERY)
    finally:
        worker.close()
    first = answer["seconds"][0]
    return loaded, 1000 * first, loaded + first, answer["peak"] / 1e3
