"""Two ingestions into one collection at once: no uri is lost, and no row pruned whose file is there."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import running
from stored import write_notes
from stores import FOLDERS, Held, opened

from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion.retry import Target
from clip_embeddings.ingestion.rows.ids import uris_of


@pytest.fixture
def twins(tmp_path: Path) -> tuple[Path, Path]:
    """The same 150 notes in two folders, and one more in each."""
    for number, name in enumerate("ab"):
        write_notes(tmp_path / name, 150)
        write_notes(tmp_path / name, 1, first=500 + number)
    return tmp_path / "a", tmp_path / "b"


def at_once(*works: Callable[[], object]) -> None:
    errors: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def both_uris(held: Held) -> int:
    return sum(len(uris_of(row.metadata)) == 2 for row in held.rows().values())


@pytest.mark.parametrize("place", ["server", *FOLDERS])
def test_identical_files_of_two_ingestions_keep_both_uris_and_survive_a_prune(
    tmp_path: Path, twins: tuple[Path, Path], tiny: CLIPEmbedder, place: str
) -> None:
    (tmp_path / "db").mkdir()
    if place in FOLDERS:
        work_through(twins, lambda: opened(place, tmp_path / "db", embedder=tiny))
        return
    with running(tmp_path / "db") as (port, _):
        work_through(twins, lambda: opened(place, port, embedder=tiny))


def work_through(twins: tuple[Path, Path], open_it: Callable[[], Held]) -> None:
    both = [open_it() for _ in twins]
    pairs = list(zip(twins, both, strict=True))
    at_once(*(lambda folder=folder, into=into: into.ingest([folder]) for folder, into in pairs))
    assert both_uris(both[0]) == 150
    a, b = twins
    for note in sorted(a.glob("*.txt"))[:60]:
        note.unlink()
    assert both[0].ingest([a], prune=True).pruned == 0
    rows = both[0].rows()
    assert len(rows) == 152
    held = {uri for row in rows.values() for uri in uris_of(row.metadata)}
    assert {str(note) for note in b.glob("*.txt")} <= held


def test_a_prune_keeps_a_row_that_another_ingestion_has_found_meanwhile(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ledger is of before: what it would delete is looked up once more."""
    a, b = tmp_path / "a", tmp_path / "b"
    write_notes(a, 5)
    held.ingest([a])
    write_notes(b, 2)
    (a / "note-00000.txt").unlink()
    write_notes(a, 1, first=90)
    real, met = Target.add, list[int]()

    def add(self: Target, *given: Any) -> None:
        if not met:  # in the middle of the run that prunes
            met.append(1)
            held.ingest([b])
        real(self, *given)

    monkeypatch.setattr(Target, "add", add)
    assert held.ingest([a], prune=True).pruned == 0
    assert {str(b / "note-00000.txt"), str(b / "note-00001.txt")} <= {
        uri for row in held.rows().values() for uri in uris_of(row.metadata)
    }
