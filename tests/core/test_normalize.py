"""normalize=False: vectors as long as the model gives them, in the core alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pictures import photo
from reference import Reference

from chroma_clip_embeddings import CLIPEmbeddingFunction, connect, open_collection
from clip_embeddings import (
    CLIPEmbedder,
    EmbedderConfig,
    InvalidInputError,
    ModalityCalibration,
    ZeroShotClassifier,
)
from langchain_clip_embeddings import CLIPEmbeddings

TEXTS = ["a cat", "two dogs on the beach at sunset"]


@pytest.fixture
def raw(checkpoint: Path) -> Callable[..., CLIPEmbedder]:
    def make(**settings: Any) -> CLIPEmbedder:
        return CLIPEmbedder(checkpoint, device="cpu", dtype="float32", normalize=False, **settings)

    return make


def test_vectors_are_the_models_own_features(raw: Callable[..., CLIPEmbedder], checkpoint: Path) -> None:
    theirs = Reference(checkpoint)
    given = theirs.tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        expected = theirs.model.get_text_features(**given).pooler_output.numpy()
    found = raw().embed_texts(TEXTS)
    assert found.dtype == np.float32
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    pictures = [photo(40, 30), photo(30, 80, seed=1)]
    unit = CLIPEmbedder(checkpoint, device="cpu", dtype="float32")
    images = raw().embed_images(pictures)
    lengths = np.linalg.norm(images, axis=1, keepdims=True)
    assert np.allclose(images / lengths, unit.embed_images(pictures), atol=1e-6)
    assert np.allclose(raw().similarity(pictures, TEXTS), unit.similarity(pictures, TEXTS), atol=1e-6)


def test_a_long_text_is_the_mean_of_its_windows(raw: Callable[..., CLIPEmbedder]) -> None:
    long = "a cat " * 200
    lengths = np.linalg.norm(raw(long_text="chunk").embed_texts(["a cat", long]), axis=1)
    assert 0.2 < lengths[1] / lengths[0] < 5


def test_it_is_part_of_the_identity(raw: Callable[..., CLIPEmbedder], embedder: CLIPEmbedder) -> None:
    assert raw().fingerprint != embedder.fingerprint
    assert raw().model_fingerprint == embedder.model_fingerprint
    assert not raw().matches(embedder.fingerprint)
    assert not embedder.matches(raw().fingerprint)
    assert EmbedderConfig(normalize=False).identity()["normalize"] is False
    assert "normalize" not in EmbedderConfig().identity()


def test_stores_calibrations_and_labels_refuse_it(
    raw: Callable[..., CLIPEmbedder], reference: ModalityCalibration, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="normalize: the embedder has normalize=False"):
        CLIPEmbeddingFunction.of(raw())
    with pytest.raises(InvalidInputError, match="normalize: the embedder has normalize=False"):
        open_collection(connect(tmp_path / "db"), "photos", embedder=raw())
    with pytest.raises(InvalidInputError, match="normalize: the embedder has normalize=False"):
        CLIPEmbeddings.of(raw())
    with pytest.raises(InvalidInputError, match="normalize: the embedder has normalize=False"):
        ZeroShotClassifier(raw(), ["a cat", "a dog"])
    with pytest.raises(InvalidInputError, match="normalize: got False beside a calibration"):
        raw(calibration=reference)
    with pytest.raises(InvalidInputError, match="normalize: got 0; expected True or False"):
        CLIPEmbedder(normalize=0)  # type: ignore[arg-type]
