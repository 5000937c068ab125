"""Text vectors equal those of the reference implementation, row by row."""

import numpy as np
import pytest
from reference import Reference, row_cosines

from clip_embeddings import CLIPEmbedder, TruncationWarning

Pair = tuple[CLIPEmbedder, Reference]

SHORT = [
    "a photo of a cat",
    "cat",
    "A RED Car in the city, at night!",
    "고양이가 해변에 있다",
    "it's 3 dogs' 42nd walk",
    "",
    " ",
    "日本語のテキスト",
    "🐈‍⬛ emoji",
    "two\nlines\tand a tab",
]
LONG = ["the quick brown fox jumps over the lazy dog. " * 20, "고양이가 해변에 있다 " * 40, "x" * 500]


def test_a_single_text_has_the_vector_of_the_reference(pair: Pair) -> None:
    ours, reference = pair
    for text in SHORT:
        assert row_cosines(ours.embed_texts([text]), reference.texts([text])).min() >= 0.99999, text


def test_a_batch_of_short_texts_has_the_vectors_of_the_reference(pair: Pair) -> None:
    ours, reference = pair
    assert row_cosines(ours.embed_texts(SHORT), reference.texts(SHORT)).min() >= 0.99999


def test_texts_over_the_context_limit_are_cut_as_the_reference_cuts_them(pair: Pair) -> None:
    ours, reference = pair
    texts = [*LONG, *SHORT]
    with pytest.warns(TruncationWarning):
        vectors = ours.embed_texts(texts)
    assert row_cosines(vectors, reference.texts(texts)).min() >= 0.99999


def test_texts_around_the_context_limit_have_the_vectors_of_the_reference(pair: Pair) -> None:
    ours, reference = pair
    texts = [" ".join(["1"] * count) for count in range(35, 80, 2)]
    with pytest.warns(TruncationWarning):
        vectors = ours.embed_texts(texts)
    assert row_cosines(vectors, reference.texts(texts)).min() >= 0.99999


def test_a_text_that_quotes_a_special_token_does_not_change_its_neighbours(pair: Pair) -> None:
    """To the reference the token ends the text there; to us it is these letters."""
    ours, reference = pair
    plain = ["a cat", "two dogs on the beach"]
    found = ours.embed_texts([plain[0], "a cat<|endoftext|> and a dog", plain[1], "<|endoftext|>" * 5])
    assert row_cosines(found[[0, 2]], reference.texts(plain)).min() >= 0.99999
    assert row_cosines(found[1:2], reference.texts(["a cat<|endoftext|> and a dog"])).max() < 0.999


def test_different_texts_have_different_vectors_so_that_parity_means_something(pair: Pair) -> None:
    ours, _ = pair
    vectors = ours.embed_texts(SHORT[:5])
    assert np.triu(vectors @ vectors.T, 1).max() < 0.999


def test_bfloat16_stays_close_to_float32(pair: Pair) -> None:
    ours, _ = pair
    half = CLIPEmbedder(ours.config.model, device="cpu", dtype="bfloat16")
    assert half.dtype == "bfloat16"
    assert row_cosines(half.embed_texts(SHORT), ours.embed_texts(SHORT)).min() >= 0.999


def test_the_logit_scale_and_the_dimension_are_those_of_the_reference(pair: Pair) -> None:
    ours, reference = pair
    assert ours.logit_scale == pytest.approx(reference.model.logit_scale.exp().item(), rel=1e-6)
    assert ours.dimension == reference.model.config.projection_dim == ours.embed_texts(["a"]).shape[1]
