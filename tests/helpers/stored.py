"""What the tests of ingestion share: small folders, and rows of a collection to compare."""

from pathlib import Path
from typing import Any, NamedTuple

import chromadb
import numpy as np
import pytest
from PIL import Image

from chroma_clip_embeddings import IngestReport
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem


class StoredRow(NamedTuple):
    document: str
    metadata: dict[str, Any]
    vector: np.ndarray
    uri: str | None


def rows_of(collection: chromadb.Collection) -> dict[str, StoredRow]:
    got: Any = collection.get(include=["documents", "metadatas", "embeddings", "uris"])
    columns = zip(got["documents"], got["metadatas"], got["embeddings"], got["uris"], strict=True)
    rows = (
        StoredRow(document, dict(meta), np.asarray(vector), uri) for document, meta, vector, uri in columns
    )
    return dict(zip(got["ids"], rows, strict=True))


def assert_same_rows(got: dict[str, StoredRow], expected: dict[str, StoredRow]) -> None:
    assert got.keys() == expected.keys()
    for id, row in got.items():
        assert (row.document, row.metadata, row.uri) == (
            expected[id].document,
            expected[id].metadata,
            expected[id].uri,
        )
        np.testing.assert_allclose(row.vector, expected[id].vector, atol=1e-6)


def row_of(collection: chromadb.Collection, path: Path) -> StoredRow:
    """The one row whose main uri is this path."""
    (row,) = [row for row in rows_of(collection).values() if row.metadata["uri"] == str(path)]
    return row


def counts(report: IngestReport) -> dict[str, int]:
    """The counts that are not 0."""
    names = ("images", "passages", "captions", "cached", "skipped", "moved", "updated", "removed", "pruned")
    return {name: count for name in names if (count := getattr(report, name))}


def write_picture(path: Path, number: int, size: int = 24) -> Path:
    """A small picture like no other number's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(pixels).resize((size, size)).save(path)
    return path


def write_files(folder: Path, number: int) -> Path:
    """So many pictures and so many texts."""
    for i in range(number):
        write_picture(folder / f"{i}.png", i)
    write_notes(folder, number)
    return folder


def write_notes(folder: Path, number: int, first: int = 0) -> None:
    """Short texts, each of them one passage."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + number):
        (folder / f"note-{i:05}.txt").write_text(f"Note {i}: the cat ran on the beach.", encoding="utf-8")


def write_parquet(path: Path, columns: dict[str, Any], **options: Any) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is read with it")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(columns), path, **options)


def files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def names(found: list[Entry | IngestProblem], folder: Path) -> list[str]:
    assert all(isinstance(each, Entry) for each in found), found
    return [Path(each.uri).relative_to(folder).as_posix() for each in found if isinstance(each, Entry)]


def problems(found: list[Entry | IngestProblem]) -> list[IngestProblem]:
    return [each for each in found if isinstance(each, IngestProblem)]
