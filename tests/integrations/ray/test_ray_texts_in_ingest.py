"""Texts that the Ray adapter stored as one row, met by `ingest`: nothing is lost, nothing is there twice."""

import warnings
from pathlib import Path
from typing import Any

import chromadb
import pyarrow as pa
import pytest
from stored import counts, rows_of

from chroma_clip_embeddings import ingest, search
from chroma_clip_embeddings.calls import upsert_arguments
from clip_embeddings import CLIPEmbedder, TruncationWarning
from ray_clip_embeddings.collection import row_of
from ray_clip_embeddings.columns import SourceColumns
from ray_clip_embeddings.stages import Job, identify
from ray_clip_embeddings.stages import _row as identified

END = "At last the sea was calm and a cat sat in the harbour."
LONG = "The dog ran on the beach. " * 40 + END


def store_as_ray_does(collection: chromadb.Collection, embedder: CLIPEmbedder, *paths: Path) -> None:
    """The rows of `ingest_dataset(long_text="truncate")`, without its workers."""
    table = pa.table(
        {"path": [str(path) for path in paths], "text": [path.read_bytes().decode() for path in paths]}
    )
    items = SourceColumns(text_column="text", uri_column="path").items(table)
    rows: list[Any] = [row_of(identified(item, None)) for item in items]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TruncationWarning)
        vectors = embedder.embed_texts([row.document for row in rows])
    collection.upsert(**upsert_arguments(rows, vectors))


class Empty:
    """A place that holds nothing yet."""

    def stored(self, ids: Any) -> set[str]:
        return set()

    def store(self, rows: Any, vectors: Any) -> None: ...


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_the_rest_of_a_long_text_is_ingested(
    collection: chromadb.Collection, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    note = write(tmp_path / "long.txt", LONG)
    store_as_ray_does(collection, tiny, note)
    passages = len(tiny.split_text(LONG))
    assert counts(ingest([note], collection)) == {"passages": passages, "skipped": 1}
    assert END in search(collection, text=END, k=1).texts[0].document
    assert counts(ingest([note], collection)) == {"skipped": passages + 1}
    assert collection.count() == passages + 1


def test_that_holds_where_the_long_row_comes_later_and_where_passages_are_missing(
    collection: chromadb.Collection, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    note = write(tmp_path / "long.txt", LONG)
    ingest([note], collection)
    store_as_ray_does(collection, tiny, note)
    (last,) = [
        id for id, row in rows_of(collection).items() if row.document.endswith(END) and row.document != LONG
    ]
    collection.delete(ids=[last])
    assert counts(ingest([note], collection))["passages"] == 1
    assert last in rows_of(collection)


def test_the_row_of_a_long_text_follows_its_file(
    collection: chromadb.Collection, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    (tmp_path / "notes").mkdir()
    write(tmp_path / "notes" / "other.txt", "a cat")
    note = write(tmp_path / "notes" / "long.txt", LONG)
    store_as_ray_does(collection, tiny, note)
    moved = note.rename(tmp_path / "notes" / "moved.txt")
    ingest([tmp_path / "notes"], collection)
    uris = {row.metadata["uri"] for row in rows_of(collection).values() if row.document != "a cat"}
    assert uris == {str(moved)}
    moved.unlink()
    ingest([tmp_path / "notes"], collection, prune=True)
    assert [row.document for row in rows_of(collection).values()] == ["a cat"]


@pytest.mark.parametrize("text", ["a cat on the sofa\n", "\n  노을지는 바다 \r\n", "a dog"])
def test_a_short_text_is_the_same_row_by_both_doors(
    collection: chromadb.Collection, tiny: CLIPEmbedder, tmp_path: Path, text: str
) -> None:
    note = write(tmp_path / "note.txt", text)
    ingest([note], collection)
    by_ingest = rows_of(collection)
    store_as_ray_does(collection, tiny, note)
    by_ray = rows_of(collection)
    assert by_ray.keys() == by_ingest.keys()
    for id, row in by_ingest.items():
        assert (by_ray[id].document, by_ray[id].metadata) == (row.document, row.metadata)
    assert counts(ingest([note], collection)) == {"skipped": 1}


def test_a_text_is_the_passages_of_ingest_or_one_row_if_that_is_asked_for(
    collection: chromadb.Collection, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    notes = [write(tmp_path / "long.txt", f"  {LONG}\n"), write(tmp_path / "short.txt", "a cat\n")]
    ingest(notes, collection)
    table = pa.table({"path": list(map(str, notes)), "text": [note.read_text() for note in notes]})
    columns = SourceColumns(text_column="text", uri_column="path")
    rows = identify(table, job=Job(columns, None, (Empty(),), tiny.portable_config)).to_pylist()
    documents = {id: row.document for id, row in rows_of(collection).items()}
    assert {row["id"]: row["document"] for row in rows} == documents
    whole, short = identify(table, job=Job(columns, None, (Empty(),))).to_pylist()
    assert (whole["document"], short["id"]) == (LONG, rows[-1]["id"])
    assert len(documents) == len(rows) > 3
