"""What `prune` leaves alone: whatever looks like a disk that is not there."""

import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stored import write_notes, write_picture
from stores import Held

from clip_embeddings import InvalidInputError, StoreError
from clip_embeddings.ingestion import IngestReport


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    """A library of two disks, the second one linked, and a folder in the first."""
    write_notes(tmp_path / "lib" / "disk1", 8)
    write_notes(tmp_path / "lib" / "disk1" / "trips", 4, first=100)
    write_notes(tmp_path / "mnt" / "disk2", 6, first=200)
    (tmp_path / "lib" / "disk2").symlink_to(tmp_path / "mnt" / "disk2", target_is_directory=True)
    return tmp_path / "lib"


def kept(report: IngestReport) -> dict[str, str]:
    return {Path(failure.path).name: failure.reason for failure in report.failures}


def empty(lib: Path) -> None:
    shutil.rmtree(lib.parent / "mnt" / "disk2")
    (lib.parent / "mnt" / "disk2").mkdir()


def unlink(lib: Path) -> None:
    (lib.parent / "mnt" / "disk2").rename(lib.parent / "mnt" / "away")


def take_away(lib: Path) -> None:
    (lib / "disk2").unlink()


@pytest.mark.parametrize(
    ("accident", "named"),
    [(empty, "is empty"), (unlink, "is a link to .*/mnt/disk2, which is not there"), (take_away, "is gone")],
)
def test_a_folder_that_looks_as_if_a_disk_were_missing_keeps_its_rows_and_is_named(
    held: Held,
    lib: Path,
    caplog: pytest.LogCaptureFixture,
    accident: Callable[[Path], None],
    named: str,
) -> None:
    held.ingest([lib])
    before = held.rows()
    accident(lib)
    with caplog.at_level(logging.WARNING):
        report = held.ingest([lib], prune=True)
    assert report.pruned == 0
    assert held.rows().keys() == before.keys()
    reasons = [reason for name, reason in kept(report).items() if name == "disk2" and "rows" in reason]
    assert len(reasons) == 1
    assert re.match(named + ", and the rows of 6 files from there stay", reasons[0])
    assert "prune_empty" in reasons[0]
    assert any(str(lib / "disk2") in record.getMessage() for record in caplog.records)
    again = held.ingest([lib], prune=True, prune_empty=[lib / "disk2"])
    assert again.pruned == 6
    assert len(held.rows()) == len(before) - 6


def test_other_folders_are_pruned_all_the_same(held: Held, lib: Path) -> None:
    held.ingest([lib])
    unlink(lib)
    (lib / "disk1" / "note-00000.txt").unlink()
    assert held.ingest([lib], prune=True).pruned == 1


def test_a_deleted_folder_is_named_once_and_goes_when_that_is_said(held: Held, lib: Path) -> None:
    write_notes(lib / "disk1" / "trips" / "sea", 2, first=300)
    held.ingest([lib])
    shutil.rmtree(lib / "disk1" / "trips")
    report = held.ingest([lib], prune=True)
    assert (report.pruned, list(kept(report))) == (0, ["trips"])
    assert held.ingest([lib], prune=True, prune_empty=str(lib / "disk1" / "trips")).pruned == 6


def test_more_than_half_of_a_folder_is_pruned_only_when_that_is_said(held: Held, lib: Path) -> None:
    held.ingest([lib / "disk1"])
    for i in range(7):
        (lib / "disk1" / f"note-{i:05}.txt").unlink()
    report = held.ingest([lib / "disk1"], prune=True)
    assert report.pruned == 0
    assert "7 of its 12 files are gone" in kept(report)["disk1"]
    assert "--yes" in kept(report)["disk1"]
    assert held.count() == 12
    assert held.ingest([lib / "disk1"], prune=True, prune_most=True).pruned == 7


def test_a_root_that_is_empty_or_gone_is_pruned_only_when_that_is_said(held: Held, lib: Path) -> None:
    write_picture(lib / "disk3" / "a.png", 1)
    held.ingest([lib / "disk1", lib / "disk3"])
    (lib / "disk3" / "a.png").unlink()
    with pytest.raises(StoreError, match=r"disk3 is empty.*prune_empty.*--prune-empty"):
        held.ingest([lib / "disk1", lib / "disk3"], prune=True)
    (lib / "disk3").rmdir()
    with pytest.raises(InvalidInputError, match="no file or folder"):
        held.ingest([lib / "disk1", lib / "disk3"], prune=True)
    given = {"prune": True, "prune_empty": [lib / "disk3"]}
    assert held.ingest([lib / "disk1", lib / "disk3"], **given).pruned == 1  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="prune_empty"):
        held.ingest([lib / "disk1"], prune_empty=[lib / "disk3"])


def test_a_file_that_became_a_folder_is_gone(held: Held, lib: Path) -> None:
    held.ingest([lib])
    note = lib / "disk1" / "note-00003.txt"
    note.unlink()
    write_notes(note, 1, first=400)
    report = held.ingest([lib], prune=True)
    assert (report.pruned, report.passages, report.failures) == (1, 1, [])


def test_moved_files_follow_also_out_of_a_folder_that_is_gone(held: Held, lib: Path) -> None:
    held.ingest([lib])
    (lib / "disk1" / "trips").rename(lib / "disk1" / "travel")
    report = held.ingest([lib], prune=True)
    assert (report.moved, report.pruned, report.failures) == (4, 0, [])
    assert not [row for row in held.rows().values() if "trips" in str(row.uri)]
