"""Embedded stores beside each other: what rows cost, and what becomes of them in two processes or a kill.

    python -m benchmarks stores --rows 100000

Prints a table. Each figure is of a process of its own; a store that cannot be imported is left out.
"""

import argparse
import importlib.util
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared.memory import peak_memory
from benchmarks.shared.results import machine, table
from benchmarks.storing.store_sides import CALL, SIDES, Side, id_of, vectors_of

MODULES = {"Chroma": "chromadb", "LanceDB": "lancedb", "Qdrant local": "qdrant_client"}
QUERIES, SHARED, OWN, KILLED_AFTER = 30, 5, 5, 10  # the last three in calls of CALL rows


def numbers(call: int) -> list[int]:
    return list(range(call * CALL, (call + 1) * CALL))


def insert(side: Side, rows: int) -> dict[str, Any]:
    """Time without that of making rows up; the processor's, as others may use the machine."""
    seconds, before = 0.0, time.process_time()
    with side.writing():
        for call in range(rows // CALL):
            made = vectors_of(call)
            start = time.perf_counter()
            side.add(numbers(call), made)
            seconds += time.perf_counter() - start
        start = time.perf_counter()  # what `writing` does at its end
    return {"seconds": seconds + time.perf_counter() - start, "processor": time.process_time() - before}


def query(side: Side, rows: int) -> dict[str, Any]:
    """Medians of queries, and how many of the ten nearest are found."""
    asked = vectors_of(10**6)[:QUERIES]  # of no row
    kinds: dict[str, dict[str, Any]] = {
        "plain": {},
        "modality": {"modality": "image"},
        "year": {"year": 2001},
    }
    start = time.perf_counter()
    side.ask(asked[0])
    found: dict[str, Any] = {"first": time.perf_counter() - start}
    answers = []
    for name, options in kinds.items():
        times = []
        for vector in asked:
            start = time.perf_counter()
            answer = side.ask(vector, **options)
            times.append(time.perf_counter() - start)
            if name == "plain":
                answers.append(set(answer))
        found[name] = statistics.median(times)
    found["recall"] = recall(asked, answers, rows)
    return found


def recall(asked: Any, answers: list[set[str]], rows: int) -> float:
    scores = np.concatenate([asked @ vectors_of(call).T for call in range(rows // CALL)], axis=1)
    nearest = np.argsort(-scores, axis=1)[:, :10]
    hits = [
        len({id_of(int(i)) for i in best} & answer) for best, answer in zip(nearest, answers, strict=True)
    ]
    return sum(hits) / (10 * len(hits))


def write(side: Side, first: int) -> dict[str, Any]:
    """Calls that the other process makes too, and then some of its own."""
    with side.writing():
        for call in [*range(SHARED), *range(first, first + OWN)]:
            side.add(numbers(call), vectors_of(call))
    return {}


def add_for_ever(side: Side, _: int) -> dict[str, Any]:
    with side.writing():
        for call in range(10**6):
            side.add(numbers(call), vectors_of(call))
            print(call, flush=True)
    return {}


def check(side: Side, _: int) -> dict[str, Any]:
    """Rows, ids that are there twice, and rows without their own vector."""
    ids = side.ids()
    wrong, asked = 0, sorted(set(ids))
    by_call: dict[int, list[str]] = {}
    for id in asked:
        by_call.setdefault(int(id[4:]) // CALL, []).append(id)
    for call, part in by_call.items():
        made, there = vectors_of(call), {}
        with suppress(Exception):  # a row without a vector makes the store refuse all of them
            there = side.vectors(part)
        for id in part:
            wrong += id not in there or not np.allclose(there[id], made[int(id[4:]) % CALL], atol=1e-5)
    twice = sum(count - 1 for count in Counter(ids).values())
    return {"rows": len(ids), "unique": len(asked), "twice": twice, "wrong": wrong}


TASKS = {task.__name__: task for task in (insert, query, write, add_for_ever, check)}


def started(name: str, task: str, folder: Path, value: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.storing.stores", "--task", task, "--store", name]
    command += ["--folder", str(folder), "--value", str(value)]
    paths = os.pathsep.join(filter(None, sys.path))
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env={**os.environ, "PYTHONPATH": paths}, **streams)


def result(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, errors = process.communicate()
    if process.returncode:
        return {"error": errors.strip().rpartition("\n")[2]}
    return dict(json.loads(out.strip().rpartition("\n")[2]))


def measured(name: str, folder: Path, rows: int) -> Iterator[tuple[str, str]]:
    """Rows of the table, in order."""
    made = result(started(name, "insert", folder / "big", rows))
    yield f"insert {rows:,} rows", f"{made['seconds']:.0f} s"
    yield "of the processor", f"{made['processor']:.0f} s"
    yield "peak memory of that", f"{made['memory'] / 1024:,.0f} MB"
    size = sum(path.stat().st_size for path in (folder / "big").rglob("*") if path.is_file())
    yield "on disk", f"{size / 2**20:,.0f} MB"
    found = result(started(name, "query", folder / "big", rows))
    yield "first query of a process", f"{1000 * found['first']:,.0f} ms"
    yield "a query", f"{1000 * found['plain']:,.1f} ms"
    yield "a query, `modality` (half of the rows)", f"{1000 * found['modality']:,.1f} ms"
    yield "a query, `year` (2 % of the rows)", f"{1000 * found['year']:,.1f} ms"
    yield "of the ten nearest it finds", f"{100 * found['recall']:.0f} %"
    yield "peak memory of searching", f"{found['memory'] / 1024:,.0f} MB"
    yield "two processes write at once", together(name, folder / "two")
    yield "killed while it writes", killed(name, folder / "killed")


def together(name: str, folder: Path) -> str:
    both = [started(name, "write", folder, first) for first in (100, 200)]
    answers = [result(process) for process in both]
    refused = sum("error" in answer for answer in answers)
    there = result(started(name, "check", folder))
    expected = CALL * (SHARED + OWN * (2 - refused))
    said = f"{refused} refused, " if refused else ""
    lost = expected - there["unique"]
    return f"{said}{lost} rows lost, {there['twice']} twice, {there['wrong']} without their vector"


def killed(name: str, folder: Path) -> str:
    process = started(name, "add_for_ever", folder)
    stdout: Any = process.stdout
    done = 0
    for line in stdout:
        done = int(line) + 1
        if done == KILLED_AFTER:
            time.sleep(0.05)  # into the next call
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    there = result(started(name, "check", folder))
    lost = max(0, done * CALL - there["unique"])
    return (
        f"{lost} of {done * CALL:,} rows lost, {there['twice']} twice, {there['wrong']} without their vector"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--store", choices=[*SIDES], help="this one only")
    parser.add_argument("--task", choices=[*TASKS], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--value", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        answer = TASKS[given.task](SIDES[given.store](given.folder), given.value)
        print(json.dumps({**answer, "memory": peak_memory()}))
        return
    columns: dict[str, dict[str, str]] = {}
    for name in [given.store] if given.store else SIDES:
        if importlib.util.find_spec(MODULES[name]) is None:
            print(f"{name} is left out: {MODULES[name]} is not installed.")
            continue
        with tempfile.TemporaryDirectory() as folder:
            columns[name] = {}
            for what, figure in measured(name, Path(folder), given.rows):
                columns[name][what] = figure
                print(f"{name}: {what}: {figure}", file=sys.stderr, flush=True)
    lines = [[what, *(column[what] for column in columns.values())] for what in next(iter(columns.values()))]
    print(machine(), "", table(["", *columns], lines), sep="\n")


if __name__ == "__main__":
    main()
