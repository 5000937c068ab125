"""A collection moved to another calibration: all but the vectors as it was, nothing embedded again."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chroma_rows import all_but_vectors, everything, filled, names, reference_of
from chromadb.api import ClientAPI

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    add_items,
    embedder_of,
    ingest,
    open_collection,
    open_migrated,
    recalibrate,
    sample_collection,
    search,
)
from chroma_clip_embeddings.collection import recalibration
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, ModalityCalibration


@pytest.fixture(scope="module")
def reference(tiny: CLIPEmbedder) -> ModalityCalibration:
    return reference_of(tiny)


@pytest.fixture
def another(tiny: CLIPEmbedder, reference: ModalityCalibration) -> ModalityCalibration:
    """A calibration of the same model with other means and no levels."""
    means = {kind: np.float32(0.8) * mean for kind, mean in reference.means.items()}
    return ModalityCalibration(reference.model, means, reference.counts, {}, {}, "a test")


@pytest.fixture
def photos(client: ClientAPI, tiny: CLIPEmbedder, folder: Path) -> chromadb.Collection:
    """Twelve pictures, some passages, a row with neither a uri nor a document, and metadata of each kind."""
    collection = open_collection(client, "photos", embedder=tiny)
    ingest([folder], collection)
    add_items(
        collection, ids=["zeta", "alpha"], texts=["a cat", "a dog"], metadatas=[{"n": 0.1, "b": True}] * 2
    )
    vector = tiny.embed_texts(["a sea"])
    collection.add(ids=["bare"], embeddings=vector, metadatas=[{"modality": "text", "tags": ["a", "b"]}])
    collection.modify(metadata={**collection.metadata, "owner": "Min"})
    return collection


def test_there_and_back_gives_the_same_collection(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder, another: ModalityCalibration
) -> None:
    before, metadata = everything(photos), photos.metadata
    for calibration in ("reference", another, None):
        opened = recalibrate(client, "photos", calibration)
        assert all_but_vectors(everything(opened)) == all_but_vectors(before)
        assert embedder_of(opened).fingerprint == tiny.with_calibration(calibration).fingerprint
        assert opened.metadata == {**metadata, "clip_fingerprint": embedder_of(opened).fingerprint}
        assert names(client) == ["photos"]
    np.testing.assert_allclose(everything(opened)["embeddings"], before["embeddings"], atol=1e-5)


def test_it_equals_embedding_under_the_calibration(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder, folder: Path, reference: ModalityCalibration
) -> None:
    calibrated = open_collection(store, f"{unused}-new", embedder=tiny.with_calibration(reference))
    ingest([folder], calibrated)
    ingest([folder], open_collection(store, unused, embedder=tiny))
    moved = recalibrate(store, unused, reference)
    here, there = everything(moved), everything(calibrated)
    assert all_but_vectors(here) == all_but_vectors(there)
    np.testing.assert_allclose(here["embeddings"], there["embeddings"], atol=1e-5)
    assert moved.configuration_json == calibrated.configuration_json
    assert unused in names(store)
    assert not {f"{unused}.before", f"{unused}.recalibrating"} & set(names(store))


def test_afterwards_it_is_searched_and_written_under_the_new_calibration(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    recalibrate(client, "photos", "reference")
    opened = open_collection(client, "photos", embedder=tiny.with_calibration("reference"))
    assert search(opened, text="a cat", k=1).texts[0].id == "zeta"
    add_items(opened, ids=["new"], texts=["a cat"])
    rows = opened.get(ids=["new", "zeta"], include=["embeddings"])["embeddings"]
    assert rows is not None
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)
    with pytest.raises(FingerprintMismatchError):
        open_collection(client, "photos", embedder=tiny)


def test_many_rows_keep_their_order_over_batches(
    client: ClientAPI, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recalibration, "_ROWS", 7)
    before = everything(filled(client, tiny))
    after = everything(recalibrate(client, "photos", "reference", show_progress=True))
    assert all_but_vectors(after) == all_but_vectors(before)
    assert "Recalibrating" in capsys.readouterr().out


def test_the_space_and_the_index_settings_stay(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    settings: Any = {"space": "ip", "ef_search": 50, "max_neighbors": 24, "batch_size": 50, "num_threads": 1}
    made = client.create_collection(
        "photos", embedding_function=CLIPEmbeddingFunction.of(tiny), configuration={"hnsw": settings}
    )
    add_items(made, ids=["t"], texts=["a cat"])
    opened = recalibrate(client, "photos", "reference")
    assert opened.configuration_json["hnsw"] == made.configuration_json["hnsw"]
    schema: Any = opened.get_model().serialized_schema
    index = schema["keys"]["#embedding"]["float_list"]["vector_index"]["config"]
    assert settings == {name: index.get(name, index["hnsw"].get(name)) for name in settings}


def test_metadata_that_the_host_would_refuse_again_does_not_stop_it(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    function = CLIPEmbeddingFunction("tiny")
    space = {"hnsw:space": "cosine", "owner": "Min"}
    client.create_collection("photos", embedding_function=function, metadata=space)
    opened = recalibrate(client, "photos", "reference")
    assert opened.metadata == {"owner": "Min", "clip_fingerprint": embedder_of(opened).fingerprint}
    assert opened.configuration_json["hnsw"]["space"] == "cosine"
    assert opened.count() == 0


def test_a_collection_moved_in_from_elsewhere_becomes_one_of_ours(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    texts = ["a cat", "a dog"]
    theirs = client.create_collection(
        "theirs", embedding_function=None, configuration={"hnsw": {"space": "l2"}}
    )
    theirs.add(ids=["0", "1"], documents=texts, embeddings=tiny.embed_texts(texts))
    moved = open_migrated(client, "theirs", embedder=tiny)
    moved.update(ids=["0", "1"], metadatas=[{"modality": "text"}] * 2)
    recalibrate(client, "theirs", "reference")
    opened = client.get_collection("theirs")
    assert opened.configuration_json["embedding_function"]["name"] == CLIPEmbeddingFunction.name()
    assert "clip_identity" not in opened.metadata
    assert opened.configuration_json["hnsw"]["space"] == "l2"
    assert opened.query(query_texts=["a dog"], n_results=1)["ids"] == [["1"]]


def test_the_calibration_that_it_has_changes_nothing(
    client: ClientAPI, photos: chromadb.Collection, tmp_path: Path, reference: ModalityCalibration
) -> None:
    assert recalibrate(client, "photos", None).id == photos.id
    opened = recalibrate(client, "photos", "reference")
    reference.save(tmp_path / "same.json")
    assert recalibrate(client, "photos", tmp_path / "same.json").id == opened.id
    assert names(client) == ["photos"]


def test_a_collection_moves_to_a_calibration_measured_on_itself(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    made = sample_collection(photos).calibration(tiny.model_fingerprint, source="itself", minimum=10)
    opened = recalibrate(client, "photos", made)
    again = sample_collection(opened).calibration(tiny.model_fingerprint, minimum=10)
    for kind, mean in made.means.items():
        np.testing.assert_allclose(again.means[kind], mean, atol=1e-5)
