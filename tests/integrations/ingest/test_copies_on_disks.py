"""Copies of files on a disk that is not there do not count as moved; a renamed folder does."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from stored import write_notes
from stores import Held


@pytest.fixture
def copies(held: Held, tmp_path: Path) -> Path:
    """The same eight notes on two disks, ingested; a text beside them."""
    (tmp_path / "beside.txt").write_text("A text beside them.", encoding="utf-8")
    for disk in ("usb", "laptop"):
        write_notes(tmp_path / disk / "notes", 8)
    held.ingest([tmp_path / "usb", tmp_path / "laptop"])
    return tmp_path


def empty(root: Path) -> None:
    (root / "usb").rename(root / "away")
    (root / "usb").mkdir()


def empty_inside(root: Path) -> None:
    shutil.rmtree(root / "usb" / "notes")
    (root / "usb" / "notes").mkdir()
    (root / "usb" / "other.txt").write_text("Another one.", encoding="utf-8")


def dead_link(root: Path) -> None:
    (root / "usb").rename(root / "away")
    (root / "usb").symlink_to(root / "nowhere", target_is_directory=True)


@pytest.mark.parametrize("accident", [empty, empty_inside, dead_link])
def test_a_copy_on_a_disk_that_is_not_mounted_keeps_its_row(
    held: Held, copies: Path, accident: Callable[[Path], None]
) -> None:
    accident(copies)
    assert held.ingest([copies / "laptop"]).moved == 0
    assert all(str(copies / "usb") in str(row.metadata) for row in held.rows().values())
    for i in range(3):
        (copies / "laptop" / "notes" / f"note-{i:05}.txt").unlink()
    held.ingest([copies / "laptop"], prune=True)
    assert len(held.rows()) == 8
    gone = [copies / "usb"]
    held.ingest([copies / "laptop", copies / "usb"], prune=True, prune_empty=gone)
    assert len(held.rows()) == 5 + (accident is empty_inside)
    assert not any("usb/notes" in str(row.metadata) for row in held.rows().values())


def test_a_folder_that_was_renamed_or_removed_leaves_no_address_behind(held: Held, copies: Path) -> None:
    (copies / "usb").rename(copies / "stick")
    assert held.ingest([copies / "stick"]).moved == 8
    assert not any(str(copies / "usb") in str(row.metadata) for row in held.rows().values())
