"""The same folder is the same rows, whichever door it came by: ids, metadata and vectors.

A door is a function of a folder of files, the folder of a Chroma store and an embedder, which stores the one
in the collection "photos" of the other. A new door is a line in DOORS.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from langchain_core.indexing import InMemoryRecordManager, index
from stored import StoredRow, rows_of
from typer.testing import CliRunner

from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings_app.cli.app import app
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader, MultimodalChroma, add_media, document_id

Door = Callable[[Path, Path, CLIPEmbedder], None]
COMMON = ("uri", "uris", "content_sha256", "modality", "start", "end")
"""Metadata that is the same by every door; LangChain's rows have more beside it."""


def by_ingest(files: Path, db: Path, embedder: CLIPEmbedder) -> None:
    ingest([files], open_collection(connect(db), "photos", embedder=embedder))


def by_command_line(files: Path, db: Path, embedder: CLIPEmbedder) -> None:
    command = ["ingest", str(files), "--db", str(db), "--collection", "photos", "--model", "tiny"]
    command += ["--calibrate", "none"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output


def by_add_documents(files: Path, db: Path, embedder: CLIPEmbedder) -> None:
    store, embeddings = in_langchain(db, embedder)
    store.add_documents(MediaLoader(files, embeddings).load())


def by_add_media(files: Path, db: Path, embedder: CLIPEmbedder) -> None:
    store, embeddings = in_langchain(db, embedder)
    add_media(store, MediaLoader(files, embeddings))


def by_index(files: Path, db: Path, embedder: CLIPEmbedder) -> None:
    store, embeddings = in_langchain(db, embedder)
    records = InMemoryRecordManager(store.index_namespace)
    index(MediaLoader(files, embeddings), records, store, cleanup="full", key_encoder=document_id)


def in_langchain(db: Path, embedder: CLIPEmbedder) -> tuple[MultimodalChroma, CLIPEmbeddings]:
    embeddings = CLIPEmbeddings.of(embedder)
    return MultimodalChroma("photos", embeddings, persist_directory=db), embeddings


DOORS: dict[str, Door] = {
    "ingest": by_ingest,
    "command line": by_command_line,
    "add_documents": by_add_documents,
    "add_media": by_add_media,
    "index": by_index,
}


def stored(db: Path) -> dict[str, StoredRow]:
    return rows_of(open_collection(connect(db), "photos", create=False))


@pytest.fixture(scope="module")
def expected(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, tiny: CLIPEmbedder
) -> dict[str, StoredRow]:
    db = tmp_path_factory.mktemp("expected") / "db"
    by_ingest(folder, db, tiny)
    return stored(db)


def assert_same(rows: dict[str, StoredRow], expected: dict[str, StoredRow]) -> None:
    assert rows.keys() == expected.keys()
    for id, row in rows.items():
        other = expected[id]
        assert row.document == other.document
        assert [row.metadata.get(name) for name in COMMON] == [other.metadata.get(name) for name in COMMON]
        assert float(row.vector @ other.vector) >= 0.99999


@pytest.mark.parametrize("door", DOORS)
def test_a_folder_is_the_same_rows_by_every_door(
    door: str, expected: dict[str, StoredRow], folder: Path, tiny: CLIPEmbedder, store_folder: Path
) -> None:
    assert len(expected) > 14
    DOORS[door](folder, store_folder, tiny)
    assert_same(stored(store_folder), expected)


@pytest.mark.parametrize("door", [door for door in DOORS if door != "ingest"])
@pytest.mark.parametrize("first", [True, False])
def test_what_came_by_one_door_is_not_stored_again_by_ingest(
    door: str,
    first: bool,
    expected: dict[str, StoredRow],
    folder: Path,
    tiny: CLIPEmbedder,
    store_folder: Path,
) -> None:
    for each in (door, "ingest") if first else ("ingest", door):
        DOORS[each](folder, store_folder, tiny)
    assert_same(stored(store_folder), expected)
    report = ingest([folder], open_collection(connect(store_folder), "photos", embedder=tiny))
    assert (report.images, report.passages) == (0, 0)


@pytest.mark.parametrize("door", DOORS)
def test_identical_files_are_one_row_by_every_door(
    door: str, folder: Path, tiny: CLIPEmbedder, store_folder: Path, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    shutil.copytree(folder, files)
    shutil.copy(files / "scene-00.png", files / "z-again.png")
    DOORS[door](files, store_folder, tiny)
    rows = stored(store_folder)
    (row,) = [row for row in rows.values() if Path(row.metadata["uri"]).name == "scene-00.png"]
    assert not [row for row in rows.values() if Path(row.metadata["uri"]).name == "z-again.png"]
    np.testing.assert_allclose(row.vector, tiny.embed_images([files / "z-again.png"])[0], atol=1e-5)
