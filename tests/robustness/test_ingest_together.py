"""Two ingestions into one collection at once: no uri is lost, and no row pruned whose file is there."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import pytest
from servers import running
from stored import rows_of, write_notes

from chroma_clip_embeddings import connect, ingest, open_collection
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


def both_uris(collection: chromadb.Collection) -> int:
    return sum(len(uris_of(row.metadata)) == 2 for row in rows_of(collection).values())


@pytest.mark.parametrize("place", ["server", "folder"])
def test_identical_files_of_two_ingestions_keep_both_uris_and_survive_a_prune(
    tmp_path: Path, twins: tuple[Path, Path], tiny: CLIPEmbedder, place: str
) -> None:
    (tmp_path / "db").mkdir()
    if place == "folder":
        work_through(twins, tiny, lambda: connect(tmp_path / "db"))
        return
    with running(tmp_path / "db") as (port, _):
        work_through(twins, tiny, lambda: connect(host="127.0.0.1", port=port))


def work_through(twins: tuple[Path, Path], tiny: CLIPEmbedder, client: Callable[[], Any]) -> None:
    collections = [open_collection(client(), "notes", embedder=tiny) for _ in twins]
    pairs = list(zip(twins, collections, strict=True))
    at_once(*(lambda folder=folder, into=into: ingest([folder], into) for folder, into in pairs))
    assert both_uris(collections[0]) == 150
    a, b = twins
    for note in sorted(a.glob("*.txt"))[:60]:
        note.unlink()
    assert ingest([a], collections[0], prune=True).pruned == 0
    rows = rows_of(collections[0])
    assert len(rows) == 152
    held = {uri for row in rows.values() for uri in uris_of(row.metadata)}
    assert {str(note) for note in b.glob("*.txt")} <= held


def test_a_prune_keeps_a_row_that_another_ingestion_has_found_meanwhile(
    tmp_path: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ledger is of before: what it would delete is looked up once more."""
    collection = open_collection(connect(tmp_path / "db"), "notes", embedder=tiny)
    a, b = tmp_path / "a", tmp_path / "b"
    write_notes(a, 5)
    ingest([a], collection)
    write_notes(b, 2)
    (a / "note-00000.txt").unlink()
    write_notes(a, 1, first=90)
    real, met = Target.add, list[int]()

    def add(self: Target, *given: Any) -> None:
        if not met:  # in the middle of the run that prunes
            met.append(1)
            ingest([b], collection)
        real(self, *given)

    monkeypatch.setattr(Target, "add", add)
    assert ingest([a], collection, prune=True).pruned == 0
    assert {str(b / "note-00000.txt"), str(b / "note-00001.txt")} <= {
        uri for row in rows_of(collection).values() for uri in uris_of(row.metadata)
    }
