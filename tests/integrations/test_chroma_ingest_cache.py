"""The vector cache: nothing is embedded twice, under any calibration; what is damaged is said to be."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import diskcache
import numpy as np
import pytest
from chromadb.api import ClientAPI
from stored import assert_same_rows, counts, rows_of, write_notes, write_picture

from chroma_clip_embeddings import ingest, open_collection, sample_files
from clip_embeddings import CLIPEmbedder, MissingExtraError, StoreError


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for i in range(40):
        write_picture(tmp_path / "files" / f"{i}.png", i)
    write_notes(tmp_path / "files", 40)
    return tmp_path / "files"


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on the model is not to be used."""

    def refused(*_: object, **__: object) -> Any:
        raise AssertionError("nothing is to be embedded")

    def forbid() -> None:
        monkeypatch.setattr("clip_embeddings.models.hf.CLIPEncoder.encode_text", refused)
        monkeypatch.setattr("clip_embeddings.models.hf.CLIPEncoder.encode_image", refused)

    return forbid


def test_a_second_collection_is_filled_without_the_model(
    client: ClientAPI, tiny: CLIPEmbedder, files: Path, tmp_path: Path, no_model: Callable[[], None]
) -> None:
    first = open_collection(client, "first", embedder=tiny)
    ingest([files], first, cache=tmp_path / "cache")
    no_model()
    second = open_collection(client, "second", embedder=tiny)
    report = ingest([files], second, cache=tmp_path / "cache")
    assert counts(report) == {"images": 40, "passages": 40, "cached": 80}
    assert_same_rows(rows_of(second), rows_of(first))


def test_the_cache_serves_another_calibration(
    client: ClientAPI, tiny: CLIPEmbedder, files: Path, tmp_path: Path, no_model: Callable[[], None]
) -> None:
    ingest([files], open_collection(client, "raw", embedder=tiny), cache=tmp_path / "cache")
    calibrated = tiny.with_calibration("reference")
    direct = open_collection(client, "direct", embedder=calibrated)
    ingest([files], direct)
    no_model()
    cached = open_collection(client, "cached", embedder=calibrated)
    assert ingest([files], cached, cache=tmp_path / "cache").cached == 80
    assert_same_rows(rows_of(cached), rows_of(direct))


def test_another_model_does_not_meet_what_is_cached(
    client: ClientAPI, tiny: CLIPEmbedder, embedder: CLIPEmbedder, files: Path, tmp_path: Path
) -> None:
    ingest([files], open_collection(client, "one", embedder=tiny), cache=tmp_path / "cache")
    other = open_collection(client, "two", embedder=embedder)
    assert ingest([files / "0.png"], other, cache=tmp_path / "cache").cached == 0
    expected = embedder.embed_images([files / "0.png"])
    (row,) = rows_of(other).values()
    np.testing.assert_allclose(row.vector, expected[0], atol=1e-5)


def test_what_a_sample_has_embedded_is_not_embedded_again(
    client: ClientAPI, tiny: CLIPEmbedder, files: Path, tmp_path: Path, no_model: Callable[[], None]
) -> None:
    sample = sample_files([files], tiny)
    calibrated = tiny.with_calibration(sample.calibration(minimum=20))
    no_model()
    collection = open_collection(client, "photos", embedder=calibrated)
    report = ingest([files], collection, sample=sample, cache=tmp_path / "cache")
    assert counts(report) == {"images": 40, "passages": 40, "cached": 80}
    again = open_collection(client, "again", embedder=calibrated)
    assert ingest([files], again, cache=tmp_path / "cache").cached == 80


def not_a_folder(place: Path) -> None:
    place.write_text("words")


def not_a_database(place: Path) -> None:
    place.mkdir()
    (place / "cache.db").write_bytes(b"this is no database, whatever its name says" * 100)


def a_short_vector(place: Path) -> None:
    with diskcache.Cache(place) as cache:
        for key in list(cache):
            cache.set(key, b"\0" * 8)


def a_pickle(place: Path) -> None:
    with diskcache.Cache(place) as cache:
        for key in list(cache):
            cache.set(key, {"an": "object"})


@pytest.mark.parametrize("damage", [not_a_folder, not_a_database, a_short_vector, a_pickle])
def test_a_damaged_cache_is_an_error_that_names_it(
    client: ClientAPI, tiny: CLIPEmbedder, files: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    cache = tmp_path / "cache"
    if damage in (a_short_vector, a_pickle):
        ingest([files], open_collection(client, "before", embedder=tiny), cache=cache)
    damage(cache)
    collection = open_collection(client, "photos", embedder=tiny)
    with pytest.raises(StoreError, match=r"cache folder '.*/cache' cannot be used: .*delete this one"):
        ingest([files], collection, cache=cache)
    assert collection.count() == 0


def test_a_cache_without_diskcache_names_the_extra(
    collection: chromadb.Collection, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "diskcache", None)
    with pytest.raises(MissingExtraError, match=r"clip-embeddings\[cache\]"):
        ingest([files], collection, cache=tmp_path / "cache")
    assert collection.count() == 0
