"""The modality gap of a collection, from rows drawn at random, raw or calibrated, embedded or over HTTP."""

import random
from collections.abc import Callable

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import CLIPEmbeddingFunction, add_items, explain, open_collection
from chroma_clip_embeddings.retrieval.measuring import draw_rows
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

Fill = Callable[[ClientAPI, str, CLIPEmbedder], chromadb.Collection]
SCENES = 40


@pytest.fixture(scope="session")
def fill() -> Fill:
    """Makes a collection of scenes and their captions in both languages; pictures first."""
    shown, rng = list(scenes(920_000, SCENES)), random.Random(7)
    pictures = [render(scene, 64) for scene in shown]
    texts = [caption(scene, language, rng, full=True).text for scene in shown for language in ("en", "ko")]

    def made(client: ClientAPI, name: str, embedder: CLIPEmbedder) -> chromadb.Collection:
        collection = open_collection(client, name, embedder=embedder)
        add_items(collection, ids=[f"p{i:03}" for i in range(len(pictures))], images=pictures)
        add_items(collection, ids=[f"t{i:03}" for i in range(len(texts))], texts=texts)
        return collection

    return made


def test_a_raw_collection_shows_its_gap_and_what_the_reference_makes_of_it(
    store: ClientAPI, unused: str, fill: Fill, tiny: CLIPEmbedder
) -> None:
    collection = fill(store, unused, tiny)
    report = explain(collection)
    assert report.after is None
    assert report.counts == {("document", "text"): 2 * SCENES, ("document", "image"): SCENES}
    assert report.before.exposure["text"] < 0.5
    seen = explain(collection, calibration="reference").after
    assert seen is not None
    assert 0.6 < seen.exposure["text"] < 1.4


def test_a_calibrated_collection_shows_the_same_gap_before_and_its_own_calibration_after(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder
) -> None:
    calibrated = tiny.with_calibration("reference")
    raw, moved = (
        explain(fill(client, name, embedder), calibration=calibration)
        for name, embedder, calibration in (("raw", tiny, "reference"), ("moved", calibrated, None))
    )
    assert moved.calibration == raw.calibration == calibrated.calibration.id  # type: ignore[union-attr]
    assert moved.after is not None
    assert raw.after is not None
    assert moved.before.gap == pytest.approx(raw.before.gap, abs=1e-4)
    assert moved.after.exposure == pytest.approx(raw.after.exposure, abs=1e-2)
    for name in ("text", "image"):
        assert np.allclose(moved.before.plane[name], raw.before.plane[name], atol=1e-3)


def test_queries_of_ones_own_are_embedded_as_queries(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder
) -> None:
    collection = fill(client, "asked", tiny.with_calibration("reference"))
    report = explain(collection, queries=["a red boat", "노을지는 바다"])
    assert report.counts["query", "text"] == 2
    assert report.before.scores["text", "image"].counts.sum() == 2 * SCENES
    seen = report.after
    assert seen is not None
    vectors = tiny.with_calibration("reference").embed_texts(["a red boat", "노을지는 바다"], role="query")
    stored = np.asarray(collection.get(where={"modality": "image"}, include=["embeddings"])["embeddings"])
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
    collection = fill(client, "drawn", tiny)
    stored = collection.get(where={"modality": "text"}, include=["embeddings"])
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
    collection = fill(client, "paged", tiny)
    whole = draw_rows(collection, "text", 60, 3)
    monkeypatch.setattr("chroma_clip_embeddings.row_store._LISTED", 7)
    monkeypatch.setattr("clip_embeddings.tasks.stored._PAGE", 11)
    assert np.array_equal(draw_rows(collection, "text", 60, 3), whole)


def test_vectors_drawn_from_a_calibrated_collection_are_the_models_own(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder
) -> None:
    raw = draw_rows(fill(client, "raw", tiny), "image", 30, 0)
    taken_back = draw_rows(fill(client, "moved", tiny.with_calibration("reference")), "image", 30, 0)
    assert np.allclose(raw, taken_back, atol=1e-5)


def test_a_collection_of_texts_only_has_no_gap_to_show_and_says_so(
    collection: chromadb.Collection,
) -> None:
    add_items(collection, ids=[str(i) for i in range(12)], texts=[f"cat {i}" for i in range(12)])
    with pytest.raises(InvalidInputError, match=r"collection 'photos': pictures: got 0; .* at least 10"):
        explain(collection)


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
    collection: chromadb.Collection, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        explain(collection, **arguments)  # type: ignore[arg-type]


def test_vectors_of_another_model_are_not_explained_by_this_one(
    client: ClientAPI, fill: Fill, tiny: CLIPEmbedder, checkpoint: object
) -> None:
    fill(client, "tiny", tiny)
    other = CLIPEmbeddingFunction(str(checkpoint))
    found = client.get_collection("tiny", embedding_function=None)
    found._embedding_function = other
    with pytest.raises(FingerprintMismatchError, match="model_name=tiny"):
        explain(found)
