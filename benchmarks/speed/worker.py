"""One engine in a process of its own: a line of JSON in, what it took out.

    python -m benchmarks.speed.worker ENGINE MODEL WORK PEERS

A request is {"call", "items", "times", "options"}; the call "load" creates the engine and tells its facts.
The answer is {"seconds": one for each time, "peak": largest resident size in kB}, or {"error": why not}.
What is timed is the work alone: inputs are parsed and made ready before.
"""

import json
import os
import sys
import time
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from benchmarks.shared.memory import peak_memory
from benchmarks.speed.engines import ENGINES, Engine, Setting, create


def answer(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked, as often as is asked."""
    work = engine.prepare(request["call"], request["items"], **request.get("options", {}))
    seconds = []
    for _ in range(request.get("times", 1)):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "peak": peak_memory()}


def load(name: str, setting: Setting) -> tuple[Engine, dict[str, Any]]:
    """Create the engine; the facts are its precision, device, threads and versions."""
    engine = create(name, setting)
    import torch

    versions = [f"{package} {version(package)}" for package in ENGINES[name].packages]
    return engine, {**engine.facts(), "threads": torch.get_num_threads(), "versions": versions}


def serve(requests: IO[str], answers: IO[str], name: str, setting: Setting) -> None:
    engine: Engine | None = None
    for line in requests:
        request = json.loads(line)
        try:
            if engine is None:
                engine, found = load(name, setting)
            else:
                found = answer(engine, request)
        except Exception as error:
            traceback.print_exc()
            found = {"error": f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"}
        answers.write(f"{json.dumps(found)}\n")
        answers.flush()


def main() -> None:
    name, model, work, peers = sys.argv[1:]
    # Libraries print; what they print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, answers, name, Setting(model, Path(work), Path(peers)))


if __name__ == "__main__":
    main()
