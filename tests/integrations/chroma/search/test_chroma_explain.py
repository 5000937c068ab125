"""The modality gap of stored rows, drawn at random, raw or calibrated: in any store, and over HTTP."""

import random
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from stores import FOLDERS, Held, opened

from chroma_clip_embeddings import CLIPEmbeddingFunction, explain, open_collection
from chroma_clip_embeddings.plugin import ChromaCollection
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.stores.collection import draw_rows
from clip_embeddings.types import Embeddings

Fill = Callable[[ClientAPI, str, CLIPEmbedder], chromadb.Collection]
Make = Callable[[str, CLIPEmbedder], Held]
Put = Callable[[Callable[[list[Row], Embeddings], None], CLIPEmbedder], None]
SCENES = 40


def content() -> tuple[list[Any], list[str]]:
    """Scenes, and their captions in both languages."""
    shown, rng = list(scenes(920_000, SCENES)), random.Random(7)
    texts = [caption(scene, language, rng, full=True).text for scene in shown for language in ("en", "ko")]
    return [render(scene, 64) for scene in shown], texts


@pytest.fixture(scope="module")
def put() -> Put:
    """Adds them as rows, pictures first; what they are embedded to is kept."""
    pictures, texts = content()
    kept: dict[str, tuple[Embeddings, Embeddings]] = {}

    def added(add: Callable[[list[Row], Embeddings], None], embedder: CLIPEmbedder) -> None:
        if embedder.fingerprint not in kept:
            kept[embedder.fingerprint] = embedder.embed_images(pictures), embedder.embed_texts(texts)
        seen, read = kept[embedder.fingerprint]
        add([Row(f"p{i:03}", "", True, "", {"modality": "image"}) for i in range(len(seen))], seen)
        rows = [Row(f"t{i:03}", "", False, text, {"modality": "text"}) for i, text in enumerate(texts)]
        add(rows, read)

    return added


@pytest.fixture
def fill(put: Put) -> Fill:
    """Makes a collection of them."""

    def made(client: ClientAPI, name: str, embedder: CLIPEmbedder) -> chromadb.Collection:
        collection = open_collection(client, name, embedder=embedder)
        put(ChromaRows(collection, embedder.dimension).add, embedder)
        return collection

    return made


@pytest.fixture(params=["server", *FOLDERS])
def make(request: pytest.FixtureRequest, tmp_path: Path, unused: str, put: Put) -> Make:
    """Makes a collection or a table of them."""
    place = request.getfixturevalue("chroma_port") if request.param == "server" else tmp_path / "db"

    def made(name: str, embedder: CLIPEmbedder) -> Held:
        held = opened(request.param, place, f"{unused}-{name}", embedder=embedder)
        put(held.put, embedder)
        return held

    return made


def test_help_shows_the_options_and_the_store_by_its_own_name(held: Held) -> None:
    explain = held.adapter.explain
    first, *options = signature(explain).parameters
    assert first == ("table" if "lance" in held.adapter.__name__ else "collection")
    assert options == ["queries", "size", "seed", "calibration"]
    assert f"{first}: where the rows are" in explain.__doc__
    with pytest.raises(InvalidInputError, match=f"{first} '{held.raw.name}': texts: got 0"):
        explain(**{first: held.raw})
    with pytest.raises(TypeError, match="queri"):
        explain(held.raw, queri=["a cat"])


def test_raw_rows_show_their_gap_and_what_the_reference_makes_of_it(make: Make, tiny: CLIPEmbedder) -> None:
    held = make("raw", tiny)
    report = held.adapter.explain(held.raw)
    assert report.after is None
    assert report.counts == {("document", "text"): 2 * SCENES, ("document", "image"): SCENES}
    assert report.before.exposure["text"] < 0.5
    seen = held.adapter.explain(held.raw, calibration="reference").after
    assert seen is not None
    assert 0.6 < seen.exposure["text"] < 1.4


def test_calibrated_rows_show_the_same_gap_before_and_their_own_calibration_after(
    make: Make, tiny: CLIPEmbedder
) -> None:
    calibrated = tiny.with_calibration("reference")
    raw, moved = (
        held.adapter.explain(held.raw, calibration=calibration)
        for held, calibration in ((make("raw", tiny), "reference"), (make("moved", calibrated), None))
    )
    assert moved.calibration == raw.calibration == calibrated.calibration.id  # type: ignore[union-attr]
    assert moved.after is not None
    assert raw.after is not None
    assert moved.before.gap == pytest.approx(raw.before.gap, abs=1e-4)
    assert moved.after.exposure == pytest.approx(raw.after.exposure, abs=1e-2)
    for name in ("text", "image"):
        assert np.allclose(moved.before.plane[name], raw.before.plane[name], atol=1e-3)


def test_queries_of_ones_own_are_embedded_as_queries(make: Make, tiny: CLIPEmbedder) -> None:
    held = make("asked", tiny.with_calibration("reference"))
    report = held.adapter.explain(held.raw, queries=["a red boat", "노을지는 바다"])
    assert report.counts["query", "text"] == 2
    assert report.before.scores["text", "image"].counts.sum() == 2 * SCENES
    seen = report.after
    assert seen is not None
    vectors = tiny.with_calibration("reference").embed_texts(["a red boat", "노을지는 바다"], role="query")
    stored = np.stack([row.vector for row in held.rows().values() if row.metadata["modality"] == "image"])
    assert seen.scores["text", "image"].median == pytest.approx(np.median(vectors @ stored.T), abs=1e-4)


def test_without_queries_no_weights_are_loaded(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(client, "light", tiny)
    loads = []
    monkeypatch.setattr("clip_embeddings.models.loaded.load_encoder", lambda *a, **k: loads.append(a))
    explain(open_collection(client, "light", create=False), calibration="reference")
    assert loads == []


def test_rows_are_drawn_from_everywhere_and_alike_for_the_same_seed(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder
) -> None:
    collection = ChromaCollection(fill(client, "drawn", tiny))
    stored = collection.raw.get(where={"modality": "text"}, include=["embeddings"])
    vectors = np.asarray(stored["embeddings"])
    drawn = draw_rows(collection, "text", 20, 0)
    places = (drawn @ vectors.T).argmax(axis=1)
    assert np.allclose(drawn, vectors[places], atol=1e-6)
    assert places.max() >= 40  # not the first ones
    assert len(set(places.tolist())) > 15  # without putting any back; some captions are alike
    assert np.array_equal(drawn, draw_rows(collection, "text", 20, 0))
    assert not np.array_equal(drawn, draw_rows(collection, "text", 20, 1))
    assert len(draw_rows(collection, "image", 10_000, 0)) == SCENES


def test_rows_of_more_than_one_request_are_all_drawn_once(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = ChromaCollection(fill(client, "paged", tiny))
    whole = draw_rows(collection, "text", 60, 3)
    monkeypatch.setattr("chroma_clip_embeddings.row_store._LISTED", 7)
    monkeypatch.setattr("clip_embeddings.tasks.stored._PAGE", 11)
    assert np.array_equal(draw_rows(collection, "text", 60, 3), whole)


def test_vectors_drawn_from_a_calibrated_collection_are_the_models_own(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder
) -> None:
    calibrated = tiny.with_calibration("reference")
    raw, taken_back = (
        draw_rows(ChromaCollection(fill(client, name, embedder)), "image", 30, 0)
        for name, embedder in (("raw", tiny), ("moved", calibrated))
    )
    assert np.allclose(raw, taken_back, atol=1e-5)


def test_texts_only_have_no_gap_to_show_which_is_said(held: Held, tiny: CLIPEmbedder) -> None:
    texts = [f"cat {i}" for i in range(12)]
    held.put([Row(text, "", False, text, {"modality": "text"}) for text in texts], tiny.embed_texts(texts))
    message = f"(collection|table) '{held.raw.name}': pictures: got 0; .* at least 10"
    with pytest.raises(InvalidInputError, match=message):
        held.adapter.explain(held.raw)


def test_rows_without_a_modality_are_left_out(client: ClientAPI, fill: Fill, tiny: CLIPEmbedder) -> None:
    collection = fill(client, "strangers", tiny)
    collection.upsert(ids=["x"], embeddings=tiny.embed_texts(["a stranger"]), documents=["a stranger"])
    assert explain(collection).counts["document", "text"] == 2 * SCENES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"queries": "a cat"}, "got one str; expected a list"),
        ({"size": 0}, "size: got 0"),
        ({"calibration": "no-such.json"}, "'no-such.json' cannot be read: No such file"),
    ],
)
def test_arguments_that_mean_nothing_are_named(
    held: Held, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        held.adapter.explain(held.raw, **arguments)


def test_vectors_of_another_model_are_not_explained_by_this_one(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder, checkpoint: object
) -> None:
    fill(client, "tiny", tiny)
    other = CLIPEmbeddingFunction(str(checkpoint))
    found = client.get_collection("tiny", embedding_function=None)
    found._embedding_function = other
    with pytest.raises(FingerprintMismatchError, match="model_name=tiny"):
        explain(found)
