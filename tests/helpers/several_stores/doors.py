"""The doors by which a folder becomes rows of a collection, and what is to hold by each of them.

A door is a function of a folder of files, a Chroma store (its folder, or the port of its server) and an
embedder, which stores the one in the collection "photos" of the other. A new door is a line in DOORS; that of
Ray, which takes a server, is in test_every_door_ray.py.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from chromadb.api import ClientAPI
from langchain_core.indexing import InMemoryRecordManager, index
from stored import StoredRow, rows_of
from typer.testing import CliRunner

from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings_app.cli.app import app
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader, MultimodalChroma, add_media, document_id

Place = Path | int
Rows = dict[str, StoredRow]
Door = Callable[[Path, Any, CLIPEmbedder], None]
COMMON = ("uri", "uris", "content_sha256", "modality", "start", "end")
"""Metadata that is the same by every door; LangChain's rows have more beside it."""


def client_of(db: Place) -> ClientAPI:
    return connect(host="127.0.0.1", port=db) if isinstance(db, int) else connect(db)


def by_ingest(files: Path, db: Place, embedder: CLIPEmbedder) -> None:
    ingest([files], open_collection(client_of(db), "photos", embedder=embedder))


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


def stored(db: Place) -> Rows:
    return rows_of(open_collection(client_of(db), "photos", create=False))


def assert_same(rows: Rows, expected: Rows) -> None:
    assert rows.keys() == expected.keys()
    for id, row in rows.items():
        other = expected[id]
        assert row.document == other.document
        assert [row.metadata.get(name) for name in COMMON] == [other.metadata.get(name) for name in COMMON]
        assert float(row.vector @ other.vector) >= 0.99999


def check_same_rows(door: Door, files: Path, db: Place, tiny: CLIPEmbedder, expected: Rows) -> None:
    assert len(expected) > 14
    door(files, db, tiny)
    assert_same(stored(db), expected)


def check_not_stored_again(
    doors: Sequence[Door], files: Path, db: Place, tiny: CLIPEmbedder, expected: Rows
) -> None:
    """By one door after the other, and then once more."""
    for door in doors:
        door(files, db, tiny)
    assert_same(stored(db), expected)
    report = ingest([files], open_collection(client_of(db), "photos", embedder=tiny))
    assert (report.images, report.passages) == (0, 0)


def check_identical_files(door: Door, folder: Path, tmp_path: Path, db: Place, tiny: CLIPEmbedder) -> None:
    files = tmp_path / "files"
    shutil.copytree(folder, files)
    shutil.copy(files / "scene-00.png", files / "z-again.png")
    door(files, db, tiny)
    rows = stored(db)
    (row,) = [row for row in rows.values() if Path(row.metadata["uri"]).name == "scene-00.png"]
    assert not [row for row in rows.values() if Path(row.metadata["uri"]).name == "z-again.png"]
    np.testing.assert_allclose(row.vector, tiny.embed_images([files / "z-again.png"])[0], atol=1e-5)
