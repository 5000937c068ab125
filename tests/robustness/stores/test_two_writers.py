"""Several processes write into one embedded folder: one at a time, and no row is left without its vector."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import warm
from stored import write_notes


class Writer:
    """A process that has stores open and does what it is told."""

    def __init__(self) -> None:
        program = Path(__file__).parents[2] / "helpers" / "programs" / "two_writers.py"
        self.process = warm.start(
            [sys.executable, str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def tell(self, **order: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def do(self, **order: Any) -> Any:
        self.tell(**order)
        return self.answer()

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(60)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "db"


@pytest.fixture(scope="module")
def writers() -> Iterator[list[Writer]]:
    with ExitStack() as stack:
        made = []
        for _ in range(2):
            made.append(Writer())
            stack.callback(made[-1].end)
        assert [writer.answer() for writer in made] == ["ready", "ready"]
        yield made


@pytest.fixture
def open_in_both(store: Path, writers: list[Writer]) -> list[Writer]:
    for writer in writers:
        assert "done" in writer.do(do="open", store=str(store), at=0)
    return writers


def without_a_vector(store: Path) -> tuple[int, int]:
    """Rows, and how many of them have no vector; as a process sees it that has not been there before."""
    program = """
import sys, chromadb
found = chromadb.PersistentClient(sys.argv[1]).get_collection("photos", embedding_function=None)
ids, lost = found.get(include=[])["ids"], 0
for start in range(0, len(ids), 50):
    page = ids[start:start + 50]
    try:
        found.get(ids=page, include=["embeddings"])
    except Exception:
        for id in page:
            try:
                found.get(ids=[id], include=["embeddings"])
            except Exception:
                lost += 1
print(len(ids), lost)
"""
    done = warm.run([sys.executable, "-c", program, str(store)], check=True)
    rows, lost = done.stdout.split()
    return int(rows), int(lost)


def test_two_that_make_a_store_at_once_have_the_same_collection(
    tmp_path: Path, writers: list[Writer]
) -> None:
    for number in range(8):  # two processes meet in about every second round
        for writer in writers:
            writer.tell(do="open", store=str(tmp_path / f"new {number}"), at=time.time() + 0.05)
        answers = [writer.answer() for writer in writers]
        assert answers[0] == answers[1]
        assert set(answers[0]) == {"done"}


def test_of_two_ingestions_at_once_one_is_refused_and_names_the_other(
    store: Path, tmp_path: Path, open_in_both: list[Writer]
) -> None:
    writers, place = open_in_both, str(store)
    for number, name in enumerate("ab"):
        write_notes(tmp_path / name, 500, first=500 * number)
    for writer, name in zip(writers, "ab", strict=True):
        writer.tell(do="ingest", store=place, folder=str(tmp_path / name))
    answers = [writer.answer() for writer in writers]
    refused = ["refused" in answer for answer in answers]
    assert not all(refused)
    if any(refused):  # else one came to its end while the other waited for it
        behind = refused.index(True)
        assert f"process {writers[1 - behind].process.pid} on " in answers[behind]["refused"]
        assert "chroma run --path" in answers[behind]["refused"]
        assert "done" in writers[behind].do(do="ingest", store=place, folder=str(tmp_path / "ab"[behind]))
    assert without_a_vector(store) == (1000, 0)


def test_processes_that_write_in_turns_lose_nothing(store: Path, open_in_both: list[Writer]) -> None:
    """What each holds of the index in memory is of before the other's turn."""
    (first, second), place = open_in_both, str(store)
    for writer, name in ((first, "a"), (second, "b"), (first, "c"), (second, "d")):
        assert writer.do(do="add", store=place, name=name, number=70) == {"done": 70}
    assert first.do(do="query", store=place) == {"done": 3}
    assert second.do(do="add", store=place, name="e", number=20) == {"done": 20}
    assert without_a_vector(store) == (300, 0)
