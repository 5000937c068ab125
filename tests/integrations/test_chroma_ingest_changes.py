"""Files move, change, are copied and vanish: a second ingestion brings their rows up to date."""

import json
import shutil
from pathlib import Path

import chromadb
import pytest
from stored import counts, row_of, rows_of, write_notes, write_picture

from chroma_clip_embeddings import add_items, ingest, set_caption
from clip_embeddings import InvalidInputError, StoreError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three pictures and a text of several passages, apart from everything else in `tmp_path`."""
    for i in range(3):
        write_picture(tmp_path / "photos" / f"{i}.png", i)
    (tmp_path / "photos" / "story.txt").write_text("The dog ran on the beach. " * 40, encoding="utf-8")
    return tmp_path / "photos"


def test_a_moved_file_keeps_its_row_and_vector(collection: chromadb.Collection, photos: Path) -> None:
    ingest([photos], collection)
    before = rows_of(collection)
    (photos / "trip").mkdir()
    (photos / "0.png").rename(photos / "trip" / "sea.png")
    report = ingest([photos], collection)
    assert counts(report) == {"skipped": len(before), "moved": 1}
    row = row_of(collection, photos / "trip" / "sea.png")
    assert (row.document, row.uri) == ("sea.png", str(photos / "trip" / "sea.png"))
    (old,) = [row for row in before.values() if row.metadata["uri"] == str(photos / "0.png")]
    assert (row.vector == old.vector).all()
    assert rows_of(collection).keys() == before.keys()


def test_all_passages_of_a_moved_text_move(collection: chromadb.Collection, photos: Path) -> None:
    ingest([photos], collection)
    (photos / "story.txt").rename(photos / "tale.txt")
    report = ingest([photos], collection)
    passages = [row for row in rows_of(collection).values() if row.metadata["modality"] == "text"]
    assert report.moved == len(passages) > 1
    assert {row.metadata["uri"] for row in passages} == {str(photos / "tale.txt")}
    assert all("dog" in row.document for row in passages)


def test_a_caption_set_by_hand_stays_when_the_file_moves(
    collection: chromadb.Collection, photos: Path
) -> None:
    ingest([photos], collection)
    (id,) = [id for id, row in rows_of(collection).items() if row.metadata["uri"] == str(photos / "0.png")]
    set_caption(collection, id, "our cat Nabi")
    (photos / "0.png").rename(photos / "cat.png")
    ingest([photos], collection)
    assert row_of(collection, photos / "cat.png").document == "our cat Nabi"


def test_a_changed_file_replaces_its_rows(collection: chromadb.Collection, photos: Path) -> None:
    first = ingest([photos], collection)
    write_picture(photos / "0.png", 77)
    (photos / "story.txt").write_text("The cat sleeps.", encoding="utf-8")
    report = ingest([photos], collection)
    expected = {"images": 1, "passages": 1, "skipped": 2, "removed": 1 + first.passages}
    assert counts(report) == expected
    assert len(rows_of(collection)) == 4
    assert row_of(collection, photos / "story.txt").document == "The cat sleeps."


def test_a_file_that_becomes_unreadable_keeps_its_row_and_is_a_failure(
    collection: chromadb.Collection, photos: Path
) -> None:
    ingest([photos], collection)
    before = rows_of(collection)
    for name, content in (("0.png", b""), ("1.png", (photos / "1.png").read_bytes()[:-30])):
        (photos / name).write_bytes(content)
    report = ingest([photos], collection, prune=True)
    assert rows_of(collection).keys() == before.keys()
    assert [Path(failure.path).name for failure in report.failures] == ["0.png", "1.png"]


def test_identical_files_are_one_row_with_all_their_uris(
    collection: chromadb.Collection, photos: Path
) -> None:
    shutil.copy(photos / "0.png", photos / "z-copy.png")
    report = ingest([photos], collection)
    assert (report.images, report.updated) == (3, 1)
    row = row_of(collection, photos / "0.png")
    assert json.loads(row.metadata["uris"]) == [str(photos / "0.png"), str(photos / "z-copy.png")]
    (photos / "0.png").unlink()
    assert ingest([photos], collection).moved == 1
    row = row_of(collection, photos / "z-copy.png")
    assert "uris" not in row.metadata
    assert row.document == "z-copy.png"


def test_a_copy_of_which_one_changes_keeps_the_other(collection: chromadb.Collection, photos: Path) -> None:
    shutil.copy(photos / "0.png", photos / "z-copy.png")
    ingest([photos], collection)
    write_picture(photos / "0.png", 78)
    report = ingest([photos], collection)
    assert counts(report) == {"images": 1, "skipped": report.skipped, "updated": 1}
    assert "uris" not in row_of(collection, photos / "z-copy.png").metadata
    assert len(rows_of(collection)) == report.skipped + 1


def test_rows_of_vanished_files_stay_unless_they_are_pruned(
    collection: chromadb.Collection, photos: Path
) -> None:
    ingest([photos], collection)
    before = rows_of(collection)
    (photos / "0.png").unlink()
    assert ingest([photos], collection).pruned == 0
    assert rows_of(collection).keys() == before.keys()
    report = ingest([photos], collection, prune=True)
    assert report.pruned == 1
    assert len(rows_of(collection)) == len(before) - 1


def test_pruning_looks_under_the_given_folders_only(
    collection: chromadb.Collection, photos: Path, tmp_path: Path
) -> None:
    other = write_picture(tmp_path / "photos-2" / "other.png", 50)
    stays = write_picture(tmp_path / "photos-2" / "stays.png", 51)
    ingest([photos, other, stays], collection)
    other.unlink()
    assert ingest([photos], collection, prune=True).pruned == 0
    assert ingest([tmp_path], collection, prune=True).pruned == 1


def test_pruning_a_folder_that_is_not_there_or_empty_is_an_error(
    collection: chromadb.Collection, photos: Path, tmp_path: Path
) -> None:
    """A disk that is not mounted must not empty the collection."""
    ingest([photos], collection)
    before = rows_of(collection)
    photos.rename(tmp_path / "elsewhere")
    with pytest.raises(InvalidInputError, match=r"no such file or folder|no file or folder"):
        ingest([photos], collection, prune=True)
    photos.mkdir()
    with pytest.raises(StoreError, match=r"there is no file in .*Is the disk mounted"):
        ingest([photos], collection, prune=True)
    with pytest.raises(InvalidInputError, match="prune: no file or folder"):
        ingest([str(tmp_path / "elsewhere" / "*.png")], collection, prune=True)
    assert rows_of(collection).keys() == before.keys()


def test_rows_that_were_not_ingested_are_left_alone(collection: chromadb.Collection, photos: Path) -> None:
    add_items(collection, ids=["mine"], uris=[str(photos / "0.png")])
    write_picture(photos / "0.png", 79)
    ingest([photos], collection)
    (photos / "0.png").unlink()
    ingest([photos], collection, prune=True)
    assert "mine" in rows_of(collection)


def test_new_captions_and_metadata_update_a_row_and_its_vector_stays(
    collection: chromadb.Collection, photos: Path, tmp_path: Path
) -> None:
    ingest([photos], collection)
    before = row_of(collection, photos / "0.png")
    manifest = tmp_path / "list.jsonl"
    line = {"uri": str(photos / "0.png"), "caption": "the sea", "metadata": {"year": 2024, "rating": 0.1}}
    manifest.write_text(json.dumps(line), encoding="utf-8")
    report = ingest([photos], collection, manifests=[manifest])
    assert (report.updated, report.images) == (1, 0)
    row = row_of(collection, photos / "0.png")
    assert (row.document, row.metadata["year"], row.metadata["rating"]) == ("the sea", 2024, 0.1)
    assert (row.vector == before.vector).all()
    again = ingest([photos], collection, manifests=[manifest])
    assert counts(again) == {"skipped": again.skipped}
    assert ingest([photos], collection).updated == 0
    assert row_of(collection, photos / "0.png").document == "the sea"


def test_a_second_run_writes_nothing(
    collection: chromadb.Collection, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notes(photos, 70)
    ingest([photos], collection)

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be written")

    for name in ("upsert", "update", "delete"):
        monkeypatch.setattr(chromadb.Collection, name, refused)
    assert ingest([photos], collection, prune=True).added == 0
