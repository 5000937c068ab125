"""CLIPBatchEmbedder: the vectors of the core, bad rows kept apart, nothing lost with a worker."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import ray
from pictures import encoded, scene
from programs.ray_workers import Mortal

from clip_embeddings import CLIPEmbedder, InvalidInputError
from ray_clip_embeddings import CLIPBatchEmbedder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")

TINY: dict[str, Any] = {"model": "tiny", "device": "cpu", "dtype": "float32"}
PICTURES = [encoded(scene(seed)) for seed in range(5)]
TEXTS = ["a photo of a cat", "노을지는 바다", "The dog ran on the beach."]
CATS = [f"{number} cats on the beach" for number in range(25)] + ["poison", *map(str, range(14))]
ADDED = ["id", "content_sha256", "modality", "clip_fingerprint", "embedding", "error"]


def objects(values: list[Any]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def vectors_of(table: pa.Table) -> np.ndarray:
    return np.array(table["embedding"].to_pylist(), np.float32)


@pytest.mark.parametrize("form", ["numpy", "pandas", "pyarrow"])
def test_every_batch_format_gives_the_vectors_of_the_core(form: str, tiny: CLIPEmbedder) -> None:
    columns = {"bytes": objects(PICTURES), "n": np.arange(5)}
    batches: dict[str, Any] = {
        "numpy": columns,
        "pandas": pd.DataFrame(columns),
        "pyarrow": pa.table({"bytes": pa.array(PICTURES), "n": pa.array(range(5))}),
    }
    made = CLIPBatchEmbedder(**TINY, bytes_column="bytes")(batches[form])
    np.testing.assert_allclose(vectors_of(made), tiny.embed_images(PICTURES), atol=1e-6)
    assert made.column_names == ["bytes", "n", *ADDED]
    assert made["n"].to_pylist() == list(range(5))
    assert made["error"].null_count == 5
    assert set(made["clip_fingerprint"].to_pylist()) == {tiny.fingerprint}


def test_texts_and_pictures_of_one_table_are_embedded_each_in_its_way(tiny: CLIPEmbedder) -> None:
    table = pa.table({"image": [PICTURES[0], None, PICTURES[1]], "text": [None, TEXTS[0], None]})
    made = CLIPBatchEmbedder(**TINY, bytes_column="image", text_column="text", drop_content=True)(table)
    assert made.column_names == ADDED
    assert made["modality"].to_pylist() == ["image", "text", "image"]
    np.testing.assert_allclose(vectors_of(made)[[0, 2]], tiny.embed_images(PICTURES[:2]), atol=1e-6)
    np.testing.assert_allclose(vectors_of(made)[1:2], tiny.embed_texts(TEXTS[:1]), atol=1e-6)
    text, picture = hashlib.sha256(TEXTS[0].encode()).hexdigest(), hashlib.sha256(PICTURES[0]).hexdigest()
    assert made["id"].to_pylist()[:2] == [f"image:{picture}", f"text:{text}:0-{len(TEXTS[0])}"]


@pytest.mark.parametrize("role", ["document", "query"])
def test_calibration_and_role_are_those_of_the_core(tiny: CLIPEmbedder, role: Any) -> None:
    calibrated = tiny.with_calibration("reference")
    made = CLIPBatchEmbedder(**TINY, calibration="reference", text_column="text", role=role)(
        {"text": objects(TEXTS)}
    )
    np.testing.assert_allclose(vectors_of(made), calibrated.embed_texts(TEXTS, role=role), atol=1e-6)
    assert made["clip_fingerprint"][0].as_py() == calibrated.fingerprint


def test_arrays_of_several_sizes_and_files_by_path_are_read(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    arrays = [np.array(scene(1, 64)), np.array(scene(2, 96)), np.array(scene(3, 96))[:, :, :1]]
    made = CLIPBatchEmbedder(**TINY, array_column="image")({"image": objects(arrays)})
    np.testing.assert_allclose(vectors_of(made), tiny.embed_images(arrays), atol=1e-6)
    (tmp_path / "a b.png").write_bytes(PICTURES[0])
    paths = [str(tmp_path / "a b.png"), (tmp_path / "a b.png").as_uri()]
    read = CLIPBatchEmbedder(**TINY, uri_column="path")({"path": objects(paths)})
    np.testing.assert_allclose(vectors_of(read), tiny.embed_images(PICTURES[:1] * 2), atol=1e-6)
    assert set(read["content_sha256"].to_pylist()) == {hashlib.sha256(PICTURES[0]).hexdigest()}


def test_a_bad_row_has_a_reason_and_the_others_their_vectors(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    rows = [
        (PICTURES[0], None, ""),
        (PICTURES[0][:300], None, "cannot decode"),
        (b"", None, "empty: 0 bytes"),
        (None, None, "nothing to embed: text and image is null"),
        (None, "long " * 200, "has 400 tokens; the model reads 75"),
        (None, TEXTS[0], ""),
        (None, " \n", "only white space"),
        (PICTURES[1], "a caption", "has a text and a picture"),
    ]
    table = pa.table({"image": [row[0] for row in rows], "text": [row[1] for row in rows]})
    embed = CLIPBatchEmbedder(**TINY, bytes_column="image", text_column="text", long_text="error")
    made = embed(table).to_pylist()
    for row, (_, _, reason) in zip(made, rows, strict=True):
        assert (row["embedding"] is None) == (row["error"] is not None) == bool(reason)
        assert reason in (row["error"] or "")
    np.testing.assert_allclose(made[0]["embedding"], tiny.embed_images(PICTURES[:1])[0], atol=1e-6)
    np.testing.assert_allclose(made[5]["embedding"], tiny.embed_texts(TEXTS[:1])[0], atol=1e-6)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("absent.png", "no such file"),
        (".", "cannot be read (Is a directory)"),
        ("s3://bucket/a.png", "s3:// addresses are not read here; use ray.data.read_binary_files"),
        (None, "nothing to embed: path is null"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_bad_row(uri: str | None, reason: str) -> None:
    made = CLIPBatchEmbedder(**TINY, uri_column="path")(pa.table({"path": pa.array([uri], pa.string())}))
    assert reason in made["error"][0].as_py()


def test_an_empty_batch_has_the_same_columns_as_a_full_one() -> None:
    embed = CLIPBatchEmbedder(**TINY, text_column="text")
    empty = embed(pa.table({"text": pa.array([], pa.string())}))
    assert empty.num_rows == 0
    assert empty.schema == embed(pa.table({"text": ["a cat"]})).schema
    assert empty.schema.field("embedding").type == pa.list_(pa.float32(), 128)


@pytest.mark.parametrize(
    ("columns", "batch", "message"),
    [
        ({}, None, "no column to embed"),
        ({"bytes_column": "a", "array_column": "b"}, None, "a picture is in one of them"),
        ({"text_column": "words"}, {"text": ["a"]}, "no column 'words' in the dataset; it has: text"),
        ({"text_column": "text"}, {"text": ["a"], "id": [1]}, r"has columns \['id'\] already"),
    ],
)
def test_columns_that_cannot_be_are_named(columns: dict[str, str], batch: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        CLIPBatchEmbedder(**TINY, **columns)(pa.table(batch))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def after_a_kill(ray_of_two_cpus: None, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Rows of an actor with one CPU that was killed at a batch in the middle."""
    marker = tmp_path_factory.mktemp("markers") / "killed"
    made = ray.data.from_items([{"text": text} for text in CATS], override_num_blocks=5).map_batches(
        Mortal,
        fn_constructor_kwargs={"marker": str(marker), **TINY, "text_column": "text"},
        compute=ray.data.ActorPoolStrategy(size=1),
        num_cpus=1,
        batch_size=8,
        batch_format="pyarrow",
    )
    rows = made.take_all()
    assert marker.exists()
    return sorted(rows, key=lambda row: CATS.index(row["text"]))


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    after_a_kill: list[dict[str, Any]], tiny: CLIPEmbedder
) -> None:
    assert [row["text"] for row in after_a_kill] == CATS
    vectors = np.stack([row["embedding"] for row in after_a_kill])
    np.testing.assert_allclose(vectors, tiny.embed_texts(CATS), atol=1e-6)


def test_an_actor_uses_as_many_threads_as_ray_gave_it_cpus(after_a_kill: list[dict[str, Any]]) -> None:
    assert {tuple(row["threads"]) for row in after_a_kill} == {(1, 1)}
