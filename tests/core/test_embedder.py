"""CLIPEmbedder keeps order, gives the same row in any batch, and refuses what is not finite."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures import photo

from clip_embeddings import (
    CLIPEmbedder,
    ClipEmbeddingsError,
    EmbedderConfig,
    InvalidInputError,
    cosine_similarity,
    softmax,
)

Rows = NDArray[np.float32]
TEXTS = [
    "a photo of a cat",
    "",
    "two dogs on the beach at sunset",
    "고양이가 해변에 있다",
    "a cat, " * 9,
    "🐈",
    "a b c d e",
]
PICTURES = [
    photo(*size, seed=seed) for seed, size in enumerate([(12, 9), (9, 30), (1, 1), (40, 40), (33, 7)])
]


def sized(embedder: CLIPEmbedder, batch_size: int) -> CLIPEmbedder:
    return CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", batch_size=batch_size)


@pytest.fixture(scope="module")
def alone(embedder: CLIPEmbedder) -> tuple[Rows, Rows]:
    """The rows of all texts and pictures, each embedded by itself."""
    texts = np.concatenate([embedder.embed_texts([text]) for text in TEXTS])
    return texts, np.concatenate([embedder.embed_images([picture]) for picture in PICTURES])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(TEXTS) - 1), max_size=14), st.integers(1, 9))
def test_a_texts_row_does_not_depend_on_batch_order_or_neighbours(
    embedder: CLIPEmbedder, alone: tuple[Rows, Rows], order: list[int], batch_size: int
) -> None:
    rows = sized(embedder, batch_size).embed_texts([TEXTS[i] for i in order])
    assert rows.shape == (len(order), embedder.dimension)
    assert np.abs(rows - alone[0][order]).max(initial=0) < 1e-5


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(PICTURES) - 1), max_size=14), st.integers(1, 9))
def test_a_pictures_row_does_not_depend_on_batch_order_or_neighbours(
    embedder: CLIPEmbedder, alone: tuple[Rows, Rows], order: list[int], batch_size: int
) -> None:
    rows = sized(embedder, batch_size).embed_images(PICTURES[i] for i in order)
    assert rows.shape == (len(order), embedder.dimension)
    assert np.abs(rows - alone[1][order]).max(initial=0) < 1e-5


def test_nothing_gives_no_rows_of_the_right_length(tiny: CLIPEmbedder, embedder: CLIPEmbedder) -> None:
    for model in (tiny, embedder):
        for vectors in (model.embed_texts([]), model.embed_images([]), model.embed_images(iter([]))):
            assert vectors.shape == (0, model.dimension)
            assert vectors.dtype == np.float32
        assert list(model.iter_images([])) == []


def test_rows_are_float32_of_unit_length(tiny: CLIPEmbedder) -> None:
    for vectors in (tiny.embed_texts(TEXTS), tiny.embed_images(PICTURES)):
        assert vectors.dtype == np.float32
        assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5


def test_both_roles_give_the_same_vectors_and_another_is_refused(embedder: CLIPEmbedder) -> None:
    assert np.abs(embedder.embed_texts(TEXTS, role="query") - embedder.embed_texts(TEXTS)).max() < 1e-5
    assert (
        np.abs(embedder.embed_images(PICTURES, role="query") - embedder.embed_images(PICTURES)).max() < 1e-5
    )
    wrong: Any = "passage"
    message = "role: got 'passage'; expected one of document, query"
    with pytest.raises(InvalidInputError, match=message):
        embedder.embed_texts(TEXTS, role=wrong)
    with pytest.raises(InvalidInputError, match=message):
        embedder.embed_images([], role=wrong)


def test_similarity_is_the_cosine_of_each_picture_with_each_text(tiny: CLIPEmbedder) -> None:
    cosines = tiny.similarity(PICTURES, TEXTS)
    assert cosines.shape == (len(PICTURES), len(TEXTS))
    expected = cosine_similarity(tiny.embed_images(PICTURES), tiny.embed_texts(TEXTS))
    assert np.abs(cosines - expected).max() < 1e-6
    probabilities = softmax(tiny.logit_scale * cosines)
    assert np.abs(probabilities.sum(axis=1) - 1).max() < 1e-5


def test_creating_an_embedder_reads_nothing() -> None:
    embedder = CLIPEmbedder("no/such-model", device="cuda:99")
    assert repr(embedder) == "<CLIPEmbedder 'no/such-model': not loaded yet, no calibration>"
    assert CLIPEmbedder.from_config(embedder.config).config == embedder.config
    assert CLIPEmbedder().config == EmbedderConfig()


def test_features_that_are_not_finite_are_refused(
    embedder: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = embedder._encoder.encode_text
    broken = embedder._encoder.tokenizer.windows(["🐈"], "truncate").take(np.array([0]))[0]

    def overflowing(ids: Any) -> Any:
        features = encode(ids)
        features[[row[: len(broken)].tolist() == broken.tolist() for row in ids]] = np.inf
        return features

    monkeypatch.setattr(embedder._encoder, "encode_text", overflowing)
    with pytest.raises(
        ClipEmbeddingsError, match=r"texts\[5\]: .* not finite in float32; its weights are damaged"
    ):
        embedder.embed_texts(TEXTS)


def test_progress_is_shown_only_where_it_is_asked_for(
    embedder: CLIPEmbedder, capfd: pytest.CaptureFixture[str]
) -> None:
    embedder.embed_texts(TEXTS)
    embedder.embed_images(PICTURES)
    assert capfd.readouterr() == ("", "")
    shown = embedder.embed_texts(TEXTS, show_progress=True)
    assert np.abs(shown - embedder.embed_texts(TEXTS)).max() < 1e-5
    assert "Embedding texts" in capfd.readouterr().out
