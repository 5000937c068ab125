"""`calibrate=` of what opens a collection: a new one is calibrated on the files that it is for."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from stores import KINDS, Held, opened

from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    InvalidInputError,
    ModalityCalibration,
    StoreError,
)
from clip_embeddings.ingestion import FileSample, auto, sample_files

Open = Callable[..., Held]
NAMES = ("pictures", "notes")


def files_in(folder: Path, number: int) -> Path:
    """So many pictures, and as many notes."""
    random = np.random.default_rng(0)
    for name in NAMES:
        (folder / name).mkdir()
    for each in range(number):
        pixels = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{each}.png")
        (folder / "notes" / f"{each}.txt").write_text(f"note {each} of day {each * 7919 % 1000}")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many as it takes."""
    return files_in(tmp_path_factory.mktemp("files"), 300)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many as `few` takes, and some more."""
    return files_in(tmp_path_factory.mktemp("small"), 40)


@pytest.fixture(params=KINDS)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    on_server = request.param == "server"
    place = request.getfixturevalue("chroma_port") if on_server else tmp_path / "db"
    name = f"auto-{abs(hash(tmp_path))}"
    return lambda embedder=None, **options: opened(request.param, place, name, embedder=embedder, **options)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is enough to measure on, for tests of other things than that number."""
    monkeypatch.setattr(auto, "MINIMUM", 20)


def calibration_of(store: Held) -> Any:
    return store.adapter.embedder_of(store.raw).calibration


def test_a_new_collection_is_calibrated_on_what_it_is_for(
    open_store: Open, folder: Path, embedder: CLIPEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", auto.__name__):
        store = open_store(embedder, calibrate=[folder])
    assert "calibrated on 300 pictures and 300 text passages of " in caplog.text
    report = store.ingest([folder])
    assert (report.images, report.passages, report.cached) == (300, 300, 600)  # embedded once
    measured = sample_files([folder], embedder).calibration()
    by_hand = embedder.with_calibration(measured)
    row = store.row(folder / "notes" / "7.txt")
    assert np.allclose(row.vector, by_hand.embed_texts([row.document])[0], atol=1e-5)
    again = open_store()
    assert calibration_of(again) == measured
    assert store.adapter.search(again.raw, text="note 7", k=5).ranked


def test_one_that_is_there_keeps_what_it_has(
    open_store: Open, small: Path, embedder: CLIPEmbedder, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = calibration_of(open_store(embedder, calibrate=small))
    assert own is not None
    with pytest.raises(FingerprintMismatchError, match=r"got .*raw"):
        open_store(embedder)
    monkeypatch.setattr(auto, "sample_files", None)  # nothing is drawn again
    again = open_store(embedder, calibrate=small)
    assert calibration_of(again) == own
    assert again.ingest([small]).added == 80
    with pytest.raises(FingerprintMismatchError):
        open_store(embedder.with_calibration(None).with_calibration(other_than(own)), calibrate=small)


def other_than(calibration: ModalityCalibration) -> ModalityCalibration:
    return replace(calibration, levels={})


def test_a_raw_one_stays_raw(open_store: Open, small: Path, embedder: CLIPEmbedder, few: None) -> None:
    open_store(embedder)  # others may have it open
    assert calibration_of(open_store(embedder, calibrate=small)) is None


def test_too_few_leave_it_raw_and_say_so(
    open_store: Open, folder: Path, embedder: CLIPEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(embedder, calibrate=folder / "notes")
    assert (
        "0 pictures and 300 texts are too few to measure on (300 of each); the collection is made raw, and "
        "its pictures and texts are ranked apart, until it holds 300 of each and is recalibrated"
    ) in caplog.text
    assert calibration_of(store) is None
    assert store.ingest([folder / "notes"]).cached == 300


def test_a_model_with_a_calibration_of_its_own_takes_that_where_there_are_few(
    open_store: Open, folder: Path, tiny: CLIPEmbedder, reference: ModalityCalibration
) -> None:
    assert calibration_of(open_store(tiny, calibrate=folder / "notes" / "7.txt")) == reference


def test_a_sample_or_what_draws_one_is_taken(
    open_store: Open, small: Path, embedder: CLIPEmbedder, few: None
) -> None:
    store = open_store(embedder, calibrate=lambda raw: sample_files([small], raw, size=25))
    sample = sample_files([small], embedder, size=25)
    assert calibration_of(store) == sample.calibration(minimum=20)
    assert calibration_of(open_store(embedder, calibrate=sample)) == calibration_of(store)


def test_embedders_with_a_calibration_keep_theirs(
    open_store: Open, small: Path, calibrated: CLIPEmbedder, few: None
) -> None:
    assert calibration_of(open_store(calibrated, calibrate=small)) == calibrated.calibration


@pytest.mark.parametrize(
    ("bad", "said"),
    [("nowhere", "nowhere"), (lambda raw: 1, "the function gave int; expected what sample_files returns")],
)
def test_what_cannot_be_sampled_leaves_no_collection(
    open_store: Open, embedder: CLIPEmbedder, bad: Any, said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        open_store(embedder, calibrate=bad)
    with pytest.raises(StoreError, match=r"no (collection|table)"):
        open_store()


def test_a_sample_of_another_model_is_refused(
    open_store: Open, folder: Path, embedder: CLIPEmbedder, tiny: CLIPEmbedder
) -> None:
    with pytest.raises(FingerprintMismatchError, match=r"calibrate: the sample holds vectors of 'tiny'"):
        open_store(embedder, calibrate=sample_files([folder / "notes" / "7.txt"], tiny))


def test_of_two_that_measure_at_once_the_first_counts(
    open_store: Open, small: Path, embedder: CLIPEmbedder, few: None
) -> None:
    """The second finds a collection that was not there when it began, and goes on with what it has."""

    def meanwhile(raw: CLIPEmbedder) -> FileSample:
        first = open_store(embedder, calibrate=lambda raw: sample_files([small], raw, size=30))
        assert first.ingest([small / "notes"]).added == 40
        return sample_files([small], raw, size=35)

    second = open_store(embedder, calibrate=meanwhile)
    own = calibration_of(second)
    assert own == sample_files([small], embedder, size=30).calibration(minimum=20)
    assert second.ingest([small]).added == 40
    row = second.row(small / "pictures" / "7.png")
    expected = embedder.with_calibration(own).embed_images([small / "pictures" / "7.png"])
    assert np.allclose(row.vector, expected[0], atol=1e-5)


def test_a_plain_empty_collection_of_chroma_is_made_anew_and_calibrated(
    tmp_path: Path, small: Path, embedder: CLIPEmbedder, few: None
) -> None:
    from chroma_clip_embeddings import connect, embedder_of, open_collection

    client = connect(tmp_path / "db")
    client.get_or_create_collection("photos")
    made = open_collection(client, "photos", embedder=embedder, calibrate=small)
    assert embedder_of(made).calibration is not None
    assert made.configuration_json["hnsw"]["space"] == "cosine"


def test_for_an_event_loop(chroma_port: int, small: Path, embedder: CLIPEmbedder, few: None) -> None:
    import chromadb

    from chroma_clip_embeddings import aingest, aopen_collection, connect, embedder_of, open_collection

    async def run() -> int:
        client = await chromadb.AsyncHttpClient(host="127.0.0.1", port=chroma_port)
        collection = await aopen_collection(client, "auto-async", embedder=embedder, calibrate=small)
        return (await aingest([small], collection)).cached

    assert asyncio.run(run()) == 80
    stored = open_collection(connect(host="127.0.0.1", port=chroma_port), "auto-async")
    assert embedder_of(stored).calibration is not None
    assert stored.count() == 80
