"""ingest_dataset: the rows that `ingest` stores, nothing twice, nothing lost with a worker."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pyarrow as pa
import pyarrow.dataset as pads
import pytest
import ray
from pictures import encoded, scene
from programs.ray_workers import MortalRows, mortal_store

from chroma_clip_embeddings import connect, ingest, open_collection
from chroma_clip_embeddings.collection.identity import FINGERPRINT
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, StoreError
from clip_embeddings.models.tiny import WEIGHTS
from ray_clip_embeddings import ingest_dataset, ingestion
from ray_clip_embeddings.collection import CollectionSink
from ray_clip_embeddings.columns import SourceColumns
from ray_clip_embeddings.server import Server
from ray_clip_embeddings.stages import Job, identify

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.usefixtures("ray_of_two_cpus"),
]

# One worker, as each takes ten seconds to import what it needs; the guide and the example leave that to Ray.
TINY: dict[str, Any] = {"model": "tiny", "device": "cpu", "dtype": "float32", "workers": 1}
FILES: dict[str, Any] = {"bytes_column": "bytes", "uri_column": "path"}
Rows = dict[str, tuple[str, dict[str, Any], np.ndarray]]


def rows_of(collection: chromadb.Collection) -> Rows:
    got = collection.get(include=["documents", "metadatas", "embeddings"])
    columns = zip(got["ids"], got["documents"], got["metadatas"], got["embeddings"], strict=True)  # type: ignore[arg-type]
    return {id: (document, dict(meta), np.asarray(vector)) for id, document, meta, vector in columns}


def assert_equal(ours: Rows, theirs: Rows) -> None:
    assert ours.keys() == theirs.keys()
    for key, (document, metadata, vector) in theirs.items():
        assert ours[key][:2] == (document, metadata)
        np.testing.assert_allclose(ours[key][2], vector, atol=1e-6)


def pictures_of(folder: Path) -> ray.data.Dataset:
    return ray.data.read_binary_files(str(folder), include_paths=True, file_extensions=["png"])


@pytest.fixture
def into(server: tuple[str, int], unused: str) -> dict[str, Any]:
    """Arguments that name a new collection of the running server."""
    return {"host": server[0], "port": server[1], "collection": unused, **TINY}


@pytest.fixture
def here(client: Any, tiny: CLIPEmbedder) -> chromadb.Collection:
    return open_collection(client, "here", embedder=tiny)


@pytest.fixture
def stored(into: dict[str, Any]) -> Callable[[], Rows]:
    """Reads the rows of that collection."""
    return lambda: rows_of(connect(host=into["host"], port=into["port"]).get_collection(into["collection"]))


def test_rows_are_those_of_ingest_and_a_second_run_adds_only_what_is_new(
    folder: Path, tmp_path: Path, into: dict[str, Any], stored: Callable[[], Rows], here: chromadb.Collection
) -> None:
    files = Path(shutil.copytree(folder, tmp_path / "files"))
    (files / "twin.png").write_bytes((files / "scene-00.png").read_bytes())
    (files / "cut.png").write_bytes((files / "scene-01.png").read_bytes()[:500])
    notes = [files / "notes" / "cat.txt", files / "notes" / "sea.md"]
    texts = [{"path": str(note), "text": note.read_text(encoding="utf-8")} for note in notes]
    dataset = pictures_of(files).union(ray.data.from_items(texts))
    columns = {**FILES, "text_column": "text"}

    first = ingest_dataset(dataset, **into, **columns, failures=tmp_path / "failures.jsonl")
    assert (first.images, first.passages, first.skipped, first.failed) == (12, 2, 1, 1)
    (line,) = (tmp_path / "failures.jsonl").read_text(encoding="utf-8").splitlines()
    (failure,) = first.failures
    assert json.loads(line) == {"path": failure.path, "reason": failure.reason}
    assert failure.path == str(files / "cut.png")
    assert "cannot decode" in failure.reason

    (files / "twin.png").unlink()  # which of two equal files is first is for Ray to say
    before = {key: row for key, row in stored().items() if not row[1]["uri"].endswith("twin.png")}
    ingest([*files.glob("*.png"), *notes], here)
    assert_equal(before, {key: row for key, row in rows_of(here).items() if key in before})
    assert len(before) >= 13

    (files / "scene-99.png").write_bytes(encoded(scene(99)))
    second = ingest_dataset(pictures_of(files), **into, **columns | {"text_column": None})
    assert (second.images, second.passages, second.skipped, second.failed) == (1, 0, 12, 1)
    after = stored()
    assert len(after) == 15
    assert_equal({key: after[key] for key in before}, before)


def test_workers_killed_in_both_stages_lose_and_double_nothing(
    folder: Path,
    tmp_path: Path,
    into: dict[str, Any],
    stored: Callable[[], Rows],
    here: chromadb.Collection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = Path(shutil.copytree(folder, tmp_path / "files"))
    monkeypatch.setattr(ingestion, "EmbedRows", MortalRows)
    monkeypatch.setattr(ingestion, "store", mortal_store)
    monkeypatch.setattr(ingestion, "_ROWS", 4)
    output = tmp_path / "vectors"
    report = ingest_dataset(pictures_of(files), **into, **FILES, output=output)
    assert (files / ".killed-embedding").exists()
    assert (files / ".killed-storing").exists()
    # The batch that was stored by a worker that did not live to say so counts as there already.
    assert report.images + report.skipped == 12
    assert (report.passages, report.failed) == (0, 0)
    ingest([files / f"scene-{number:02}.png" for number in range(12)], here)
    assert_equal(stored(), rows_of(here))
    ids = pads.dataset(output).to_table(columns=["id"])["id"].to_pylist()
    assert sorted(ids) == sorted(stored())


def test_a_folder_of_parquet_holds_the_vectors_and_is_gone_on_with(
    tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    pictures = [np.array(scene(seed)) for seed in range(6)]
    rows = [{"image": picture, "caption": f"scene {i}"} for i, picture in enumerate(pictures)]
    output = tmp_path / "vectors"
    columns: dict[str, Any] = {"array_column": "image", "caption_column": "caption"}
    by_path = TINY | {"model": WEIGHTS}  # the same model, named by the path of its folder
    report = ingest_dataset(ray.data.from_items(rows[:4]), output=output, **by_path, **columns)
    assert (report.images, report.skipped) == (4, 0)
    again = ingest_dataset(ray.data.from_items(rows), output=output, **TINY, **columns)
    assert (again.images, again.skipped) == (2, 4)
    table = pads.dataset(output).to_table().sort_by("document")
    assert table["document"].to_pylist() == [f"scene {i}" for i in range(6)]
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), tiny.dimension)
    assert set(table["clip_fingerprint"].to_pylist()) == {tiny.fingerprint}
    vectors = np.array(table["embedding"].to_pylist(), np.float32)
    np.testing.assert_allclose(vectors, tiny.embed_images(pictures), atol=1e-6)

    with pytest.raises(FingerprintMismatchError, match=r"holds vectors of the fingerprint.*new folder"):
        ingest_dataset(ray.data.from_items(rows), output=output, **TINY, **columns, calibration="reference")


def test_a_collection_of_another_model_is_refused_before_any_work(into: dict[str, Any]) -> None:
    def opened() -> dict[str, Any]:
        raise AssertionError("a row was read")

    client = connect(host=into["host"], port=into["port"])
    open_collection(client, into["collection"], embedder=CLIPEmbedder("tiny"))
    dataset = ray.data.from_items([{"text": "a cat"}]).map(lambda row: opened())
    with pytest.raises(FingerprintMismatchError, match="holds vectors of"):
        ingest_dataset(dataset, **into, text_column="text", calibration="reference")
    assert client.get_collection(into["collection"]).count() == 0


def test_a_server_that_stays_away_ends_the_job_with_what_to_do(
    mortal_server: tuple[int, Callable[[], None]],
) -> None:
    port, end = mortal_server
    dataset = ray.data.from_items([{"text": "a cat on the beach"}])

    prepare = Server.prepare

    def prepare_and_end(self: Server, embedder: CLIPEmbedder) -> CollectionSink:
        prepared = prepare(self, embedder)
        end()
        return prepared

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Server, "prepare", prepare_and_end)
        with pytest.raises(
            StoreError, match=r"cannot reach a Chroma server.*run the same job again"
        ) as caught:
            ingest_dataset(
                dataset,
                collection="gone",
                host="127.0.0.1",
                port=port,
                patience=0.5,
                text_column="text",
                **TINY,
            )
    assert "0 rows of this run were stored by then" in str(caught.value)


def test_a_column_that_is_not_there_is_named() -> None:
    job = Job(SourceColumns(bytes_column="picture"), None, ())
    (row,) = identify(pa.table({"bytes": [b"a"]}), job=job).to_pylist()
    assert (row["status"], row["uri"]) == ("fatal", "InvalidInputError")
    assert row["reason"] == "no column 'picture' in the dataset; it has: bytes"


def test_a_job_with_nowhere_to_store_says_so() -> None:
    with pytest.raises(InvalidInputError, match=r"name collection=.*or output="):
        ingest_dataset(ray.data.from_items([{"text": "a cat"}]), text_column="text", **TINY)


def test_a_collection_made_by_a_job_has_the_models_fingerprint_on_record(
    into: dict[str, Any], tiny: CLIPEmbedder
) -> None:
    place = Server(into["collection"], into["host"], into["port"], False, (), 60.0, tiny.fingerprint)
    place.prepare(tiny)
    client = connect(host=into["host"], port=into["port"])
    assert client.get_collection(into["collection"]).metadata[FINGERPRINT] == tiny.fingerprint
    assert open_collection(client, into["collection"], embedder=tiny).count() == 0
