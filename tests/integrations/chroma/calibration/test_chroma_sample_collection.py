"""A sample of a collection: random, seeded, and raw whatever the collection is calibrated with."""

from typing import get_args

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from stores import Held

from chroma_clip_embeddings import open_collection, sample_collection
from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError, l2_normalize
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.types import Modality


def vectors_of(collection: chromadb.Collection) -> dict[str, np.ndarray]:
    got = collection.get(include=["embeddings"])
    return dict(zip(got["ids"], np.asarray(got["embeddings"]), strict=True))


@pytest.fixture
def photos(client: ClientAPI, tiny: CLIPEmbedder) -> chromadb.Collection:
    """Sixty rows of each modality in a raw collection, all texts first."""
    collection = open_collection(client, "photos", embedder=tiny)
    rng = np.random.default_rng(0)
    fill(collection, l2_normalize(rng.normal(size=(120, tiny.dimension)) + 1))
    return collection


def fill(collection: chromadb.Collection, vectors: np.ndarray) -> None:
    half = len(vectors) // 2
    collection.add(
        ids=[f"row-{number}" for number in range(len(vectors))],
        embeddings=vectors,
        documents=["words"] * len(vectors),
        metadatas=[{"modality": "text" if number < half else "image"} for number in range(len(vectors))],
    )


def test_a_collection_is_sampled_at_random_and_not_from_its_start(
    photos: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    stored = vectors_of(photos)
    sampled = sample_collection(photos, size=20)
    assert sampled.counts == {("document", "text"): 20, ("document", "image"): 20}
    first = np.mean([stored[f"row-{number}"] for number in range(20)], axis=0)
    mean = sampled.calibration("model", minimum=20).means["document", "text"]
    assert np.linalg.norm(mean - first) > 0.05
    again, other = sample_collection(photos, size=20), sample_collection(photos, size=20, seed=1)
    assert sampled.calibration("model", minimum=20) == again.calibration("model", minimum=20)
    assert sampled.calibration("model", minimum=20) != other.calibration("model", minimum=20)


def test_a_large_sample_is_the_whole_collection(
    photos: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chroma_clip_embeddings.row_store._LISTED", 25)
    monkeypatch.setattr("clip_embeddings.tasks.stored._PAGE", 7)
    stored = np.stack(list(vectors_of(photos).values()))
    means = sample_collection(photos).calibration("model", minimum=60).means
    np.testing.assert_allclose(means["document", "text"], stored[:60].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(means["document", "image"], stored[60:].mean(axis=0), atol=1e-6)


def test_a_calibrated_collection_gives_the_estimate_of_a_raw_one(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder
) -> None:
    calibrated = tiny.with_calibration("reference")
    made = []
    vectors = l2_normalize(np.random.default_rng(1).normal(size=(80, tiny.dimension)) + 0.5)
    for name, embedder in ((f"{unused}-raw", tiny), (f"{unused}-calibrated", calibrated)):
        collection = open_collection(store, name, embedder=embedder)
        moved = vectors.copy()
        if embedder.calibration:
            moved[:40] = embedder.calibration.apply(vectors[:40], "text")
            moved[40:] = embedder.calibration.apply(vectors[40:], "image")
        fill(collection, moved)
        made.append(sample_collection(collection, size=30).calibration(tiny.model_fingerprint, minimum=30))
    assert made[0].counts == made[1].counts
    for modality in get_args(Modality):
        here, there = (each.means["document", modality] for each in made)
        np.testing.assert_allclose(here, there, atol=1e-5)


def test_a_sample_of_any_store_is_random_raw_and_the_same_for_a_seed(held: Held, tiny: CLIPEmbedder) -> None:
    vectors = l2_normalize(np.random.default_rng(0).normal(size=(120, tiny.dimension)) + 1)
    kinds = ["text"] * 60 + ["image"] * 60
    held.put([Row(f"row-{i}", "", False, "", {"modality": kind}) for i, kind in enumerate(kinds)], vectors)
    sample = getattr(
        held.adapter, "sample_table" if "lance" in held.adapter.__name__ else "sample_collection"
    )
    sampled, again, other = (sample(held.raw, size=20, seed=seed) for seed in (0, 0, 1))
    assert sampled.counts == {("document", "text"): 20, ("document", "image"): 20}
    first, second, third = (each.calibration("model", minimum=20) for each in (sampled, again, other))
    assert first == second != third
    means = sample(held.raw).calibration("model", minimum=60).means
    np.testing.assert_allclose(means["document", "image"], vectors[60:].mean(axis=0), atol=1e-6)
    with pytest.raises(InvalidInputError, match=f"'{held.raw.name}': size: got 0"):
        sample(held.raw, size=0)


def test_rows_without_a_modality_are_left_out(photos: chromadb.Collection, tiny: CLIPEmbedder) -> None:
    photos.add(
        ids=["plain"], embeddings=np.ones((1, tiny.dimension), np.float32), documents=["by Chroma's own call"]
    )
    assert sum(sample_collection(photos).counts.values()) == 120


def test_a_collection_of_another_function_is_refused(client: ClientAPI) -> None:
    theirs = client.create_collection("theirs", embedding_function=None)
    with pytest.raises(StoreError, match="no embedding function"):
        sample_collection(theirs)
