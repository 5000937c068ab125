"""Files move, change, are copied and vanish: a second ingestion brings their rows up to date."""

import json
import shutil
from pathlib import Path

import pytest
from stored import counts, write_notes, write_picture
from stores import Held

from clip_embeddings import InvalidInputError, StoreError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three pictures and a text of several passages, apart from everything else in `tmp_path`."""
    for i in range(3):
        write_picture(tmp_path / "photos" / f"{i}.png", i)
    (tmp_path / "photos" / "story.txt").write_text("The dog ran on the beach. " * 40, encoding="utf-8")
    return tmp_path / "photos"


def test_a_moved_file_keeps_its_row_and_vector(held: Held, photos: Path) -> None:
    held.ingest([photos])
    before = held.rows()
    (photos / "trip").mkdir()
    (photos / "0.png").rename(photos / "trip" / "sea.png")
    report = held.ingest([photos])
    assert counts(report) == {"skipped": len(before), "moved": 1}
    row = held.row(photos / "trip" / "sea.png")
    assert (row.document, row.uri) == ("sea.png", str(photos / "trip" / "sea.png"))
    (old,) = [row for row in before.values() if row.metadata["uri"] == str(photos / "0.png")]
    assert (row.vector == old.vector).all()
    assert held.rows().keys() == before.keys()


def test_all_passages_of_a_moved_text_move(held: Held, photos: Path) -> None:
    held.ingest([photos])
    (photos / "story.txt").rename(photos / "tale.txt")
    report = held.ingest([photos])
    passages = [row for row in held.rows().values() if row.metadata["modality"] == "text"]
    assert report.moved == len(passages) > 1
    assert {row.metadata["uri"] for row in passages} == {str(photos / "tale.txt")}
    assert all("dog" in row.document for row in passages)


def test_a_caption_set_by_hand_stays_when_the_file_moves(held: Held, photos: Path) -> None:
    held.ingest([photos])
    (id,) = [id for id, row in held.rows().items() if row.metadata["uri"] == str(photos / "0.png")]
    held.set_caption(id, "our cat Nabi")
    (photos / "0.png").rename(photos / "cat.png")
    held.ingest([photos])
    assert held.row(photos / "cat.png").document == "our cat Nabi"


def test_a_changed_file_replaces_its_rows(held: Held, photos: Path) -> None:
    first = held.ingest([photos])
    write_picture(photos / "0.png", 77)
    (photos / "story.txt").write_text("The cat sleeps.", encoding="utf-8")
    report = held.ingest([photos])
    expected = {"images": 1, "passages": 1, "skipped": 2, "removed": 1 + first.passages}
    assert counts(report) == expected
    assert len(held.rows()) == 4
    assert held.row(photos / "story.txt").document == "The cat sleeps."


def test_a_file_that_becomes_unreadable_keeps_its_row_and_is_a_failure(held: Held, photos: Path) -> None:
    held.ingest([photos])
    before = held.rows()
    for name, content in (("0.png", b""), ("1.png", (photos / "1.png").read_bytes()[:-30])):
        (photos / name).write_bytes(content)
    report = held.ingest([photos], prune=True)
    assert held.rows().keys() == before.keys()
    assert [Path(failure.path).name for failure in report.failures] == ["0.png", "1.png"]


def test_identical_files_are_one_row_with_all_their_uris(held: Held, photos: Path) -> None:
    shutil.copy(photos / "0.png", photos / "z-copy.png")
    report = held.ingest([photos])
    assert (report.images, report.updated) == (3, 1)
    row = held.row(photos / "0.png")
    assert json.loads(row.metadata["uris"]) == [str(photos / "0.png"), str(photos / "z-copy.png")]
    (photos / "0.png").unlink()
    assert held.ingest([photos]).moved == 1
    row = held.row(photos / "z-copy.png")
    assert "uris" not in row.metadata
    assert row.document == "z-copy.png"


def test_a_copy_of_which_one_changes_keeps_the_other(held: Held, photos: Path) -> None:
    shutil.copy(photos / "0.png", photos / "z-copy.png")
    held.ingest([photos])
    write_picture(photos / "0.png", 78)
    report = held.ingest([photos])
    assert counts(report) == {"images": 1, "skipped": report.skipped, "updated": 1}
    assert "uris" not in held.row(photos / "z-copy.png").metadata
    assert len(held.rows()) == report.skipped + 1


def test_rows_of_vanished_files_stay_unless_they_are_pruned(held: Held, photos: Path) -> None:
    held.ingest([photos])
    before = held.rows()
    (photos / "0.png").unlink()
    assert held.ingest([photos]).pruned == 0
    assert held.rows().keys() == before.keys()
    report = held.ingest([photos], prune=True)
    assert report.pruned == 1
    assert len(held.rows()) == len(before) - 1


def test_pruning_looks_under_the_given_folders_only(held: Held, photos: Path, tmp_path: Path) -> None:
    other = write_picture(tmp_path / "photos-2" / "other.png", 50)
    stays = write_picture(tmp_path / "photos-2" / "stays.png", 51)
    held.ingest([photos, other, stays])
    other.unlink()
    assert held.ingest([photos], prune=True).pruned == 0
    assert held.ingest([tmp_path], prune=True).pruned == 1


def test_pruning_a_folder_that_is_not_there_or_empty_is_an_error(
    held: Held, photos: Path, tmp_path: Path
) -> None:
    """A disk that is not mounted must not empty the collection."""
    held.ingest([photos])
    before = held.rows()
    photos.rename(tmp_path / "elsewhere")
    with pytest.raises(InvalidInputError, match=r"no such file or folder|no file or folder"):
        held.ingest([photos], prune=True)
    photos.mkdir()
    with pytest.raises(StoreError, match=r"there is no file in .*Is the disk mounted"):
        held.ingest([photos], prune=True)
    with pytest.raises(InvalidInputError, match="prune: no file or folder"):
        held.ingest([str(tmp_path / "elsewhere" / "*.png")], prune=True)
    assert held.rows().keys() == before.keys()


def test_rows_that_were_not_ingested_are_left_alone(held: Held, photos: Path) -> None:
    held.add_row("mine", str(photos / "0.png"))
    write_picture(photos / "0.png", 79)
    held.ingest([photos])
    (photos / "0.png").unlink()
    held.ingest([photos], prune=True)
    assert "mine" in held.rows()


def test_new_captions_and_metadata_update_a_row_and_its_vector_stays(
    held: Held, photos: Path, tmp_path: Path
) -> None:
    held.ingest([photos])
    before = held.row(photos / "0.png")
    manifest = tmp_path / "list.jsonl"
    line = {"uri": str(photos / "0.png"), "caption": "the sea", "metadata": {"year": 2024, "rating": 0.1}}
    manifest.write_text(json.dumps(line), encoding="utf-8")
    report = held.ingest([photos], manifests=[manifest])
    assert (report.updated, report.images) == (1, 0)
    row = held.row(photos / "0.png")
    assert (row.document, row.metadata["year"], row.metadata["rating"]) == ("the sea", 2024, 0.1)
    assert (row.vector == before.vector).all()
    again = held.ingest([photos], manifests=[manifest])
    assert counts(again) == {"skipped": again.skipped}
    assert held.ingest([photos]).updated == 0
    assert held.row(photos / "0.png").document == "the sea"


def test_a_second_run_writes_nothing(held: Held, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_notes(photos, 70)
    held.ingest([photos])

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be written")

    for name in ("add", "update", "delete"):
        monkeypatch.setattr(held.row_store, name, refused)
    assert held.ingest([photos], prune=True).added == 0
