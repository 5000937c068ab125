"""A text model beside the picture tower of another model: parity, identity, and what is refused."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from families.cases import CASES, write_model
from families.text_models import m_clip, m_clip_reference, sentence_transformer
from families.vocabularies import LANGUAGES
from pictures import photo
from reference import DIMENSION, row_cosines

from chroma_clip_embeddings import CLIPEmbeddingFunction, connect, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, ModelLoadError
from clip_embeddings.tasks.token_states import token_states
from langchain_clip_embeddings import CLIPEmbeddings

TEXTS = [*LANGUAGES.values(), "a", "", "A Cat, running; HERE", "one sentence about the sea " * 12]
PICTURES = [photo(40, 30), photo(30, 80, seed=1)]


def paired(model: Path, text_model: Path, **settings: Any) -> CLIPEmbedder:
    given = {"device": "cpu", "dtype": "float32", **settings}
    return CLIPEmbedder(model, text_model=text_model, **given)


@pytest.mark.filterwarnings("ignore::clip_embeddings.errors.TruncationWarning")
@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("pickled", [False, True], ids=["safetensors", "pickle"])
def test_texts_have_the_vectors_of_sentence_transformers(
    checkpoint: Path, tmp_path: Path, pooling: str, pickled: bool
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = sentence_transformer(tmp_path / "text", DIMENSION, pooling=pooling, pickled=pickled)
    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    ours = paired(checkpoint, folder)
    assert row_cosines(ours.embed_texts(TEXTS), expected).min() >= 0.99999
    alone = np.concatenate([ours.embed_texts([text]) for text in TEXTS])
    assert row_cosines(alone, expected).min() >= 0.99999
    assert np.triu(expected @ expected.T, 1).min() < 0.9
    assert ours.context == 128


@pytest.mark.filterwarnings("ignore::clip_embeddings.errors.TruncationWarning")
def test_texts_have_the_vectors_of_m_clip(checkpoint: Path, tmp_path: Path) -> None:
    folder = m_clip(tmp_path / "text", DIMENSION)
    texts = [text for text in TEXTS if len(text) < 60]
    ours = paired(checkpoint, folder)
    assert row_cosines(ours.embed_texts(texts), m_clip_reference(folder, texts)).min() >= 0.99999
    assert ours.context == 64


def test_pictures_and_scores_are_those_of_the_picture_model(checkpoint: Path, tmp_path: Path) -> None:
    plain = CLIPEmbedder(checkpoint, device="cpu", dtype="float32")
    ours = paired(checkpoint, sentence_transformer(tmp_path / "text", DIMENSION))
    assert np.array_equal(ours.embed_images(PICTURES), plain.embed_images(PICTURES))
    assert ours.scoring == plain.scoring
    assert ours.fingerprint != plain.fingerprint


def test_a_picture_index_answers_in_another_language_without_embedding_a_picture_again(
    checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for number in range(5):
        photo(40, 30 + number, seed=number).save(media / f"{number}.png")
    plain = CLIPEmbedder(checkpoint, device="cpu", dtype="float32")
    ingest([media], open_collection(connect(tmp_path / "db"), "photos", embedder=plain))
    ours = paired(checkpoint, sentence_transformer(tmp_path / "text", DIMENSION))
    with caplog.at_level(logging.WARNING):
        collection = open_collection(connect(tmp_path / "db"), "photos", embedder=ours)
    assert "texts are embedded by" in caplog.text
    found = search(collection, text="노을지는 바다", k=5)
    expected = ours.embed_images([hit.uri for hit in found.images]) @ ours.embed_texts(["노을지는 바다"])[0]
    assert [hit.score for hit in found.images] == pytest.approx(list(expected), abs=1e-5)
    report = ingest([media], collection)
    assert (report.added, report.failures) == (0, [])
    other = paired(checkpoint, sentence_transformer(tmp_path / "other", DIMENSION, seed=5))
    made = open_collection(connect(tmp_path / "db2"), "photos", embedder=ours)
    with pytest.raises(FingerprintMismatchError):  # one of the pair is not the picture model's alone
        open_collection(connect(tmp_path / "db2"), made.name, embedder=plain)
    with pytest.raises(FingerprintMismatchError):
        open_collection(connect(tmp_path / "db2"), "photos", embedder=other)


def test_a_collection_of_a_pair_opens_by_what_it_has_on_record(checkpoint: Path, tmp_path: Path) -> None:
    text_model = sentence_transformer(tmp_path / "text", DIMENSION)
    function = CLIPEmbeddingFunction(checkpoint, text_model=text_model, device="cpu", dtype="float32")
    assert function.get_config()["text_model"] == str(text_model)
    collection = connect(tmp_path / "db").create_collection("texts", embedding_function=function)
    collection.add(ids=["a"], documents=["노을지는 바다"])
    again = CLIPEmbeddingFunction.build_from_config(function.get_config())
    assert again.embedder.fingerprint == function.embedder.fingerprint
    embeddings = CLIPEmbeddings(model=checkpoint, text_model=str(text_model))
    assert embeddings.fingerprint == function.embedder.fingerprint
    assert CLIPEmbeddings(**embeddings.model_dump()).text_model == str(text_model)


def test_vectors_of_another_length_are_refused_and_both_models_named(
    checkpoint: Path, tmp_path: Path
) -> None:
    ours = paired(checkpoint, sentence_transformer(tmp_path / "text", 16))
    with pytest.raises(ModelLoadError, match=rf"gives vectors of {DIMENSION} numbers, text model .* of 16"):
        ours.embed_texts(["a"])


def test_what_is_no_text_model_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"is of type 'clip'; expected a text model, like sentence-tr"):
        paired(checkpoint, checkpoint).embed_texts(["a"])
    text_model = sentence_transformer(tmp_path / "text", DIMENSION)
    with pytest.raises(
        ModelLoadError, match=r"a text model alone\. Name it beside the model of the pictures"
    ):
        CLIPEmbedder(text_model).embed_texts(["a"])
    with pytest.raises(InvalidInputError, match=r"token_states: .*text_model"):
        token_states(paired(checkpoint, text_model), ["a"])


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "modules.json",
            [{"type": "x.Transformer", "path": ""}, {"type": "x.LSTM", "path": "1"}],
            "made of Tr",
        ),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "pools by pooling_mode_max_tokens; exp"),
        ("2_Dense/config.json", {"activation_function": "os.system"}, "has the activation 'system'; known"),
        ("sentence_bert_config.json", {"max_seq_length": "long"}, "max_seq_length 'long'; expected tokens"),
        ("modules.json", [{"type": "x.Transformer", "path": "../up"}], "outside of its folder"),
    ],
)
def test_modules_that_are_not_known_are_refused(
    checkpoint: Path, tmp_path: Path, file: str, content: Any, message: str
) -> None:
    folder = sentence_transformer(tmp_path / "text", DIMENSION)
    (folder / file).write_text(json.dumps(content))
    with pytest.raises(ModelLoadError, match=message):
        paired(checkpoint, folder).embed_texts(["a"])


def test_any_family_takes_a_text_model_of_its_length(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model", CASES["metaclip 2"])
    ours = paired(model, sentence_transformer(tmp_path / "text", 24))
    assert ours.embed_texts(["노을지는 바다"]).shape == ours.embed_images(PICTURES[:1]).shape == (1, 24)


def test_pickles_are_refused_where_they_are_not_allowed(checkpoint: Path, tmp_path: Path) -> None:
    folder = sentence_transformer(tmp_path / "text", DIMENSION, pickled=True)
    with pytest.raises(ModelLoadError, match="2_Dense has only pickled weights, and pickles are not allowed"):
        paired(checkpoint, folder, allow_pickle=False).embed_texts(["a"])
