"""Long text and odd text: nothing is cut in silence, every text has a vector or a clear error."""

import warnings
from typing import Any

import numpy as np
import pytest
from reference import row_cosines

from clip_embeddings import CLIPEmbedder, InvalidInputError, TextTooLongError, TruncationWarning, l2_normalize
from clip_embeddings.types import LongText

WORDS = "the quick brown fox jumps over the lazy dog and "
ROOM = 75


def with_policy(embedder: CLIPEmbedder, policy: LongText) -> CLIPEmbedder:
    return CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", long_text=policy)


def test_truncation_warns_once_with_its_counts_at_the_callers_line(embedder: CLIPEmbedder) -> None:
    texts = ["1 " * 80, "short", "2 " * 100, "3 " * ROOM]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        embedder.embed_texts(texts)
    (warning,) = caught
    assert warning.category is TruncationWarning
    assert warning.filename == __file__
    message = str(warning.message)
    assert message.startswith(
        "2 of 4 texts are longer than the 75 tokens the model reads; 30 tokens were cut off"
    )
    assert 'long_text="chunk"' in message
    assert "split_text" in message


def test_text_that_fits_gives_no_warning(embedder: CLIPEmbedder) -> None:
    embedder.embed_texts(["1 " * ROOM, "short", ""])


def test_a_chunked_text_is_the_token_weighted_mean_of_its_windows(embedder: CLIPEmbedder) -> None:
    numbers = [str(i % 10) for i in range(2 * ROOM + 10)]  # each digit is one token
    windows = [" ".join(numbers[at : at + ROOM]) for at in range(0, len(numbers), ROOM)]
    parts = embedder.embed_texts(windows).astype(np.float64)
    expected = l2_normalize((parts * [[ROOM], [ROOM], [10]]).sum(axis=0))
    chunked = with_policy(embedder, "chunk").embed_texts(["before", " ".join(numbers), "after"])
    assert np.abs(chunked[1] - expected[0]).max() < 1e-6
    assert np.abs(chunked[[0, 2]] - embedder.embed_texts(["before", "after"])).max() < 1e-6


def test_a_short_text_is_the_same_under_every_policy(embedder: CLIPEmbedder) -> None:
    texts = ["a photo of a cat", "", "1 " * ROOM]
    plain = embedder.embed_texts(texts)
    policies: list[LongText] = ["chunk", "error"]
    for policy in policies:
        assert np.abs(with_policy(embedder, policy).embed_texts(texts) - plain).max() < 1e-6


@pytest.mark.parametrize("empty", ["", " ", "\n\t"])
def test_an_empty_text_beside_a_chunked_one_keeps_its_vector(embedder: CLIPEmbedder, empty: str) -> None:
    vectors = with_policy(embedder, "chunk").embed_texts([WORDS * 20, empty])
    assert np.abs(vectors[1:] - embedder.embed_texts([empty])).max() < 1e-6


def test_the_error_policy_names_the_text_and_its_length(embedder: CLIPEmbedder) -> None:
    with pytest.raises(TextTooLongError, match=r"texts\[2\] has 76 tokens; the model reads 75.*split_text"):
        with_policy(embedder, "error").embed_texts(["a", "1 " * ROOM, "1 " * (ROOM + 1), "1 " * 99])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n\t",
        "\0",
        "a\0b",
        "🐈",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "שלום עולם",
        "مرحبا بالعالم",
        "\ud800",
        "a\udfffb",
        "é",
        "e\u0301",
        "\u200b",
        "\ufeff",
        "\U0010ffff",
        "<|endoftext|>",
        "<|startoftext|><|endoftext|>",
        "고양이",
        "\x1b[31m",
    ],
    ids=ascii,
)
def test_any_string_has_a_vector(pair: tuple[CLIPEmbedder, Any], text: str) -> None:
    vectors = pair[0].embed_texts([text, "a photo of a cat"])
    assert np.isfinite(vectors).all()
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert pair[0].split_text(text) is not None


@pytest.mark.parametrize("piece", ["x", "word ", "고양이", "🐈", "a.b\n"])
def test_a_text_of_200_000_characters_is_cut_with_a_warning(embedder: CLIPEmbedder, piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    with pytest.warns(TruncationWarning):
        vector = embedder.embed_texts([text])
    with pytest.warns(TruncationWarning):
        start = embedder.embed_texts([text[:1000]])
    assert row_cosines(vector, start).min() > 0.9999


@pytest.mark.parametrize("item", [None, 7, b"bytes", 1.5, ["a"]])
def test_what_is_not_a_string_is_named_with_its_index(embedder: CLIPEmbedder, item: Any) -> None:
    with pytest.raises(InvalidInputError, match=rf"texts\[1\]: got {type(item).__name__}; expected a str"):
        embedder.embed_texts(["a", item])
    with pytest.raises(InvalidInputError, match="expected a str"):
        embedder.split_text(item)


@pytest.mark.parametrize("texts", ["a cat", b"a cat"])
def test_one_string_where_a_list_belongs_is_named_with_the_fix(embedder: CLIPEmbedder, texts: Any) -> None:
    with pytest.raises(
        InvalidInputError, match=r"embed_texts: got one (str|bytes); expected a list.*\[item\]"
    ):
        embedder.embed_texts(texts)


@pytest.mark.parametrize("texts", [None, 7])
def test_no_list_at_all_is_named(embedder: CLIPEmbedder, texts: Any) -> None:
    with pytest.raises(InvalidInputError, match="expected a list"):
        embedder.embed_texts(texts)


def test_a_text_that_looks_like_a_path_or_an_address_stays_text(
    embedder: CLIPEmbedder, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a whole path may be longer than the model reads
    (tmp_path / "cat.txt").write_text("a dog")
    texts = ["./cat.txt", "cat.jpg", "http://127.0.0.1:9/cat", "file:///etc/hostname"]
    before = embedder.embed_texts(texts)
    (tmp_path / "cat.txt").unlink()
    assert np.abs(embedder.embed_texts(texts) - before).max() < 1e-5


@pytest.mark.parametrize("token", ["<|endoftext|>", "<|startoftext|>"])
def test_a_special_token_in_a_text_is_text(tiny: CLIPEmbedder, embedder: CLIPEmbedder, token: str) -> None:
    """As a token it would end the text: everything behind it would be lost."""
    for model in (tiny, embedder):
        one, other = model.embed_texts(
            [f"a cat {token} on the beach", f"a cat {token} in a red car at night"]
        )
        assert one @ other < 0.999
        (passage,) = model.split_text(f"a cat {token} on the beach")
        assert passage.text == f"a cat {token} on the beach"
