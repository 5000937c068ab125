"""MultimodalRetriever: questions and pictures in, both modalities out, in a chain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough
from langchain_stores import in_memory, pictures

from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma, MultimodalRetriever


@pytest.fixture(scope="module")
def uris(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return pictures(tmp_path_factory.mktemp("scenes"), 5)


@pytest.fixture(scope="module")
def store(tiny: CLIPEmbedder, uris: list[str]) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        store.add_images(uris, [{"n": i} for i in range(5)])
        words = ("cat", "dog", "house", "tree", "beach")
        store.add_texts([f"a note on the {word}" for word in words], [{"n": i} for i in range(5)])
        yield store


def kinds(documents: list[Document]) -> list[str]:
    return [document.metadata.get("modality", "text") for document in documents]


def how_many(documents: list[Document]) -> int:
    return len(documents)


def test_a_question_brings_text_and_pictures_in_turn_each_best_first(store: MultimodalChroma) -> None:
    found = MultimodalRetriever(vectorstore=store, k=6).invoke("a photo of a cat")
    assert kinds(found) == ["text", "image"] * 3
    pictures = store.similarity_search("a photo of a cat", k=3, modality="image")
    assert found[1::2] == pictures


def test_a_picture_finds_itself_first(store: MultimodalChroma, uris: list[str]) -> None:
    found = MultimodalRetriever(vectorstore=store, k=4).invoke({"image": uris[3]})
    assert found[0].metadata["uri"] == uris[3]
    assert kinds(found) == ["image", "text"] * 2


def test_where_one_modality_is_short_the_other_fills_up(store: MultimodalChroma) -> None:
    retriever = MultimodalRetriever(
        vectorstore=store,
        k=4,
        filter={"$or": [{"n": 0}, {"$and": [{"modality": "image"}, {"n": {"$gt": 0}}]}]},
    )
    assert kinds(retriever.invoke("a cat")) == ["text", "image", "image", "image"]


def test_a_call_may_have_settings_of_its_own(store: MultimodalChroma) -> None:
    retriever = MultimodalRetriever(vectorstore=store)
    assert kinds(retriever.invoke("a cat", k=2, modality="image")) == ["image", "image"]
    (found,) = retriever.invoke({"text": "a cat"}, filter={"n": 2}, modality="text")
    assert found.page_content == "a note on the house"
    with pytest.raises(TypeError, match="modalty"):
        retriever.invoke("a cat", modalty="image")


async def test_it_works_in_a_chain_sync_and_async(store: MultimodalChroma, uris: list[str]) -> None:
    retriever = MultimodalRetriever(vectorstore=store, k=2)
    count = RunnableLambda(how_many)
    chain: Runnable[Any, Any] = {
        "found": retriever | count,
        "question": RunnablePassthrough(),
    } | RunnablePassthrough()
    assert chain.invoke("a cat") == {"found": 2, "question": "a cat"}
    assert await chain.ainvoke({"image": uris[0]}) == {"found": 2, "question": {"image": uris[0]}}
    assert await retriever.abatch(["a cat", "a dog"]) == retriever.batch(["a cat", "a dog"])


@pytest.mark.parametrize("question", [7, {}, {"picture": "a.png"}, {"text": "a", "image": "a.png"}])
def test_another_question_is_refused(store: MultimodalChroma, question: object) -> None:
    with pytest.raises(InvalidInputError, match="expected a string"):
        MultimodalRetriever(vectorstore=store).invoke(question)  # type: ignore[arg-type]


def test_a_question_that_looks_like_a_path_stays_text(store: MultimodalChroma, uris: list[str]) -> None:
    found = MultimodalRetriever(vectorstore=store, k=2).invoke(uris[0])
    assert found[0].metadata.get("modality", "text") == "text"


def test_a_missing_picture_and_a_wrong_k_are_named(store: MultimodalChroma, tmp_path: Path) -> None:
    retriever = MultimodalRetriever(vectorstore=store)
    with pytest.raises(ImageDecodeError, match="no such file"):
        retriever.invoke({"image": str(tmp_path / "gone.png")})
    with pytest.raises(InvalidInputError, match="k: got 0"):
        retriever.invoke("a cat", k=0)
