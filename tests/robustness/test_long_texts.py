"""Long texts: split in bounded memory and linear time, into the passages of a text tokenised whole."""

import sys
import time

import pytest
import warm
from hypothesis import given, settings
from hypothesis import strategies as st

from clip_embeddings import CLIPEmbedder
from clip_embeddings.inputs import spans
from clip_embeddings.inputs.spans import good_end
from clip_embeddings.inputs.tokens import Passage, TextTokenizer

LONG = {
    "English": "The dog ran on the beach, and it wasn't 3 o'clock yet. He said: “Run!”\n\nThen it rained. ",
    "Korean": "고양이가 해변에서 달렸다. 세 시였다! 그리고 비가 왔다.\n\n",
    "Japanese without spaces": "猫が浜辺を走った。三時だった。それから雨が降った、とても強く。",
    "mixed": "BMW 서비스 예약 at 3:00 — שלום 🐈👩‍👩‍👧 e\u0301a\u0308 3.14\t\t don't\u3000|  ",
    "lines": "a\nb\n\n\nc   d\r\n",
    "digits and signs": "0.123456789;-1e-10;/usr/lib/x86_64 ",
}
WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            ["the", "don't", "고양이가", "해변에", "日本語。", "3.14", "🐈", "e\u0301", "שלום", "?!", "\0"]
        ),
        st.text(st.characters(exclude_categories=("Cs", "Z")), min_size=1, max_size=8),
    ),
    max_size=80,
)
SPACES = st.sampled_from([" ", " ", "  ", "\n", "\n\n", "\t ", "\u3000", ". ", "\r\n", " \u00a0 "])


def of_the_whole(tokenizer: TextTokenizer, text: str) -> list[Passage]:
    """Passages as they were made when the whole text was tokenised at once."""
    encoding = tokenizer._tokenizer.encode(text)
    marked = zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
    tokens = [span for span, special in marked if not special]
    found: list[Passage] = []
    token = position = 0
    while token < len(tokens):
        stop = min(token + tokenizer.room, len(tokens))
        end = len(text) if stop == len(tokens) else good_end(text, position, tokens[stop][0])
        passage = tokenizer._fit(text, text, position, end)
        if passage.text:
            found.append(passage)
        position = passage.end
        while token < len(tokens) and tokens[token][1] <= position:
            token += 1
    return found


def tokenizer_of(model: CLIPEmbedder) -> TextTokenizer:
    tokenizer = model._encoder.tokenizer
    assert isinstance(tokenizer, TextTokenizer)
    return tokenizer


@pytest.fixture(params=["clip", "byte-level", "bundled"])
def tokenizer(request: pytest.FixtureRequest) -> TextTokenizer:
    if request.param == "bundled":
        return tokenizer_of(request.getfixturevalue("tiny"))
    name = "checkpoint" if request.param == "clip" else "byte_level_checkpoint"
    folder = request.getfixturevalue(name)
    return tokenizer_of(CLIPEmbedder(str(folder), device="cpu", dtype="float32"))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut every few words, so that short texts have many."""
    monkeypatch.setattr(spans, "PIECE", 24)
    monkeypatch.setattr(spans, "CONTEXT", 24)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, spaces=st.lists(SPACES, min_size=80, max_size=80))
def test_passages_are_those_of_the_whole_wherever_pieces_end(
    tiny: CLIPEmbedder, embedder: CLIPEmbedder, words: list[str], spaces: list[str]
) -> None:
    text = "".join(part for pair in zip(words, spaces, strict=False) for part in pair)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "CONTEXT", 24)
        for piece in (8, 24, 61):
            patch.setattr(spans, "PIECE", piece)
            for model in (tiny, embedder):
                assert model.split_text(text) == of_the_whole(tokenizer_of(model), text)


@pytest.mark.parametrize("kind", LONG)
def test_long_texts_have_the_passages_of_the_whole(
    tokenizer: TextTokenizer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "PIECE", 4096)
    text = (LONG[kind] * 500)[:20_000]
    assert tokenizer.passages(text) == of_the_whole(tokenizer, text)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "text", ["x" * 3000, "가" * 900 + " " * 500 + "나" * 900, " " * 3000, "\0" * 300, "🐈" * 500]
)
def test_runs_that_nothing_parts_are_cut_and_still_covered(tokenizer: TextTokenizer, text: str) -> None:
    position = 0
    for passage in tokenizer.passages(text):
        assert passage.text == text[passage.start : passage.end] != ""
        assert text[position : passage.start].strip() == ""
        assert len(next(tokenizer._contents([passage.text]))) <= tokenizer.room
        position = passage.end
    assert text[position:].strip() == ""


def test_a_long_text_takes_little_memory() -> None:
    """In a process of its own, so that nothing else is counted. A megabyte took 245 MB, 20 took 4.2 GB."""
    script = """
import resource
from clip_embeddings import CLIPEmbedder
model = CLIPEmbedder("tiny", device="cpu", dtype="float32")
model.split_text("warm")
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(model.split_text("The dog ran on the beach, and it was 3 o'clock. " * 10_000)) > 2_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024)
"""
    run = warm.run([sys.executable, "-c", script], check=True)
    assert float(run.stdout) < 70  # it was 120


def test_time_grows_with_the_text_and_not_faster(tiny: CLIPEmbedder) -> None:
    times = []
    for share in (1, 4):
        text = LONG["English"] * (1_000 * share)
        started = time.process_time()
        tiny.split_text(text)
        times.append(time.process_time() - started)
    assert times[1] < 4 * 2.5 * times[0]
