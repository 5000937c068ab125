"""CLIPEmbeddings: what LangChain asks of it, in stores of four kinds."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_stores import pictures
from pydantic import ValidationError

from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings

TEXTS = ["a photo of a cat", "a photo of a dog", "노을지는 바다", "a red house under a tree"]


def test_rows_are_those_of_the_core_as_python_floats(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    uris = pictures(tmp_path, 2)
    assert embeddings.embed_documents(TEXTS) == tiny.embed_texts(TEXTS).tolist()
    assert embeddings.embed_query(TEXTS[0]) == tiny.embed_texts(TEXTS[:1])[0].tolist()
    assert embeddings.embed_image(uris) == tiny.embed_images(uris).tolist()
    assert {type(number) for number in embeddings.embed_image(uris)[0]} == {float}
    assert embeddings.embed_documents([]) == embeddings.embed_image([]) == []


async def test_the_async_ones_give_the_same_rows(embeddings: CLIPEmbeddings, tmp_path: Path) -> None:
    uris = pictures(tmp_path, 2)
    assert await embeddings.aembed_documents(TEXTS) == embeddings.embed_documents(TEXTS)
    assert await embeddings.aembed_query(TEXTS[1]) == embeddings.embed_query(TEXTS[1])
    assert await embeddings.aembed_image(uris) == embeddings.embed_image(uris)


async def test_queries_that_arrive_together_share_passes_and_keep_their_own_vectors(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{number} red houses" for number in range(64)]
    one_by_one = [embeddings.embed_query(text) for text in texts]
    encode, passes = tiny._encoder.encode_text, list[int]()

    def counted(ids: Any) -> Any:
        passes.append(len(ids))
        return encode(ids)

    monkeypatch.setattr(embeddings.embedder._encoder, "encode_text", counted)
    together = await asyncio.gather(*(embeddings.aembed_query(text) for text in texts))
    assert sum(passes) == 64
    assert len(passes) < 32
    assert np.abs(np.array(together) - np.array(one_by_one)).max() < 1e-5


@pytest.mark.parametrize("method", ["aembed_documents", "aembed_query", "aembed_image"])
async def test_the_event_loop_runs_while_the_model_works(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model waits for what only a free loop can do."""
    released = threading.Event()
    free: list[bool] = []

    def slow(self: CLIPEmbedder, items: list[str], **_: Any) -> Any:
        free.append(released.wait(60))
        return np.ones((len(items), 2), np.float32)

    monkeypatch.setattr(CLIPEmbedder, "embed_texts", slow)
    monkeypatch.setattr(CLIPEmbedder, "embed_images", slow)
    call = getattr(CLIPEmbeddings(model="tiny"), method)

    async def release() -> None:
        released.set()

    await asyncio.gather(call("a cat" if method == "aembed_query" else ["a cat"]), release())
    assert free == [True]


def test_the_role_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    roles: list[str] = []

    def spy(self: CLIPEmbedder, items: list[str], *, role: str) -> Any:
        roles.append(role)
        return np.ones((len(items), 2), np.float32)

    monkeypatch.setattr(CLIPEmbedder, "embed_texts", spy)
    embeddings = CLIPEmbeddings(model="tiny")
    embeddings.embed_documents(["a"])
    embeddings.embed_query("a")
    assert roles == ["document", "query"]


def test_the_settings_reach_the_core_and_only_identity_is_in_the_fingerprint() -> None:
    embeddings = CLIPEmbeddings(model="tiny", long_text="chunk", device="cpu", dtype="bfloat16", batch_size=3)
    config = embeddings.embedder.config
    assert (config.long_text, config.dtype, config.batch_size) == ("chunk", "bfloat16", 3)
    assert embeddings.fingerprint == CLIPEmbeddings(model="tiny", long_text="chunk").fingerprint
    assert embeddings.fingerprint != CLIPEmbeddings(model="tiny").fingerprint


def test_a_misspelt_or_impossible_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="model_nam"):
        CLIPEmbeddings(model_nam="tiny")  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="device: got 'tpu'; expected one of auto"):
        CLIPEmbeddings(model="tiny", device="tpu")


def test_a_missing_picture_is_named(embeddings: CLIPEmbeddings, tmp_path: Path) -> None:
    with pytest.raises(ImageDecodeError, match=r"images\[1\] .*gone\.png.*no such file"):
        embeddings.embed_image([*pictures(tmp_path, 1), str(tmp_path / "gone.png")])


def in_chroma(embeddings: CLIPEmbeddings) -> VectorStore:
    from langchain_chroma import Chroma

    return Chroma.from_texts(TEXTS, embeddings, collection_name="plain-chroma")


def in_faiss(embeddings: CLIPEmbeddings) -> VectorStore:
    from langchain_community.vectorstores import FAISS

    return FAISS.from_texts(TEXTS, embeddings)


def in_qdrant(embeddings: CLIPEmbeddings) -> VectorStore:
    from langchain_qdrant import QdrantVectorStore

    return QdrantVectorStore.from_texts(TEXTS, embeddings, location=":memory:", collection_name="texts")


def in_langchain(embeddings: CLIPEmbeddings) -> VectorStore:
    return InMemoryVectorStore.from_texts(TEXTS, embeddings)


@pytest.mark.parametrize("make", [in_chroma, in_faiss, in_qdrant, in_langchain])
def test_it_works_in_stores_of_other_makers(
    make: Callable[[CLIPEmbeddings], VectorStore], embeddings: CLIPEmbeddings
) -> None:
    store = make(embeddings)
    for text in TEXTS:
        assert store.similarity_search(text, k=1)[0].page_content == text
    order = np.argsort(-(np.array(embeddings.embed_documents(TEXTS)) @ embeddings.embed_query("a cat")))
    found = store.similarity_search("a cat", k=4)
    assert [document.page_content for document in found] == [TEXTS[i] for i in order]


def test_the_image_hook_of_langchain_chroma_takes_it(embeddings: CLIPEmbeddings, tmp_path: Path) -> None:
    from langchain_chroma import Chroma

    store = Chroma("plain-pictures", embeddings)
    uris = pictures(tmp_path, 3)
    ids = store.add_images(uris)
    assert store.similarity_search_by_image(uris[1], k=1)[0].id == ids[1]


@pytest.mark.parametrize("texts", ["a cat", b"a cat", 7, None])
async def test_what_is_no_list_of_texts_is_refused(embeddings: CLIPEmbeddings, texts: Any) -> None:
    with pytest.raises(InvalidInputError, match="expected a list"):
        embeddings.embed_documents(texts)
    with pytest.raises(InvalidInputError, match="expected a list"):
        await embeddings.aembed_documents(texts)


def test_texts_may_come_from_anything_that_gives_them(embeddings: CLIPEmbeddings) -> None:
    assert embeddings.embed_documents(text for text in TEXTS) == embeddings.embed_documents(TEXTS)  # type: ignore[arg-type]
