"""MultimodalRetriever: questions and pictures in, both modalities out, in a chain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
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


def cosine(store: MultimodalChroma, text: str, uri: str) -> float:
    asked = store.embedder.embed_texts([text], role="query")[0]
    return float(asked @ store.embedder.embed_images([uri])[0])


def test_a_question_brings_text_and_pictures_in_turn_each_best_first(store: MultimodalChroma) -> None:
    found = MultimodalRetriever(vectorstore=store, k=6).invoke("a photo of a cat")
    assert kinds(found) == ["text", "image"] * 3
    pictures = store.similarity_search("a photo of a cat", k=3, modality="image")
    assert [each.id for each in found[1::2]] == [each.id for each in pictures]
    scores = [each.metadata["relevance_score"] for each in found]
    assert scores[::2] == sorted(scores[::2], reverse=True)
    assert scores[1] == pytest.approx(cosine(store, "a photo of a cat", found[1].metadata["uri"]), abs=1e-5)


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


def test_words_and_a_picture_are_one_question(store: MultimodalChroma, uris: list[str]) -> None:
    retriever = MultimodalRetriever(vectorstore=store, k=5, modality="image")
    model = store.embedder
    text, image = model.embed_texts(["a cat"], role="query"), model.embed_images([uris[2]], role="query")
    shown = model.embed_images(uris)
    for weights in ((0.5, 0.5), (0.9, 0.1), (0, 1)):
        found = retriever.invoke({"text": "a cat", "image": uris[2], "weights": weights})
        mixed = weights[0] * text[0] + weights[1] * image[0]
        expected = shown @ mixed / np.linalg.norm(mixed)
        assert [uris.index(each.metadata["uri"]) for each in found] == np.argsort(-expected).tolist()
        assert found[0].metadata["relevance_score"] == pytest.approx(expected.max(), abs=1e-5)
    both = {"text": "a cat", "image": uris[2]}
    for same in ((2, 2), (1e-300, 1e-300)):
        assert retriever.invoke(both) == retriever.invoke({**both, "weights": same})


def test_some_of_each_modality_are_there_however_they_rank(store: MultimodalChroma) -> None:
    find = MultimodalRetriever(vectorstore=store, k=4, filter={"modality": "text"}).invoke
    assert kinds(find("a cat")) == ["text"] * 4
    few = MultimodalRetriever(vectorstore=store, k=5, min_images=3, min_texts=1).invoke("a cat")
    assert sorted(kinds(few)) == ["image"] * 3 + ["text"] * 2
    assert len({each.id for each in few}) == 5
    with pytest.raises(InvalidInputError, match="at least min_images and min_texts"):
        MultimodalRetriever(vectorstore=store, k=3, min_images=2).invoke("a cat", k=1)
    with pytest.raises(ValueError, match=r"no more than\s+k=3 together"):
        MultimodalRetriever(vectorstore=store, k=3, min_images=2, min_texts=2)


def test_what_is_less_near_than_a_threshold_is_left_out(store: MultimodalChroma) -> None:
    retriever = MultimodalRetriever(vectorstore=store, k=10)
    scores = [each.metadata["relevance_score"] for each in retriever.invoke("a cat")]
    least = sorted(scores)[5]
    found = retriever.invoke("a cat", score_threshold=least)
    assert len(found) == sum(score >= least for score in scores) == 5
    assert MultimodalRetriever(vectorstore=store, score_threshold=0.99).invoke("a cat") == []
    for wrong in (float("nan"), "0.1", 7):
        with pytest.raises(InvalidInputError, match="expected a cosine"):
            retriever.invoke("a cat", score_threshold=wrong)


def test_near_ones_that_are_unlike_each_other(store: MultimodalChroma) -> None:
    retriever = MultimodalRetriever(vectorstore=store, k=3, search_type="mmr", fetch_k=10, lambda_mult=0.2)
    expected = store.max_marginal_relevance_search("a cat", 3, 10, 0.2)
    assert retriever.invoke("a cat") == expected
    assert kinds(retriever.invoke("a cat", modality="image")) == ["image"] * 3
    with pytest.raises(ValueError, match="min_images or min_texts"):
        MultimodalRetriever(vectorstore=store, search_type="mmr", min_images=1)
    with pytest.raises(InvalidInputError, match="leave it out"):
        retriever.invoke("a cat", score_threshold=0.5)


@pytest.mark.parametrize(
    "question",
    [
        7,
        {},
        {"picture": "a.png"},
        {"text": "a", "weights": (1, 1)},
        {"text": "a", "images": "a.png"},
    ],
)
def test_another_question_is_refused(store: MultimodalChroma, question: object) -> None:
    with pytest.raises(InvalidInputError, match="expected a string"):
        MultimodalRetriever(vectorstore=store).invoke(question)  # type: ignore[arg-type]


@pytest.mark.parametrize("weights", [(0, 0), (1,), "11", (-1, 2), (float("nan"), 1), (1e308, 1e308), None])
def test_weights_that_weigh_nothing_are_refused(
    store: MultimodalChroma, uris: list[str], weights: object
) -> None:
    with pytest.raises(InvalidInputError, match="expected two numbers from 0 on"):
        MultimodalRetriever(vectorstore=store).invoke({"text": "a", "image": uris[0], "weights": weights})


def test_a_question_that_looks_like_a_path_stays_text(store: MultimodalChroma, uris: list[str]) -> None:
    found = MultimodalRetriever(vectorstore=store, k=2).invoke(uris[0])
    assert found[0].metadata.get("modality", "text") == "text"


def test_a_missing_picture_and_a_wrong_k_are_named(store: MultimodalChroma, tmp_path: Path) -> None:
    retriever = MultimodalRetriever(vectorstore=store)
    with pytest.raises(ImageDecodeError, match="no such file"):
        retriever.invoke({"image": str(tmp_path / "gone.png")})
    with pytest.raises(InvalidInputError, match="k: got 0"):
        retriever.invoke("a cat", k=0)
