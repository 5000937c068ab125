"""Arrays of a Ray dataset: what the batch embedder refuses, the ingestion refuses, row by row."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pictures import photo

from clip_embeddings import CLIPEmbedder, ImageDecodeError
from ray_clip_embeddings import CLIPBatchEmbedder
from ray_clip_embeddings.columns import SourceColumns
from ray_clip_embeddings.stages import FAILED, NEW, Job, identify

ARRAYS: dict[str, tuple[Any, bool]] = {
    "a photo": (np.asarray(photo(40, 30)), True),
    "grey": (np.asarray(photo(40, 30).convert("L")), True),
    "grey, one channel": (np.asarray(photo(40, 30).convert("L"))[:, :, None], True),
    "with alpha": (np.asarray(photo(40, 30).convert("RGBA")), True),
    "two channels": (np.zeros((4, 4, 2), np.uint8), False),
    "five channels": (np.zeros((32, 32, 5), np.uint8), False),
    "channels first": (np.zeros((3, 40, 30), np.uint8), False),
    "no rows": (np.zeros((0, 0, 3), np.uint8), False),
    "no channels": (np.zeros((4, 4, 0), np.uint8), False),
    "floats": (np.zeros((4, 4, 3), np.float32), False),
    "one axis": (np.zeros(12, np.uint8), False),
    "four axes": (np.zeros((2, 4, 4, 3), np.uint8), False),
    "rows of two lengths": ([[1, 2], [3]], False),
    "words": ("a cat", False),
}


class Nowhere:
    """A place that has nothing."""

    def stored(self, ids: Any) -> set[str]:
        return set()

    def store(self, rows: Any, vectors: Any) -> None:
        raise AssertionError("nothing is stored here")


def batch(*names: str) -> dict[str, Any]:
    column = np.empty(len(names), object)
    for place, name in enumerate(names):
        column[place] = ARRAYS[name][0]
    return {"image": column}


def identified(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> list[dict[str, Any]]:
    values = [ARRAYS[name][0] for name in names]
    table = pa.table({"image": pa.nulls(len(names))})
    monkeypatch.setattr(
        "ray_clip_embeddings.columns.values_of", lambda _, column: values if column else [None] * len(names)
    )
    job = Job(SourceColumns(array_column="image"), None, (Nowhere(),))
    rows: list[dict[str, Any]] = identify(table, job=job).to_pylist()
    return rows


def test_the_ingestion_refuses_row_by_row_what_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = identified(monkeypatch, [*ARRAYS])
    for row, (name, (_, good)) in zip(rows, ARRAYS.items(), strict=True):
        assert row["status"] == (NEW if good else FAILED), name
        assert (row["picture"] is not None) == good
        if not good:
            assert row["reason"].startswith("picture is "), name


@pytest.mark.parametrize("name", ARRAYS)
def test_the_batch_embedder_and_the_core_say_the_same(
    monkeypatch: pytest.MonkeyPatch, embedder: CLIPEmbedder, name: str
) -> None:
    array, good = ARRAYS[name]
    values = [array]
    monkeypatch.setattr(
        "ray_clip_embeddings.columns.values_of", lambda _, column: values if column else [None]
    )
    ray_embedder = CLIPBatchEmbedder("tiny", device="cpu", dtype="float32", array_column="image")
    (row,) = ray_embedder(pa.table({"image": pa.nulls(1)})).to_pylist()
    assert (row["error"] is None) == good
    assert (row["embedding"] is not None) == good
    if isinstance(array, np.ndarray) and not good:
        with pytest.raises(ImageDecodeError) as error:
            embedder.embed_images([array])
        assert error.value.reason in row["error"]
    elif isinstance(array, np.ndarray):
        assert embedder.embed_images([array]).shape[0] == 1


def test_a_table_of_arrays_as_ray_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of different shapes in one column, one of them with five channels."""
    job = Job(SourceColumns(array_column="image"), None, (Nowhere(),))
    rows = identify(batch("a photo", "five channels", "no rows", "with alpha"), job=job).to_pylist()
    assert [row["status"] for row in rows] == [NEW, FAILED, FAILED, NEW]
