"""The vector cache: nothing is embedded twice, under any calibration; what is damaged is said to be."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api import ClientAPI
from stored import assert_same_rows, counts, rows_of, write_files

from chroma_clip_embeddings import ingest, open_collection, sample_files
from clip_embeddings import CLIPEmbedder, StoreError
from clip_embeddings.ingestion import cache


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return write_files(tmp_path / "files", 40)


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on the model is not to be used."""

    def refused(*_: object, **__: object) -> Any:
        raise AssertionError("nothing is to be embedded")

    def forbid() -> None:
        monkeypatch.setattr(
            "clip_embeddings.models.transformers.encoder.TransformersEncoder.encode_text", refused
        )
        monkeypatch.setattr(
            "clip_embeddings.models.transformers.encoder.TransformersEncoder.encode_image", refused
        )

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


def database(place: Path) -> sqlite3.Connection:
    return sqlite3.connect(place / "vectors.sqlite", isolation_level=None)


def not_a_folder(place: Path) -> None:
    place.write_text("words")


def not_a_database(place: Path) -> None:
    place.mkdir()
    (place / "vectors.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)


def another_database(place: Path) -> None:
    place.mkdir()
    with closing(database(place)) as made:
        made.execute("CREATE TABLE people (name TEXT)")


def a_short_vector(place: Path) -> None:
    with closing(database(place)) as made:
        made.execute("UPDATE vectors SET vector = x'0000000000000000'")


def text_for_a_vector(place: Path) -> None:
    with closing(database(place)) as made:
        made.execute("UPDATE vectors SET vector = 'words'")


def a_trigger(place: Path) -> None:
    with closing(database(place)) as made:
        made.execute("CREATE TRIGGER t AFTER INSERT ON vectors BEGIN DELETE FROM vectors; END")


FILLED = (a_short_vector, text_for_a_vector, a_trigger)


@pytest.mark.parametrize("damage", [not_a_folder, not_a_database, another_database, *FILLED])
def test_a_damaged_cache_is_an_error_that_names_it(
    client: ClientAPI, tiny: CLIPEmbedder, files: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    place = tmp_path / "cache"
    if damage in FILLED:
        ingest([files], open_collection(client, "before", embedder=tiny), cache=place)
    damage(place)
    collection = open_collection(client, "photos", embedder=tiny)
    with pytest.raises(StoreError, match=r"cache folder '.*/cache' cannot be used: .*delete this one"):
        ingest([files], collection, cache=place)
    assert collection.count() == 0


def test_a_folder_of_somebody_else_makes_nothing_but_its_own_file(
    client: ClientAPI, tiny: CLIPEmbedder, files: Path, tmp_path: Path
) -> None:
    """The folder may be shared: what lies in it is neither followed, read nor deleted."""
    place, precious = tmp_path / "cache", tmp_path / "precious.txt"
    place.mkdir()
    precious.write_text("keep me")
    (place / "00").mkdir()
    (place / "00" / "link.val").symlink_to(precious)
    ingest([files], open_collection(client, "photos", embedder=tiny), cache=place)
    assert precious.read_text() == "keep me"
    assert {path.name.partition("-")[0] for path in place.iterdir()} == {"00", "vectors.sqlite"}


def test_the_oldest_vectors_go_when_there_is_no_more_room(
    tiny: CLIPEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SIZE_LIMIT", 200_000)
    rows = tiny.embed_texts([f"a cat {number}" for number in range(50)])
    with cache.VectorCache(tmp_path / "cache", tiny) as made:
        for start in range(0, 2000, 50):
            made.keep([f"text:{start + place}" for place in range(50)], rows)
        assert made.get("text:0") is None
        newest = made.get("text:1999")
        assert newest is not None
        assert np.array_equal(newest, rows[49])
    assert sum(path.stat().st_size for path in (tmp_path / "cache").iterdir()) < 600_000


def test_processes_and_threads_share_a_cache(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    rows = tiny.embed_texts([f"a cat {number}" for number in range(20)])
    with (
        cache.VectorCache(tmp_path / "cache", tiny) as one,
        cache.VectorCache(tmp_path / "cache", tiny) as other,
    ):

        def write(number: int) -> None:
            (one if number % 2 else other).keep([f"{number}:{place}" for place in range(20)], rows)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(40)))
        found = [one.get(f"{number}:{place}") for number in range(40) for place in range(20)]
    assert all(vector is not None for vector in found)
