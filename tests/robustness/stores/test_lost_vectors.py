"""Rows without a vector, as two writing processes left them in earlier releases: said, found and healed."""

import json
import shutil
from pathlib import Path

import pytest
from stored import assert_same_rows, rows_of, write_notes, write_picture
from typer.testing import CliRunner

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    connect,
    find_duplicates,
    ingest,
    open_collection,
    reopen,
)
from chroma_clip_embeddings.client.lost import rows_without_vectors
from clip_embeddings import CLIPEmbedder
from clip_embeddings_app.cli.app import app


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for i in range(30):
        write_picture(tmp_path / "files" / f"{i:03}.png", i)
    write_notes(tmp_path / "files", 70)
    return tmp_path / "files"


@pytest.fixture
def damaged(tmp_path: Path, files: Path, tiny: CLIPEmbedder) -> Path:
    """A store whose index is of an earlier day, as a process leaves it that has that one in memory."""
    store, client = tmp_path / "db", connect(tmp_path / "db")
    client.create_collection(
        "photos",
        embedding_function=CLIPEmbeddingFunction.of(tiny),
        configuration={"hnsw": {"space": "cosine", "sync_threshold": 20, "batch_size": 10}},
    )
    collection = open_collection(client, "photos", embedder=tiny)
    ingest(
        [files / f"{i:03}.png" for i in range(15)] + [files / f"note-{i:05}.txt" for i in range(40)],
        collection,
    )
    (index,) = (path.parent for path in store.glob("*/header.bin"))
    shutil.copytree(index, tmp_path / "index")
    ingest([files], collection)
    shutil.rmtree(index)
    shutil.copytree(tmp_path / "index", index)
    reopen(collection._client)
    return store


def test_a_damaged_collection_is_named_and_the_next_ingestion_heals_it(
    damaged: Path, files: Path, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    checked = CliRunner().invoke(app, ["check", "--db", str(damaged)])
    assert checked.exit_code == 1
    assert "have no vector" in checked.output
    collection = open_collection(connect(damaged), "photos", embedder=tiny)
    lost = set(rows_without_vectors(collection.get))
    assert len(lost) > 20
    gone = sorted(files.glob("*.txt"))[:2]
    for note in gone:
        note.unlink()
    report = ingest([files], collection, prune=True)
    assert (report.added, report.pruned, report.failures) == (0, 2, [])
    assert report.updated == len(lost)
    assert list(rows_without_vectors(collection.get)) == []
    find_duplicates(collection, modality="text")
    fresh = open_collection(connect(tmp_path / "fresh"), "photos", embedder=tiny)
    ingest([files], fresh)
    ours = {id: row for id, row in rows_of(collection).items() if ":" in id}
    assert_same_rows(ours, rows_of(fresh))
    checked = CliRunner().invoke(app, ["check", "--db", str(damaged), "--json"])
    assert checked.exit_code == 0
    (record,) = json.loads(checked.output)["collections"]
    assert (record["collection"], record["without_vector"]) == ("photos", 0)
