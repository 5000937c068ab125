"""Tables of LanceDB: the model on record, opened again by others, and refused where two models would meet."""

import json
from pathlib import Path
from typing import Any

import lancedb
import pytest
from spawned import spawned
from stored import assert_same_rows, write_files
from stores import InLanceDB, opened

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, StoreError
from lancedb_clip_embeddings import LanceRows, connect, embedder_of, ingest, open_table, search, table


def found_by_another_process(place: str) -> Any:
    """Rows and the best hit, with the model that is on record."""
    held = opened("lancedb", place)
    report = held.ingest([])
    hit = search(held.raw, text="a cat on the beach", k=1).hits[0]
    return report.added, {id: row._asdict() for id, row in held.rows().items()}, hit.id


def test_a_new_process_opens_a_table_with_the_model_on_record(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    embedder = tiny.with_calibration("reference")
    held = InLanceDB(tmp_path / "db", "photos", embedder)
    held.ingest([write_files(tmp_path / "files", 4)])
    with spawned() as run:
        added, rows, best = run(found_by_another_process, str(tmp_path / "db"))
    mine = held.rows()
    assert added == 0
    assert_same_rows({id: type(mine[id])(**row) for id, row in rows.items()}, mine)
    assert best == search(held.raw, text="a cat on the beach", k=1).hits[0].id


def test_the_record_is_of_the_model_and_not_of_the_machine(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32", batch_size=3)
    table = open_table(tmp_path / "db", "photos", embedder=embedder)
    record = json.loads(table.schema.metadata[b"clip_embeddings"])
    assert record == {
        "model_name": "tiny",
        "revision": None,
        "long_text": "truncate",
        "fingerprint": tiny.fingerprint,
    }
    assert embedder_of(table).config.batch_size == 3
    again = open_table(lancedb.connect(tmp_path / "db"), "photos")
    assert embedder_of(again).config.batch_size is None


def test_another_model_and_another_calibration_are_refused_and_both_are_named(
    tmp_path: Path, tiny: CLIPEmbedder, embedder: CLIPEmbedder
) -> None:
    table = open_table(tmp_path / "db", "photos", embedder=tiny)
    for other in (embedder, tiny.with_calibration("reference")):
        with pytest.raises(FingerprintMismatchError) as error:
            open_table(tmp_path / "db", "photos", embedder=other)
        for part in ("table 'photos'", tiny.fingerprint, other.fingerprint, "ingest into a new collection"):
            assert part in str(error.value)
    assert table.count_rows() == 0


def test_what_is_no_table_of_ours_is_refused(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    db = connect(tmp_path / "db")
    db.create_table("theirs", [{"id": "1", "vector": [1.0, 0.0]}])
    with pytest.raises(StoreError, match=r"table 'theirs' has no model on record"):
        open_table(db, "theirs", embedder=tiny)
    with pytest.raises(StoreError, match=r"no table 'photos' in this store; it has: theirs"):
        open_table(db, "photos")
    with pytest.raises(StoreError, match=r"no table 'photos'"):
        open_table(db, "photos", embedder=tiny, create=False)
    with pytest.raises(InvalidInputError, match="normalize=False"):
        open_table(db, "photos", embedder=CLIPEmbedder("tiny", normalize=False))
    with pytest.raises(StoreError, match="no model on record"):
        search(db.open_table("theirs"), text="a cat")


def test_a_table_sees_what_others_have_written(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    one, other = (open_table(tmp_path / "db", "photos", embedder=tiny) for _ in range(2))
    ingest([write_files(tmp_path / "files", 2)], one)
    assert other.count_rows() == 4
    assert len(search(other, text="a cat", k=9, modality="text").hits) == 2


def test_a_relative_address_is_the_folder_that_it_names_now(
    tmp_path: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    db = connect("db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    open_table(db, "photos", embedder=tiny)
    assert (tmp_path / "db" / "photos.lance").is_dir()


def test_a_place_that_cannot_be_written_to_is_an_error_with_its_reason(tiny: CLIPEmbedder) -> None:
    with pytest.raises(StoreError, match=r"^cannot open .*/proc/1/none"):
        open_table("/proc/1/none", "photos", embedder=tiny)


def test_a_table_that_another_process_makes_in_the_same_moment_is_opened(
    tmp_path: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([write_files(tmp_path / "files", 1)], open_table(tmp_path / "db", "photos", embedder=tiny))
    real, looked = table.found_table, list[str]()

    def not_yet(db: Any, name: str) -> Any:
        looked.append(name)
        return None if len(looked) == 1 else real(db, name)

    monkeypatch.setattr(table, "found_table", not_yet)
    assert open_table(tmp_path / "db", "photos", embedder=tiny).count_rows() == 2


def test_a_commit_that_another_writer_was_faster_with_is_made_again_and_other_refusals_are_not(
    tmp_path: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = InLanceDB(tmp_path / "db", "photos", tiny)
    reasons = ["Retryable commit conflict for version 7: ...", "Too many concurrent writers"]
    real = LanceRows._add_columns

    def refused(self: LanceRows, metadatas: Any) -> None:
        if reasons:
            raise RuntimeError(f"lance error: {reasons.pop()}, /build/lance/src/io/commit.rs:12:3")
        real(self, metadatas)

    monkeypatch.setattr(LanceRows, "_add_columns", refused)
    assert held.ingest([write_files(tmp_path / "files", 1)]).added == 2
    reasons.append("No space left on device")
    with pytest.raises(StoreError) as error:
        held.ingest([write_files(tmp_path / "more", 2)])
    assert str(error.value) == (
        "cannot store rows: lance error: No space left on device. 0 rows of this run are stored and safe; "
        "run the same ingestion again to go on"
    )
