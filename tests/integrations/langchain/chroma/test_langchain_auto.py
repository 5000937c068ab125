"""MultimodalChroma(calibrate=...): a new collection is calibrated on its files, opened again by whoever."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError
from clip_embeddings.ingestion import auto, sample_files
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader, MultimodalChroma


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """20 pictures and 20 texts, which are enough here."""
    monkeypatch.setattr(auto, "MINIMUM", 20)
    random, made = np.random.default_rng(0), tmp_path / "files"
    made.mkdir()
    for number in range(20):
        pixels = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(made / f"{number}.png")
        (made / f"{number}.txt").write_text(f"note {number} of day {number * 7919 % 1000}")
    return made


def store_in(place: Path, embedder: CLIPEmbedder, **options: Any) -> MultimodalChroma:
    return MultimodalChroma("photos", CLIPEmbeddings.of(embedder), place / "db", **options)


def test_a_new_store_is_calibrated_and_whoever_opens_it_has_that(
    tmp_path: Path, folder: Path, embedder: CLIPEmbedder
) -> None:
    store = store_in(tmp_path, embedder, calibrate=lambda raw: sample_files(folder, raw))
    own, namespace = store.embedder.calibration, store.index_namespace
    assert own is not None
    documents = MediaLoader(folder, embeddings=CLIPEmbeddings.of(embedder)).load()
    ids = store.add_documents(documents)
    stored = store._collection.get(ids=ids[-1:], include=["embeddings"])["embeddings"]
    assert stored is not None
    assert np.allclose(stored[0], store.embedder.embed_texts([documents[-1].page_content])[0], atol=1e-5)
    assert store.index_namespace == namespace
    store.reopen()
    for again in (store, pickle.loads(pickle.dumps(store)), store_in(tmp_path, embedder, calibrate=folder),
                  MultimodalChroma("photos", persist_directory=tmp_path / "db")):  # fmt: skip
        assert again.embedder.calibration == own
        assert again.embeddings is not None
        assert (
            again.embeddings.embed_query("a note")
            == again.embedder.embed_texts(["a note"], role="query")[0].tolist()
        )
    with pytest.raises(FingerprintMismatchError):
        store_in(tmp_path, embedder)


def test_a_raw_store_stays_raw(tmp_path: Path, folder: Path, embedder: CLIPEmbedder) -> None:
    store_in(tmp_path, embedder)
    assert store_in(tmp_path, embedder, calibrate=folder).embedder.calibration is None
