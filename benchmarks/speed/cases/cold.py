"""What a new process costs: the import, the first text vector, memory."""

import subprocess
import sys
import time

from benchmarks.shared.figures import Spread
from benchmarks.shared.results import table
from benchmarks.speed.rounds import Bench
from benchmarks.speed.workers import Worker

_IMPORT = """
import sys, time
start = time.perf_counter()
import clip_embeddings
print(1000 * (time.perf_counter() - start), int("torch" in sys.modules))
"""
_QUERY = ["a photo of a cat"]


def cold_start(bench: Bench) -> str:
    """`import clip_embeddings`, then ours to its first text vector, each in new processes."""
    command = [sys.executable, "-c", _IMPORT]
    imports = [subprocess.check_output(command, text=True).split() for _ in range(8)][1:]  # one may compile
    spent, torch = (Spread.of(list(map(float, each))) for each in zip(*imports, strict=True))
    bench.figures["cold start: import clip_embeddings, ms"] = spent
    bench.figures["cold start: torch among the modules then"] = torch
    starts = [first_vector(bench) for _ in range(bench.sizes.starts)]
    header = ["a new process", "ready, s", "then a first text, ms", "both, s", "peak memory, MB"]
    row = ["clip-embeddings", *(Spread.of(values).text() for values in zip(*starts, strict=True))]
    with_torch = "with" if torch.most else "without"
    return f"`import clip_embeddings`: {spent.text(' ms')}, {with_torch} torch.\n\n{table(header, [row])}"


def first_vector(bench: Bench) -> tuple[float, float, float, float]:
    """Seconds until loaded, milliseconds of the first text, seconds of both, peak memory in MB."""
    start = time.perf_counter()
    worker = Worker("ours", bench.setting)
    loaded = time.perf_counter() - start
    answer = worker.ask("texts", _QUERY)
    worker.close()
    first = answer["seconds"][0]
    return loaded, 1000 * first, loaded + first, answer["peak"] / 1e3
