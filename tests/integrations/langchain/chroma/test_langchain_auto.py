"""MultimodalChroma(calibrate="auto"): calibrated on the first Documents, opened again by whoever."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from PIL import Image

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError
from clip_embeddings.ingestion import auto
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """20 pictures and 20 texts, which are enough here."""
    monkeypatch.setattr(auto, "MINIMUM", 20)
    random, made = np.random.default_rng(0), []
    for number in range(20):
        path = tmp_path / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (6, 6, 3), dtype=np.uint8)).save(path)
        made.append(Document("", metadata={"modality": "image", "uri": str(path)}))
        made.append(Document(f"note {number} of day {number * 7919 % 1000}"))
    return made


def store_in(folder: Path, embedder: CLIPEmbedder, **options: Any) -> MultimodalChroma:
    return MultimodalChroma("photos", CLIPEmbeddings.of(embedder), folder / "db", **options)


def test_the_first_documents_are_measured_and_stored_calibrated(
    tmp_path: Path, embedder: CLIPEmbedder, documents: list[Document]
) -> None:
    store = store_in(tmp_path, embedder, calibrate="auto")
    assert store.embedder.calibration is None
    ids = store.add_documents(documents)
    own = store.embedder.calibration
    assert own is not None
    stored = store._collection.get(ids=ids[1:2], include=["embeddings"])["embeddings"]
    expected = store.embedder.embed_texts([documents[1].page_content])
    assert stored is not None
    assert np.allclose(stored[0], expected[0], atol=1e-5)
    assert (
        store.similarity_search(documents[1].page_content, k=1)[0].page_content == documents[1].page_content
    )
    store.add_documents([Document("another note")])
    assert pickle.loads(pickle.dumps(store)).embedder.calibration == own
    assert store_in(tmp_path, embedder, calibrate="auto").embedder.calibration == own
    assert MultimodalChroma("photos", persist_directory=tmp_path / "db").embedder.calibration == own
    with pytest.raises(FingerprintMismatchError):
        store_in(tmp_path, embedder)


def test_too_few_start_raw_with_a_warning(
    tmp_path: Path, embedder: CLIPEmbedder, documents: list[Document], caplog: pytest.LogCaptureFixture
) -> None:
    store = store_in(tmp_path, embedder, calibrate="auto")
    store.add_documents(documents[:30])
    assert "15 pictures and 15 texts are too few to measure a calibration on (20 of each)" in caplog.text
    assert store.embedder.calibration is None
    store.add_documents(documents[30:])
    assert store.embedder.calibration is None
    assert store._collection.count() == 40


def test_another_word_is_refused_before_a_collection_is_made(tmp_path: Path, embedder: CLIPEmbedder) -> None:
    with pytest.raises(InvalidInputError, match="calibrate: got 'always'; expected 'auto' or None"):
        store_in(tmp_path, embedder, calibrate="always")
