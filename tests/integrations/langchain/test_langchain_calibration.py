"""LangChain with a calibration: text and pictures in one ranking, in every store."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_stores import in_memory

from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MultimodalChroma,
    MultimodalRetriever,
    PrefixedImageEmbeddings,
)

HALF = 30


@dataclass(frozen=True)
class Album:
    """Scenes of kinds never trained on: each is here as a picture or as a text, and has a question."""

    folder: Path
    uris: list[str]
    texts: list[str]
    questions: list[str]  # row i asks for uris[i], then for texts[i - HALF]

    def right_first(self, found: Callable[[str], str]) -> tuple[float, float]:
        """How often the right picture is first, and the right text; a text may be said by its content."""
        first = [found(question) for question in self.questions]
        expected = [Path(uri).name for uri in self.uris] + self.texts
        right = [one == other for one, other in zip(first, expected, strict=True)]
        return sum(right[:HALF]) / HALF, sum(right[HALF:]) / HALF


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    shown, rng = list(scenes(720_000, 2 * HALF, held_out=True)), random.Random(1)
    folder = tmp_path_factory.mktemp("album")
    uris = [str(folder / f"{number}.png") for number in range(HALF)]
    for uri, scene in zip(uris, shown, strict=False):
        render(scene, 96).save(uri)
    texts, questions = ([caption(scene, "en", rng, full=True).text for scene in shown] for _ in range(2))
    return Album(folder, uris, texts[HALF:], questions)


@pytest.fixture(scope="module")
def calibrated_store(calibrated: CLIPEmbedder, album: Album) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(calibrated)) as store:
        store.add_images(album.uris)
        store.add_texts(album.texts)
        yield store


@pytest.fixture(scope="module")
def raw_store(tiny: CLIPEmbedder, album: Album) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        store.add_images(album.uris)
        store.add_texts(album.texts)
        yield store


def test_a_calibrated_store_is_searched_once_in_order_of_score(
    calibrated_store: MultimodalChroma, album: Album
) -> None:
    retriever = MultimodalRetriever(vectorstore=calibrated_store, k=10)
    kinds = set()
    for question in album.questions[:5]:
        scored = calibrated_store.similarity_search_with_score(question, k=10)
        found = retriever.invoke(question)
        assert [each.id for each in found] == [document.id for document, _ in scored]
        cosines = [each.metadata["relevance_score"] for each in found]
        assert cosines == pytest.approx([1 - distance for _, distance in scored])
        assert [distance for _, distance in scored] == sorted(distance for _, distance in scored)
        kinds.add(tuple(document.metadata.get("modality", "text") for document in found))
    assert len(kinds) > 1  # not always in turn
    assert {kind for order in kinds for kind in order} == {"image", "text"}


async def test_a_picture_too_is_answered_in_one_order(
    calibrated_store: MultimodalChroma, album: Album
) -> None:
    retriever = MultimodalRetriever(vectorstore=calibrated_store, k=10)
    found = retriever.invoke({"image": album.uris[3]})
    expected = calibrated_store.similarity_search_by_image(album.uris[3], k=10)
    assert [each.id for each in found] == [each.id for each in expected]
    assert found[0].metadata["uri"] == album.uris[3]
    assert found == await retriever.ainvoke({"image": album.uris[3]})
    assert {document.metadata.get("modality", "text") for document in found} == {"image", "text"}


def test_one_modality_alone_and_a_filter_still_work(calibrated_store: MultimodalChroma, album: Album) -> None:
    retriever = MultimodalRetriever(vectorstore=calibrated_store, k=HALF * 2)
    for modality in ("image", "text"):
        found = retriever.invoke(album.questions[0], modality=modality)
        assert [document.metadata.get("modality", "text") for document in found] == [modality] * HALF
    (found_one,) = retriever.invoke(album.questions[0], filter={"uri": album.uris[9]})
    assert found_one.metadata["uri"] == album.uris[9]


def test_a_question_finds_the_right_picture_or_text_first_where_raw_vectors_seldom_find_a_picture(
    calibrated_store: MultimodalChroma, raw_store: MultimodalChroma, album: Album
) -> None:
    def first(store: MultimodalChroma) -> Callable[[str], str]:
        return lambda question: store.similarity_search(question, k=1)[0].page_content

    pictures, texts = album.right_first(first(calibrated_store))
    assert pictures > 0.9
    assert texts > 0.85
    assert album.right_first(first(raw_store))[0] < 0.25


def in_langchain(embeddings: CLIPEmbeddings, album: Album) -> VectorStore:
    store = InMemoryVectorStore(PrefixedImageEmbeddings(embeddings, roots=[album.folder]))
    store.add_texts([f"image:{uri}" for uri in album.uris] + album.texts)
    return store


def in_faiss(embeddings: CLIPEmbeddings, album: Album) -> VectorStore:
    from langchain_community.vectorstores import FAISS

    rows = embeddings.embed_image(album.uris) + embeddings.embed_documents(album.texts)
    return FAISS.from_embeddings(list(zip(album.uris + album.texts, rows, strict=True)), embeddings)


@pytest.mark.parametrize("make", [in_langchain, in_faiss])
def test_it_is_so_in_stores_that_know_nothing_of_pictures(
    make: Callable[[CLIPEmbeddings, Album], VectorStore], tiny: CLIPEmbedder, album: Album
) -> None:
    def first(embeddings: CLIPEmbeddings) -> Callable[[str], str]:
        store = make(embeddings, album)

        def named(question: str) -> str:
            content = store.similarity_search(question, k=1)[0].page_content
            return Path(content).name if content.endswith(".png") else content

        return named

    pictures, texts = album.right_first(first(CLIPEmbeddings.of(tiny.with_calibration("reference"))))
    assert pictures > 0.9
    assert texts > 0.85
    assert album.right_first(first(CLIPEmbeddings.of(tiny)))[0] < 0.25


def test_documents_and_questions_are_embedded_each_in_their_role(
    calibrated: CLIPEmbedder, album: Album
) -> None:
    embeddings = CLIPEmbeddings.of(calibrated)
    assert embeddings.embed_documents(["a cat"]) == calibrated.embed_texts(["a cat"]).tolist()
    assert embeddings.embed_query("a cat") == calibrated.embed_texts(["a cat"], role="query")[0].tolist()
    assert embeddings.embed_image(album.uris[:1]) == calibrated.embed_images(album.uris[:1]).tolist()
    assert not np.allclose(embeddings.embed_documents(["a cat"])[0], embeddings.embed_query("a cat"))
