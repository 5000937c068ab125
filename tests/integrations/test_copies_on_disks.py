"""Copies of files on a disk that is not there do not count as moved; a renamed folder does."""

import shutil
from collections.abc import Callable
from pathlib import Path

import chromadb
import pytest
from stored import rows_of, write_notes

from chroma_clip_embeddings import ingest


@pytest.fixture
def copies(collection: chromadb.Collection, tmp_path: Path) -> Path:
    """The same eight notes on two disks, ingested; a text beside them."""
    (tmp_path / "beside.txt").write_text("A text beside them.", encoding="utf-8")
    for disk in ("usb", "laptop"):
        write_notes(tmp_path / disk / "notes", 8)
    ingest([tmp_path / "usb", tmp_path / "laptop"], collection)
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
    collection: chromadb.Collection, copies: Path, accident: Callable[[Path], None]
) -> None:
    accident(copies)
    assert ingest([copies / "laptop"], collection).moved == 0
    assert all(str(copies / "usb") in str(row.metadata) for row in rows_of(collection).values())
    for i in range(3):
        (copies / "laptop" / "notes" / f"note-{i:05}.txt").unlink()
    ingest([copies / "laptop"], collection, prune=True)
    assert len(rows_of(collection)) == 8
    gone = [copies / "usb"]
    ingest([copies / "laptop", copies / "usb"], collection, prune=True, prune_empty=gone)
    assert len(rows_of(collection)) == 5 + (accident is empty_inside)
    assert not any("usb/notes" in str(row.metadata) for row in rows_of(collection).values())


def test_a_folder_that_was_renamed_or_removed_leaves_no_address_behind(
    collection: chromadb.Collection, copies: Path
) -> None:
    (copies / "usb").rename(copies / "stick")
    assert ingest([copies / "stick"], collection).moved == 8
    assert not any(str(copies / "usb") in str(row.metadata) for row in rows_of(collection).values())
