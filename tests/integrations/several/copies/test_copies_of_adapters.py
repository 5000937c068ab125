"""What the adapters made can be pickled, copied and sent to another process after it was used."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spawned import TEXTS, call, there_and_back

from chroma_clip_embeddings import CLIPEmbeddingFunction, CLIPImageLoader
from clip_embeddings import CLIPEmbedder, InvalidInputError
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    CLIPTextSplitter,
    MediaLoader,
    PrefixedImageEmbeddings,
)

COPIES = pytest.mark.parametrize("copied", [there_and_back, copy.copy, copy.deepcopy])


@pytest.fixture(scope="module")
def function() -> CLIPEmbeddingFunction:
    """Used: its model is loaded."""
    made = CLIPEmbeddingFunction("tiny", device="cpu", dtype="float32", calibration="reference")
    made(TEXTS)
    return made


# Chroma's function and loader


@COPIES
def test_a_copied_function_gives_the_same_vectors_and_config(
    function: CLIPEmbeddingFunction, copied: Callable[[Any], Any]
) -> None:
    other = copied(function)
    assert type(other) is CLIPEmbeddingFunction
    assert other.get_config() == function.get_config()
    np.testing.assert_allclose(other.embed_query(TEXTS), function.embed_query(TEXTS), atol=1e-6)


def test_a_function_gives_the_same_vectors_in_a_new_process(
    function: CLIPEmbeddingFunction, elsewhere: Callable[..., Any]
) -> None:
    assert len(pickle.dumps(function)) < 10_000  # a calibration of 128 dimensions, and no weights
    found = elsewhere(call, function, "__call__", TEXTS)
    np.testing.assert_allclose(found, function(TEXTS), atol=1e-6)


@COPIES
def test_a_function_of_an_unusable_config_still_says_what_is_wrong_with_it(
    copied: Callable[[Any], Any],
) -> None:
    config = {"model_name": "tiny", "of_a_later_version": 1}
    other = copied(CLIPEmbeddingFunction.build_from_config(config))
    assert other.get_config() == config
    with pytest.raises(InvalidInputError, match="of_a_later_version is of a later version"):
        other(TEXTS)


@COPIES
def test_a_copied_loader_loads_the_same_pictures(scenes: list[str], copied: Callable[[Any], Any]) -> None:
    loader = CLIPImageLoader(on_error="skip", threads=2)
    loader(scenes)
    other = copied(loader)
    assert (other.on_error, other.threads) == ("skip", 2)
    np.testing.assert_array_equal(other(scenes), loader(scenes))


# LangChain's embeddings, splitter and loader


@COPIES
def test_copied_embeddings_give_the_same_vectors(
    embeddings: CLIPEmbeddings, copied: Callable[[Any], Any]
) -> None:
    other = copied(embeddings)
    assert other.model_dump() == embeddings.model_dump()
    assert other.embedder.config == embeddings.embedder.config
    np.testing.assert_allclose(other.embed_query("a cat"), embeddings.embed_query("a cat"), atol=1e-6)


def test_embeddings_of_an_embedder_keep_the_settings_that_have_no_field_here() -> None:
    made = CLIPEmbeddings.of(CLIPEmbedder("tiny", draft=True, max_pixels=10_000))
    for other in (there_and_back(made), copy.copy(made), copy.deepcopy(made)):
        assert other.embedder.config == made.embedder.config


def test_embeddings_give_the_same_vectors_in_a_new_process(
    embeddings: CLIPEmbeddings, elsewhere: Callable[..., Any]
) -> None:
    assert len(pickle.dumps(embeddings)) < 10_000
    found = elsewhere(call, embeddings, "embed_documents", TEXTS)
    np.testing.assert_allclose(found, embeddings.embed_documents(TEXTS), atol=1e-6)


@COPIES
def test_copied_prefixed_embeddings_open_the_same_folders_and_no_others(
    embeddings: CLIPEmbeddings, scenes: list[str], tmp_path: Path, copied: Callable[[Any], Any]
) -> None:
    prefixed = PrefixedImageEmbeddings(embeddings, roots=[tmp_path])
    texts = ["a cat", f"image:{scenes[0]}"]
    expected = prefixed.embed_documents(texts)
    other = copied(prefixed)
    np.testing.assert_allclose(other.embed_documents(texts), expected, atol=1e-6)
    with pytest.raises(InvalidInputError, match="outside of the folders"):
        other.embed_documents(["image:/etc/passwd"])


def test_prefixed_embeddings_splitter_and_loader_work_in_a_new_process(
    embeddings: CLIPEmbeddings, scenes: list[str], tmp_path: Path, elsewhere: Callable[..., Any]
) -> None:
    prefixed = PrefixedImageEmbeddings(embeddings, roots=[tmp_path])
    texts = ["a cat", f"image:{scenes[0]}"]
    expected = prefixed.embed_documents(texts)
    np.testing.assert_allclose(elsewhere(call, prefixed, "embed_documents", texts), expected, atol=1e-6)

    splitter, words = CLIPTextSplitter(embeddings), "The dog ran on the beach. " * 40
    assert len(splitter.split_text(words)) > 1
    assert elsewhere(call, splitter, "split_text", words) == splitter.split_text(words)
    assert copy.deepcopy(splitter).split_text(words) == splitter.split_text(words)

    (tmp_path / "note.txt").write_text(words, encoding="utf-8")
    loader = MediaLoader(tmp_path, embeddings)
    assert len(loader.load()) > 3
    assert elsewhere(call, loader, "load") == loader.load()
    assert copy.deepcopy(loader).load() == loader.load()


# Ray's class


@pytest.fixture(scope="module")
def batch_embedder() -> Any:
    from ray_clip_embeddings import CLIPBatchEmbedder

    made = CLIPBatchEmbedder("tiny", device="cpu", dtype="float32", text_column="text", drop_content=True)
    made({"text": np.array(TEXTS, object)})
    return made


def through_ray(thing: Any) -> Any:
    """As Ray sends an object."""
    from ray import cloudpickle

    return cloudpickle.loads(cloudpickle.dumps(thing))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("copied", [there_and_back, copy.copy, copy.deepcopy, through_ray])
def test_a_copied_batch_embedder_gives_the_same_table(
    batch_embedder: Any, copied: Callable[[Any], Any]
) -> None:
    batch = {"text": np.array(["a cat", "two dogs"], object)}
    assert copied(batch_embedder)(batch).equals(batch_embedder(batch))


def test_a_batch_embedder_gives_the_same_table_in_a_new_process(
    batch_embedder: Any, elsewhere: Callable[..., Any]
) -> None:
    assert len(pickle.dumps(batch_embedder)) < 2_000
    batch = {"text": np.array(["a cat", "two dogs"], object)}
    assert elsewhere(call, batch_embedder, "__call__", batch).equals(batch_embedder(batch))


def test_a_batch_embedder_takes_the_cpus_of_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    from ray_clip_embeddings import CLIPBatchEmbedder, encoder

    monkeypatch.setattr("torch.set_num_threads", lambda count: None)
    for copied in (there_and_back, copy.copy, copy.deepcopy):
        monkeypatch.setattr(encoder, "cpus_given", lambda: 1)
        made = CLIPBatchEmbedder("tiny", device="cpu", dtype="float32", text_column="text")
        made({"text": np.array(["a cat"], object)})
        assert made._encoder._embedder.config.threads == 1
        monkeypatch.setattr(encoder, "cpus_given", lambda: 3)
        assert copied(made)._encoder._embedder.config.threads == (1 if copied is copy.copy else 3)
