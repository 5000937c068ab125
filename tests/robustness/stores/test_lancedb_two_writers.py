"""Two processes write to one table of LanceDB at once: no row twice, none lost, and no field of either."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs.lance_writers import ROWS, add_fields, add_the_same_rows, ingest_folder
from spawned import spawned
from stored import write_notes
from stores import Held, opened

from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion.rows.ids import uris_of
from clip_embeddings.ingestion.rows.row import Row

NAMES = ("a", "b")


@pytest.fixture
def held(tmp_path: Path, tiny: CLIPEmbedder) -> Held:
    (tmp_path / "meeting").mkdir()
    return opened("lancedb", tmp_path / "db", embedder=tiny)


AtOnce = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def processes() -> Iterator[list[Callable[..., Any]]]:
    with spawned() as one, spawned() as other:
        yield [one, other]


@pytest.fixture
def at_once(processes: list[Callable[..., Any]], tmp_path: Path) -> AtOnce:
    """What a function returns in two processes that begin together."""

    def at_once(work: Callable[..., Any], *more: tuple[str, ...]) -> list[Any]:
        given = [(str(tmp_path / "db"), str(tmp_path / "meeting"), name) for name in NAMES]
        with ThreadPoolExecutor(2) as pool:
            futures = [
                pool.submit(run, work, *given[i], *(values[i] for values in more))
                for i, run in enumerate(processes)
            ]
            return [future.result(timeout=300) for future in futures]

    return at_once


def test_the_same_new_rows_of_two_processes_are_there_once(held: Held, at_once: AtOnce) -> None:
    at_once(add_the_same_rows)
    assert held.count() == ROWS
    for row in held.rows().values():
        by = row.metadata["by"]
        assert row.document == by
        assert [name for name in row.metadata if name.startswith("of ")] == [f"of {by}"]


def test_two_processes_that_write_over_the_same_rows_lose_nothing_of_each_other(
    held: Held, at_once: AtOnce
) -> None:
    rows = [Row(f"row {i}", "", False, "", {"modality": "text"}) for i in range(ROWS)]
    held.put(rows, np.ones((ROWS, 128), np.float32))
    at_once(add_fields)
    assert all({"of a", "of b"} <= row.metadata.keys() for row in held.rows().values())


def test_two_processes_that_ingest_the_same_notes_keep_every_uri(
    held: Held, tmp_path: Path, at_once: AtOnce
) -> None:
    for number, name in enumerate(NAMES):
        write_notes(tmp_path / name, 300)
        write_notes(tmp_path / name, 20, first=500 + 20 * number)
    folders = tuple(str(tmp_path / name) for name in NAMES)
    at_once(ingest_folder, folders)
    rows = held.rows()
    assert held.count() == len(rows) == 340
    assert sum(len(uris_of(row.metadata)) == 2 for row in rows.values()) == 300
