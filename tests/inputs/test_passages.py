"""split_text: every passage fits the model and is a slice; nothing but white space is left out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clip_embeddings import CLIPEmbedder


def check_passages(embedder: CLIPEmbedder, text: str) -> None:
    """Every passage fits and is a slice; in order, without overlap, nothing but white space between."""
    passages = embedder.split_text(text)
    position = 0
    for passage in passages:
        assert passage.text == text[passage.start : passage.end] != ""
        assert passage.start >= position
        assert text[position : passage.start].strip() == ""
        position = passage.end
    assert text[position:].strip() == ""
    strict = CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", long_text="error")
    strict.embed_texts([passage.text for passage in passages])


WRITTEN = st.sampled_from(
    [
        "the quick brown fox ",
        "고양이가 해변에 있다. ",
        "한국어문장이띄어쓰기없이이어집니다",
        "x" * 200,
        "🐈👩‍👩‍👧",
        "\n\n",
        "  \t ",
        "! ",
        "?",
        "The end. ",
        "3.14 ",
        "日本語のテキスト。",
        "שלום ",
        "e\u0301",
        "don't ",
        "<|endoftext|>",
        "\u3000",
        "\0",
    ]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(WRITTEN, st.text(max_size=60)), max_size=25).map("".join))
def test_passages_fit_and_cover_any_text(embedder: CLIPEmbedder, text: str) -> None:
    check_passages(embedder, text)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(WRITTEN, st.text(max_size=60)), max_size=25).map("".join))
def test_passages_of_the_bundled_model_fit_and_cover_any_text(tiny: CLIPEmbedder, text: str) -> None:
    check_passages(tiny, text)


def test_a_text_that_fits_is_one_passage(embedder: CLIPEmbedder) -> None:
    (passage,) = embedder.split_text("  a photo of a cat \n")
    assert (passage.text, passage.start, passage.end) == ("a photo of a cat", 2, 18)
    assert embedder.split_text("") == embedder.split_text(" \n ") == []


def test_passages_end_at_sentences_where_they_can(embedder: CLIPEmbedder) -> None:
    sentences = ["The fox jumps over the lazy dog and over two cats."] * 30
    passages = embedder.split_text(" ".join(sentences))
    assert len(passages) > 2
    assert all(passage.text.endswith(".") and passage.text.startswith("The") for passage in passages)
