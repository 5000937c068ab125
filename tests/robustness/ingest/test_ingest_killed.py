"""An ingestion killed with SIGKILL, at random and at chosen moments, and started again: as if nothing was.

So is one that a full disk has ended.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from stored import StoredRow, assert_same_rows, write_notes, write_picture
from stores import KINDS, opened

from clip_embeddings.ingestion.flow import UNIT

AT_MOST_TWICE = 128
PICTURES, NOTES = 130, 90


class Runner:
    """Has ingestions run in processes of their own, and kills them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, order: dict[str, Any], kill_after: float | None = None) -> bool:
        """Whether the ingestion came to its end, and was not killed before."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        child = int(self._line())
        if kill_after is not None:
            timer = threading.Timer(kill_after, os.kill, (child, signal.SIGKILL))
            timer.start()
        status = int(self._line())
        if kill_after is not None:
            timer.cancel()
        failed = "largest_file" in order and os.waitstatus_to_exitcode(status) == 1
        assert failed or status in (0, signal.SIGKILL), f"the ingestion ended with {status}"
        return status == 0

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that runs ingestions has ended"
        return line


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    command = [
        sys.executable,
        str(Path(__file__).parents[2] / "helpers" / "programs" / "killed_ingestion.py"),
    ]
    paths = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": paths}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Runner(process)
        assert process.stdin is not None
        process.stdin.close()


def fill(folder: Path) -> None:
    for i in range(PICTURES):
        write_picture(folder / f"{i:03}.png", i, 16)
    write_notes(folder / "notes", NOTES)
    for i in range(0, 12, 2):
        shutil.copy(folder / f"{i:03}.png", folder / f"a-copy-{i}.png")


def change(folder: Path) -> None:
    """Files that are new, moved, changed, copied and gone."""
    for i in range(PICTURES, PICTURES + 70):
        write_picture(folder / f"{i:03}.png", i, 16)
    for i in range(20, 30):
        (folder / f"{i:03}.png").rename(folder / "notes" / f"moved-{i}.png")
        write_picture(folder / f"{i + 20:03}.png", 1000 + i, 16)
        shutil.copy(folder / f"{i + 40:03}.png", folder / f"b-copy-{i}.png")
        (folder / f"{i + 60:03}.png").unlink()
        (folder / "notes" / f"note-{i:05}.txt").write_text(f"Another note {i}.", encoding="utf-8")


class Place:
    """A folder and a store; the folder is filled, ingested, changed, and ingested again."""

    def __init__(self, root: Path, kind: str) -> None:
        self.folder, self.log = root / "files", root / "embedded.log"
        self.order: dict[str, Any] = {
            "kind": kind,
            "store": str(root / "db"),
            "collection": "photos",
            "folder": str(self.folder),
            "log": str(self.log),
        }

    def embedded(self) -> int:
        return sum(map(int, self.log.read_text().split())) if self.log.exists() else 0

    def rows(self) -> dict[str, StoredRow]:
        """Rows, with paths relative to the folder."""
        found = opened(self.order["kind"], self.order["store"]).rows()
        here = f"{self.folder}/"

        def relative(value: Any) -> Any:
            return value.replace(here, "") if isinstance(value, str) else value

        def moved(row: StoredRow) -> StoredRow:
            metadata = {key: relative(value) for key, value in row.metadata.items()}
            return row._replace(metadata=metadata, uri=relative(row.uri))

        return {id: moved(row) for id, row in found.items()}


class Undisturbed(NamedTuple):
    """Two ingestions that nothing disturbed: their rows, how many items they embedded, how long one took."""

    kind: str
    rows: dict[str, StoredRow]
    embedded: int
    seconds: float


@pytest.fixture(scope="module")
def undisturbed_in(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Undisturbed]:
    @cache
    def run(kind: str) -> Undisturbed:
        place, seconds = Place(tmp_path_factory.mktemp("undisturbed"), kind), 0.0
        for prepare in (fill, change):
            prepare(place.folder)
            start = time.perf_counter()
            assert runner.run(place.order)
            seconds += (time.perf_counter() - start) / 2
        return Undisturbed(kind, place.rows(), place.embedded(), seconds)

    return run


@pytest.fixture(params=KINDS)
def undisturbed(undisturbed_in: Callable[[str], Undisturbed], request: pytest.FixtureRequest) -> Undisturbed:
    return undisturbed_in(request.param)


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_like_an_undisturbed_run(
    runner: Runner, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Moments from soon after the start to a little after the end, whatever the machine's speed."""
    chance, kills, start = random.Random(5), 0, 0
    while kills < {"chroma": 4, "lancedb": 2}[undisturbed.kind]:
        place = Place(tmp_path / f"round-{start}", undisturbed.kind)
        start += 1
        killed = 0
        for prepare in (fill, change):
            prepare(place.folder)
            while not runner.run(place.order, kill_after=undisturbed.seconds * chance.uniform(0.05, 1.2)):
                killed += 1
        kills += killed
        assert_same_rows(place.rows(), undisturbed.rows)
        assert place.embedded() <= undisturbed.embedded + AT_MOST_TWICE * killed


@pytest.mark.parametrize(
    ("undisturbed", "method", "call", "when"),
    [
        ("chroma", "add", 1, "after"),
        ("chroma", "add", 2, "before"),
        ("chroma", "update", 1, "before"),
        ("chroma", "update", 1, "after"),
        ("chroma", "delete", 1, "before"),
        ("chroma", "delete", 1, "after"),
        ("lancedb", "add", 1, "after"),
        ("lancedb", "delete", 1, "after"),
        ("lancedb", "_compact", 1, "after"),
    ],
    indirect=["undisturbed"],
)
def test_killed_at_a_write_it_ends_like_an_undisturbed_run(
    runner: Runner,
    undisturbed: Undisturbed,
    tmp_path: Path,
    method: str,
    call: int,
    when: str,
) -> None:
    place = Place(tmp_path, undisturbed.kind)
    fill(place.folder)
    assert runner.run(place.order)
    change(place.folder)
    assert not runner.run({**place.order, "die_at": [method, call, when]})
    assert runner.run(place.order)
    assert_same_rows(place.rows(), undisturbed.rows)
    assert place.embedded() <= undisturbed.embedded + AT_MOST_TWICE


@pytest.mark.parametrize("undisturbed", ["chroma"], indirect=True)  # what it saves is the model's
def test_with_a_cache_only_what_the_model_was_at_is_embedded_twice(
    runner: Runner, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    place, killed = Place(tmp_path, undisturbed.kind), 0
    order = {**place.order, "cache": str(tmp_path / "cache")}
    for prepare in (fill, change):
        prepare(place.folder)
        for call in (1, 2):
            killed += not runner.run({**order, "die_at": ["add", call, "before"]})
        assert runner.run(order)
    assert killed >= 3
    assert_same_rows(place.rows(), undisturbed.rows)
    assert place.embedded() <= undisturbed.embedded + UNIT * killed


def test_a_disk_that_the_system_says_is_full_costs_no_row_that_is_called_safe(
    runner: Runner, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """The limit on a file's size stands for the disk: the store's own writes are refused.

    A file of Chroma's grows from call to call, and each call of LanceDB's writes small ones of its own.
    """
    limit = {"chroma": [500_000, 1], "lancedb": [10_000, 2]}[undisturbed.kind]
    place = Place(tmp_path, undisturbed.kind)
    fill(place.folder)
    assert not runner.run({**place.order, "largest_file": limit})
    error = place.log.with_suffix(".error").read_text(encoding="utf-8")
    found = re.search(
        r"cannot store rows: .* (\d+) rows of this run are stored and safe; run the same", error
    )
    assert found, error
    # A copy: Chroma keeps what it knows of a folder, and another process writes to this one yet.
    then = opened(undisturbed.kind, shutil.copytree(place.order["store"], tmp_path / "db-then"))
    assert len(then.rows()) >= int(found[1]) > 0
    for prepare in (lambda folder: None, change):
        prepare(place.folder)
        assert runner.run(place.order)
    assert_same_rows(place.rows(), undisturbed.rows)
