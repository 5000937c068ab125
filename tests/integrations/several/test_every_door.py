"""The same folder is the same rows, whichever door it came by: ids, metadata and vectors. See doors.py."""

from pathlib import Path

import pytest
from several_stores.doors import (
    DOORS,
    Rows,
    by_ingest,
    check_identical_files,
    check_not_stored_again,
    check_same_rows,
    stored,
)

from clip_embeddings import CLIPEmbedder


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, folder: Path, tiny: CLIPEmbedder) -> Rows:
    db = tmp_path_factory.mktemp("expected") / "db"
    by_ingest(folder, db, tiny)
    return stored(db)


@pytest.mark.parametrize("door", DOORS)
def test_a_folder_is_the_same_rows_by_every_door(
    door: str, expected: Rows, folder: Path, tiny: CLIPEmbedder, store_folder: Path
) -> None:
    check_same_rows(DOORS[door], folder, store_folder, tiny, expected)


@pytest.mark.parametrize("door", [door for door in DOORS if door != "ingest"])
@pytest.mark.parametrize("first", [True, False])
def test_what_came_by_one_door_is_not_stored_again_by_ingest(
    door: str, first: bool, expected: Rows, folder: Path, tiny: CLIPEmbedder, store_folder: Path
) -> None:
    doors = (DOORS[door], by_ingest) if first else (by_ingest, DOORS[door])
    check_not_stored_again(doors, folder, store_folder, tiny, expected)


@pytest.mark.parametrize("door", DOORS)
def test_identical_files_are_one_row_by_every_door(
    door: str, folder: Path, tiny: CLIPEmbedder, store_folder: Path, tmp_path: Path
) -> None:
    check_identical_files(DOORS[door], folder, tmp_path, store_folder, tiny)
