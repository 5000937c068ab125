"""MultimodalChroma: every search, by text, picture and vector, with filters, sync and async."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromadb.api import ClientAPI
from chromadb.api.types import Space
from langchain_core.documents import Document
from langchain_stores import image, in_memory, pictures

from chroma_clip_embeddings import CLIPEmbeddingFunction
from clip_embeddings import (
    CLIPEmbedder,
    InvalidInputError,
)
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


@pytest.fixture
def store(tiny: CLIPEmbedder) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        yield store


def test_a_picture_that_another_program_stored_without_a_document_is_found(
    store: MultimodalChroma, tmp_path: Path
) -> None:
    """The host drops such a row after the search, so that k=1 can give nothing."""
    (uri,) = pictures(tmp_path, 1)
    vectors: Any = store.embedder.embed_images([uri])
    store._collection.upsert(ids=["bare"], embeddings=vectors, metadatas=[{"uri": uri}])
    (found,) = store.similarity_search("a cat", k=1)
    assert (found.id, found.page_content) == ("bare", Path(uri).name)


def test_searches_find_pictures_by_text_picture_and_vector(store: MultimodalChroma, tmp_path: Path) -> None:
    uris = pictures(tmp_path, 6)
    ids = store.add_images(uris)
    store.add_texts([f"a note about {word}" for word in ("cats", "dogs", "trees")])
    vector = store.embeddings.embed_image(uris[2:3])[0]  # type: ignore[union-attr]
    assert store.similarity_search_by_image(uris[2], k=1)[0].id == ids[2]
    assert store.similarity_search_by_vector(vector, k=1)[0].id == ids[2]
    ((found, relevance),) = store.similarity_search_by_image_with_relevance_score(uris[2], k=1)
    assert found.id == ids[2]
    assert relevance == pytest.approx(1, abs=1e-5)
    assert store.similarity_search_by_vector_with_relevance_scores(vector, k=1)[0][1] == relevance
    ((_, distance),) = store.similarity_search_with_score("a photo of a cat", k=1, modality="image")
    ((_, relevance),) = store.similarity_search_with_relevance_scores(
        "a photo of a cat", k=1, modality="image"
    )
    assert relevance == pytest.approx(max(0, 1 - distance), abs=1e-6)
    ((_, stored),) = store.similarity_search_with_vectors("a photo of a cat", k=1, modality="image")
    assert len(stored) == store.embedder.dimension


def test_modality_and_filter_work_together(store: MultimodalChroma, tmp_path: Path) -> None:
    uris = pictures(tmp_path, 4)
    store.add_documents([image(uri, n=i % 2) for i, uri in enumerate(uris)])
    store.add_documents([Document("a cat", metadata={"n": i % 2}) for i in range(4)])

    def kinds(**options: Any) -> set[tuple[str, int]]:
        found = store.similarity_search("a cat", k=8, **options)
        return {(document.metadata.get("modality", "text"), document.metadata["n"]) for document in found}

    assert kinds(modality="image") == {("image", 0), ("image", 1)}
    assert kinds(modality="text", filter={"n": 1}) == {("text", 1)}
    assert kinds(filter={"n": 0}) == {("text", 0), ("image", 0)}
    assert kinds(where_document={"$contains": "scene"}) == {("image", 0), ("image", 1)}
    for wrong in ({"modality": "sound"}, {"k": 0}):
        with pytest.raises(InvalidInputError):
            store.similarity_search("a cat", **wrong)
    with pytest.raises(TypeError, match="modalty"):
        store.similarity_search("a cat", modalty="image")


def test_mmr_gives_the_best_first_and_near_copies_last(store: MultimodalChroma, tmp_path: Path) -> None:
    uris = pictures(tmp_path, 5)
    ids = store.add_images([*uris, uris[0]])  # the first one twice
    found = [d.id for d in store.max_marginal_relevance_search_by_image(uris[0], k=3, lambda_mult=0.3)]
    assert found[0] in (ids[0], ids[5])
    assert not {ids[0], ids[5]} <= set(found)
    plain = [d.id for d in store.similarity_search("a photo of a cat", k=4)]
    alike = store.max_marginal_relevance_search("a photo of a cat", k=4, lambda_mult=1.0)
    assert [d.id for d in alike][:2] == plain[:2] or {plain[0], plain[1]} == {ids[0], ids[5]}


async def test_the_async_methods_give_the_same(store: MultimodalChroma, tmp_path: Path) -> None:
    uris = pictures(tmp_path, 4)
    ids = await store.aadd_images(uris[:2], captions=["one", "two"])
    ids += await store.aadd_documents([image(uris[2]), image(uris[3]), Document("a cat")])
    query = "a photo of a dog"
    assert await store.asimilarity_search(query, modality="image") == store.similarity_search(
        query, modality="image"
    )
    scored = await store.asimilarity_search_with_relevance_scores(query, k=2)
    assert scored == store.similarity_search_with_relevance_scores(query, k=2)
    assert (await store.asimilarity_search_by_image(uris[2], k=1))[0].id == ids[2]
    scored = await store.asimilarity_search_by_image_with_relevance_score(uris[3], k=1)
    assert scored[0][0].id == ids[3]
    found = await store.amax_marginal_relevance_search(query, k=3)
    assert found == store.max_marginal_relevance_search(query, k=3)
    found = await store.amax_marginal_relevance_search_by_image(uris[0], k=2)
    assert found == store.max_marginal_relevance_search_by_image(uris[0], k=2)


def test_the_retriever_of_the_host_takes_a_modality(store: MultimodalChroma, tmp_path: Path) -> None:
    store.add_images(pictures(tmp_path, 3))
    store.add_texts(["a note about cats", "a note about dogs"])
    options = {"k": 2, "modality": "image"}
    for kind in ("similarity", "mmr"):
        found = store.as_retriever(search_type=kind, search_kwargs=options).invoke("a cat")
        assert [document.metadata["modality"] for document in found] == ["image", "image"]
    near = {"k": 5, "score_threshold": 0.99}
    found = store.as_retriever(search_type="similarity_score_threshold", search_kwargs=near).invoke(
        "a note about cats"
    )
    assert [document.page_content for document in found] == ["a note about cats"]


def test_relevance_is_the_cosine_in_a_collection_of_another_space(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    spaces: tuple[Space, ...] = ("l2", "ip")
    for space in spaces:
        client.create_collection(
            f"in-{space}",
            embedding_function=CLIPEmbeddingFunction.of(tiny),
            configuration={"hnsw": {"space": space}},
        )
        store = MultimodalChroma(f"in-{space}", CLIPEmbeddings.of(tiny), client=client)
        store.add_texts(["a photo of a dog"])
        ((_, relevance),) = store.similarity_search_with_relevance_scores("a dog")
        cosine = tiny.embed_texts(["a photo of a dog"])[0] @ tiny.embed_texts(["a dog"])[0]
        assert relevance == pytest.approx(max(0, cosine), abs=1e-5)
