"""An ingestion killed with SIGKILL, at random and at chosen moments, and started again: as if nothing was.

So is one that a full disk has ended.
"""

import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from killing import Place, Runner, change, fill, running_ingestions
from stored import StoredRow, assert_same_rows
from stores import FOLDERS, KINDS

from clip_embeddings.ingestion.flow import UNIT

AT_MOST_TWICE = 128
ON_SERVER = pytest.mark.chroma_server


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with running_ingestions() as runner:
        yield runner


class Undisturbed(NamedTuple):
    """Two ingestions that nothing disturbed: their rows, how many items they embedded, how long one took.

    And where that was, with a copy of all that was there after the first of them.
    """

    kind: str
    port: int | None
    rows: dict[str, StoredRow]
    embedded: int
    seconds: float
    where: Place
    halfway: Path

    def place(self, root: Path) -> Place:
        """An empty one, in a store of the same kind."""
        return Place(root, self.kind, self.port)

    def after_the_first(self, runner: Runner, root: Path) -> Place:
        """The folder and the store as the first ingestion left them; on a server it is made again."""
        if self.port is None:
            shutil.rmtree(self.where.folder.parent)
            shutil.copytree(self.halfway, self.where.folder.parent)
            return self.where
        place = self.place(root)
        fill(place.folder)
        assert runner.run(place.order)
        return place


Run = Callable[[str, int | None], Undisturbed]


@pytest.fixture(scope="module")
def undisturbed_in(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Run:
    @cache
    def run(kind: str, port: int | None) -> Undisturbed:
        root, halfway = (tmp_path_factory.mktemp("undisturbed") / name for name in ("all", "halfway"))
        place, seconds = Place(root, kind, port), 0.0
        for prepare in (fill, change):
            prepare(place.folder)
            start = time.perf_counter()
            assert runner.run(place.order)
            seconds += (time.perf_counter() - start) / 2
            if prepare is fill:
                shutil.copytree(root, halfway)
        rows = rows_in(place, root.parent / "db")
        return Undisturbed(kind, port, rows, place.embedded(), seconds, place, halfway)

    return run


def rows_in(place: Place, copy: Path) -> dict[str, StoredRow]:
    """Of a copy of the store, if it is a folder: Chroma keeps what it knows of one that is put back."""
    store = Path(str(place.order["store"]))
    return place.rows(shutil.copytree(store, copy) if store.is_dir() else None)


@pytest.fixture(params=KINDS)
def undisturbed(undisturbed_in: Run, request: pytest.FixtureRequest) -> Undisturbed:
    port = request.getfixturevalue("chroma_port") if request.param == "server" else None
    return undisturbed_in(request.param, port)


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_like_an_undisturbed_run(
    runner: Runner, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Moments from soon after the start to a little after the end, whatever the machine's speed.

    The first ingestion is killed at most half as often as is wanted: the second is to meet some too.
    """
    chance, kills, start = random.Random(8), 0, 0
    wanted = {"chroma": 4, "lancedb": 2, "server": 4}[undisturbed.kind]
    while kills < wanted:
        place = undisturbed.place(tmp_path / f"round-{start}")
        start += 1
        killed = 0
        left = wanted - kills
        for most, prepare in ((left // 2, fill), (left, change)):
            prepare(place.folder)
            for _ in range(most - killed):
                if runner.run(place.order, kill_after=undisturbed.seconds * chance.uniform(0.05, 1.2)):
                    break
                killed += 1
            else:
                assert runner.run(place.order)
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
        pytest.param("server", "add", 1, "after", marks=ON_SERVER),
        pytest.param("server", "add", 2, "before", marks=ON_SERVER),
        pytest.param("server", "update", 1, "before", marks=ON_SERVER),
        pytest.param("server", "update", 1, "after", marks=ON_SERVER),
        pytest.param("server", "delete", 1, "before", marks=ON_SERVER),
        pytest.param("server", "delete", 1, "after", marks=ON_SERVER),
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
    place = undisturbed.after_the_first(runner, tmp_path)
    change(place.folder)
    assert not runner.run({**place.order, "die_at": [method, call, when]})
    assert runner.run(place.order)
    assert_same_rows(rows_in(place, tmp_path / "db"), undisturbed.rows)
    assert place.embedded() <= undisturbed.embedded + AT_MOST_TWICE


@pytest.mark.parametrize("undisturbed", ["chroma"], indirect=True)  # what it saves is the model's
def test_with_a_cache_only_what_the_model_was_at_is_embedded_twice(
    runner: Runner, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    place, killed = undisturbed.place(tmp_path), 0
    order = {**place.order, "cache": str(tmp_path / "cache")}
    for prepare in (fill, change):
        prepare(place.folder)
        for call in (1, 2):
            killed += not runner.run({**order, "die_at": ["add", call, "before"]})
        assert runner.run(order)
    assert killed >= 3
    assert_same_rows(place.rows(), undisturbed.rows)
    assert place.embedded() <= undisturbed.embedded + UNIT * killed


@pytest.mark.parametrize("undisturbed", FOLDERS, indirect=True)
def test_a_disk_that_the_system_says_is_full_costs_no_row_that_is_called_safe(
    runner: Runner, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """The limit on a file's size stands for the disk: the store's own writes are refused.

    A file of Chroma's grows from call to call, and each call of LanceDB's writes small ones of its own.
    """
    limit = {"chroma": [500_000, 1], "lancedb": [10_000, 2]}[undisturbed.kind]
    place = undisturbed.place(tmp_path)
    fill(place.folder)
    assert not runner.run({**place.order, "largest_file": limit})
    error = place.log.with_suffix(".error").read_text(encoding="utf-8")
    found = re.search(
        r"cannot store rows: .* (\d+) rows of this run are stored and safe; run the same", error
    )
    assert found, error
    # A copy: Chroma keeps what it knows of a folder, and another process writes to this one yet.
    then = place.held(shutil.copytree(place.order["store"], tmp_path / "db-then"))
    assert len(then.rows()) >= int(found[1]) > 0
    for prepare in (lambda folder: None, change):
        prepare(place.folder)
        assert runner.run(place.order)
    assert_same_rows(place.rows(), undisturbed.rows)
