"""`calibrate="auto"`: an empty collection of any model is calibrated on the first files that it gets."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from stores import FOLDERS, KINDS, Held, opened

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError
from clip_embeddings.ingestion import auto, sample_files

Open = Callable[..., Held]
NAMES = ("pictures", "notes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 pictures and 300 notes."""
    folder, random = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    for name in NAMES:
        (folder / name).mkdir()
    for number in range(300):
        pixels = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{number}.png")
        (folder / "notes" / f"{number}.txt").write_text(f"note {number} of day {number * 7919 % 1000}")
    return folder


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


def test_a_new_collection_is_calibrated_on_what_it_is_given(
    open_store: Open, folder: Path, embedder: CLIPEmbedder
) -> None:
    store = open_store(embedder)
    report = store.ingest([folder], calibrate="auto")
    assert report.calibration.startswith("calibrated on 300 pictures and 300 text passages of ")
    assert report.calibration in str(report)
    assert (report.images, report.passages, report.cached) == (300, 300, 600)
    measured = sample_files([folder], embedder).calibration()
    by_hand = embedder.with_calibration(measured)
    row = store.row(folder / "notes" / "7.txt")
    assert np.allclose(row.vector, by_hand.embed_texts([row.document])[0], atol=1e-5)
    again = open_store()
    assert store.adapter.embedder_of(again.raw).calibration == measured
    assert store.adapter.search(again.raw, text="note 7", k=5).ranked


def test_one_that_is_there_keeps_what_it_has(
    open_store: Open, folder: Path, embedder: CLIPEmbedder, few: None
) -> None:
    store = open_store(embedder)
    store.ingest([folder / name / f"{number}{end}" for name, end in zip(NAMES, (".png", ".txt"), strict=True)
                  for number in range(20)], calibrate="auto")  # fmt: skip
    own = store.adapter.embedder_of(store.raw).calibration
    assert own is not None
    with pytest.raises(FingerprintMismatchError, match=r"got .*raw"):
        open_store(embedder)
    again = open_store(embedder, calibrate="auto")
    report = again.ingest([folder])
    assert (report.calibration, report.added, report.skipped) == ("", 560, 40)
    assert store.adapter.embedder_of(again.raw).calibration == own


def test_opened_so_a_new_one_needs_no_second_word(
    open_store: Open, folder: Path, embedder: CLIPEmbedder, few: None
) -> None:
    store = open_store(embedder, calibrate="auto")
    assert store.adapter.embedder_of(store.raw).calibration is None
    assert store.ingest([folder]).calibration
    assert store.adapter.embedder_of(store.raw).calibration is not None


def test_too_few_leave_it_raw_and_say_so(open_store: Open, folder: Path, embedder: CLIPEmbedder) -> None:
    store = open_store(embedder)
    report = store.ingest([folder / "notes"], calibrate="auto")
    assert report.calibration == (
        "0 pictures and 300 texts are too few to measure on (300 of each); the collection is made raw, and "
        "its pictures and texts are ranked apart, until it holds 300 of each and is recalibrated"
    )
    row = store.row(folder / "notes" / "7.txt")
    assert np.allclose(row.vector, embedder.embed_texts([row.document])[0], atol=1e-5)
    later = store.ingest([folder], calibrate="auto")  # it has rows by now
    assert (later.calibration, later.added) == ("", 300)
    assert store.adapter.embedder_of(store.raw).calibration is None


def test_a_model_with_a_calibration_of_its_own_takes_that_where_there_are_few(
    open_store: Open, folder: Path, tiny: CLIPEmbedder, reference: Any
) -> None:
    store = open_store(tiny)
    report = store.ingest([folder / "notes" / "7.txt"], calibrate="auto")
    assert "the calibration that the model ships with is used" in report.calibration
    assert store.adapter.embedder_of(store.raw).calibration == reference


def test_a_sample_that_is_given_is_measured(
    open_store: Open, folder: Path, embedder: CLIPEmbedder, few: None
) -> None:
    store, sample = open_store(embedder), sample_files([folder], embedder, size=25)
    store.ingest([folder / "notes" / "7.txt"], sample=sample, calibrate="auto")
    assert store.adapter.embedder_of(store.raw).calibration == sample.calibration(minimum=20)


def test_without_the_word_nothing_is_measured(
    open_store: Open, folder: Path, embedder: CLIPEmbedder, few: None
) -> None:
    store = open_store(embedder)
    assert store.ingest([folder]).calibration == ""
    assert store.adapter.embedder_of(store.raw).calibration is None


@pytest.mark.parametrize("bad", ["reference", True, 1])
def test_another_word_is_refused(open_store: Open, folder: Path, embedder: CLIPEmbedder, bad: Any) -> None:
    store = open_store(embedder)
    for call in (lambda: store.ingest([folder], calibrate=bad), lambda: open_store(embedder, calibrate=bad)):
        with pytest.raises(InvalidInputError, match=r"calibrate: got .*; expected 'auto' or None"):
            call()
    assert store.count() == 0


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_killed_measuring_leaves_a_collection_that_goes_on(
    kind: str, tmp_path: Path, folder: Path, embedder: CLIPEmbedder, few: None
) -> None:
    """Between the calibration on record and the first row: the same call goes on with that calibration."""
    store = opened(kind, tmp_path / "db", embedder=embedder)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(store, folder)
    assert store.count() == 0
    own = store.adapter.embedder_of(store.raw).calibration
    assert own is not None
    again = opened(kind, tmp_path / "db", embedder=embedder, calibrate="auto")
    assert again.ingest([folder], calibrate="auto").added == 600
    assert again.adapter.embedder_of(again.raw).calibration == own


def _interrupted(store: Held, folder: Path) -> None:
    def stop(*given: Any, **named: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.row_store, "page", stop)
        store.ingest([folder], calibrate="auto")


def test_of_chroma_without_our_function_on_record(
    tmp_path: Path, folder: Path, embedder: CLIPEmbedder, few: None
) -> None:
    """Another function made it, and our identity was moved in."""
    from chroma_clip_embeddings import CLIPEmbeddingFunction, connect, embedder_of, ingest, open_collection
    from chroma_clip_embeddings.collection.adoption import taken_over

    client = connect(tmp_path / "db")
    made = client.create_collection("photos", embedding_function=CLIPEmbeddingFunction.of(embedder))
    made.modify(metadata=taken_over(made, embedder))
    ingest([folder], made, calibrate="auto")
    measured = embedder_of(made).calibration
    assert measured is not None
    assert embedder_of(open_collection(client, "photos")).calibration == measured


def test_for_an_event_loop(chroma_port: int, folder: Path, embedder: CLIPEmbedder, few: None) -> None:
    import chromadb

    from chroma_clip_embeddings import aingest, aopen_collection, connect, embedder_of, open_collection

    async def run() -> str:
        client = await chromadb.AsyncHttpClient(host="127.0.0.1", port=chroma_port)
        collection = await aopen_collection(client, "auto-async", embedder=embedder, calibrate="auto")
        return (await aingest([folder], collection)).calibration

    assert asyncio.run(run()).startswith("calibrated on ")
    stored = open_collection(connect(host="127.0.0.1", port=chroma_port), "auto-async")
    assert embedder_of(stored).calibration is not None
    assert stored.count() == 600
