"""`ingest_dataset(store="NAME:PLACE")`: any store that bears several writers, found by its name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from several_stores import in_memory_store
from stores import opened

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, StoreError
from clip_embeddings.stores.lookup import open_store
from ray_clip_embeddings import ingest_dataset, ingestion
from ray_clip_embeddings.collection import CollectionSink

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.usefixtures("ray_of_two_cpus"),
]
TINY: dict[str, Any] = {"model": "tiny", "device": "cpu", "dtype": "float32", "workers": 1}


def test_workers_write_to_a_lancedb_folder_what_ingest_writes(
    folder: Path, tmp_path: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named by a path from the driver's folder, which is not that of the workers."""
    monkeypatch.setattr(ingestion, "_ROWS", 4)
    monkeypatch.chdir(tmp_path)
    dataset = ray.data.read_binary_files(str(folder), include_paths=True, file_extensions=["png"])
    job: dict[str, Any] = {"store": "lancedb:by-ray", "collection": "photos", **TINY}
    report = ingest_dataset(dataset, **job, bytes_column="bytes", uri_column="path")
    assert (report.images, report.skipped, report.failed) == (12, 0, 0)

    expected = opened("lancedb", tmp_path / "by-ingest", embedder=tiny)
    expected.ingest(sorted(folder.glob("*.png")))
    by_ray, by_ingest = opened("lancedb", tmp_path / "by-ray").rows(), expected.rows()
    assert by_ray.keys() == by_ingest.keys()
    for id, row in by_ray.items():
        other = by_ingest[id]
        assert (row.document, row.metadata) == (other.document, other.metadata)
        np.testing.assert_allclose(row.vector, other.vector, atol=1e-6)
    with pytest.raises(FingerprintMismatchError, match="holds vectors of"):
        ingest_dataset(dataset, **job, bytes_column="bytes", calibration="reference")


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            {"store": "chroma:db", "collection": "photos"},
            "'chroma:db' takes one process that writes at a time",
        ),
        (
            {"store": "faiss:db", "collection": "photos"},
            r"expected lancedb:DIR.*known names: chroma, lancedb",
        ),
        ({"store": "lancedb:db"}, "name the collection"),
        ({"store": "lancedb:db", "collection": "photos", "port": 8001}, "are of a Chroma server"),
        ({"store": "lancedb:db", "collection": "photos", "headers": {"a": "b"}}, "no use for them"),
    ],
)
def test_a_store_that_cannot_be_is_refused_before_anything_is_made(
    where: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = ray.data.from_items([{"text": "a cat"}])
    with pytest.raises(InvalidInputError, match=message):
        ingest_dataset(dataset, **where, text_column="text", **TINY)
    assert not list(tmp_path.iterdir())


def test_a_store_of_another_package_is_a_place_for_rows(
    tmp_path: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory_store.install(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(in_memory_store, "PLACES", {})
    sink = CollectionSink("memory:here", "photos", 1.0, tiny.fingerprint).prepare(tiny)
    row = {"id": "image:a", "modality": "image", "content_sha256": "a", "uri": "/a.png", "document": "a.png"}
    assert sink.refusal(row) is None
    assert sink.stored(["image:a"]) == set()
    sink.store([row], tiny.embed_texts(["a cat"]))
    assert sink.stored(["image:a", "image:b"]) == {"image:a"}
    found = open_store("memory:here").find("photos")
    assert found is not None
    assert found.rows.get(["image:a"]).metadatas[0]["uri"] == "/a.png"


def test_a_collection_that_is_gone_ends_the_job(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    sink = CollectionSink(f"lancedb:{tmp_path / 'db'}", "gone", 1.0, tiny.fingerprint)
    with pytest.raises(StoreError, match=r"'gone' of lancedb:.* is gone"):
        sink.stored(["image:a"])
