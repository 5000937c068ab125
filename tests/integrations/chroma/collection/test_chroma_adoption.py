"""Collections of the plain classes: an empty one is made anew, one filled with our vectors is taken over."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from langchain_chroma import Chroma

from chroma_clip_embeddings import (
    add_items,
    aopen_collection,
    connect,
    open_collection,
    open_migrated,
    recalibrate,
    search,
)
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, StoreError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

NAME = "photos"
TEXTS = ["a cat on the sofa", "노을지는 바다"]


def by_chroma(client: ClientAPI) -> None:
    client.get_or_create_collection(NAME, metadata={"owner": "Min", "hnsw:space": "l2"})


def by_chroma_without_a_function(client: ClientAPI) -> None:
    client.create_collection(
        NAME, embedding_function=None, metadata={"owner": "Min"}, configuration={"hnsw": {"ef_search": 70}}
    )


def by_langchain(client: ClientAPI) -> None:
    Chroma(NAME, client=client, collection_metadata={"owner": "Min"})


@pytest.mark.parametrize("make", [by_chroma, by_chroma_without_a_function, by_langchain])
def test_an_empty_collection_of_a_plain_class_is_made_anew(
    client: ClientAPI,
    tiny: CLIPEmbedder,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[ClientAPI], None],
) -> None:
    make(client)
    with caplog.at_level(logging.WARNING):
        opened = open_collection(client, NAME, embedder=tiny)
    assert "'photos' was made without a model on record and is empty: it is made anew" in caplog.text
    add_items(opened, ids=["a"], texts=TEXTS[:1])
    found = client.get_collection(NAME)
    assert (found.metadata["owner"], found.metadata["clip_fingerprint"]) == ("Min", tiny.fingerprint)
    assert found.configuration_json["hnsw"]["space"] == "cosine"
    assert found.configuration_json["hnsw"]["ef_search"] == (70 if "without" in make.__name__ else 100)
    assert search(open_collection(client, NAME), text=TEXTS[0]).texts[0].id == "a"


def test_an_empty_collection_is_left_alone_where_none_may_be_made(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    by_langchain(client)
    with pytest.raises(StoreError, match="made with no embedding function"):
        open_collection(client, NAME, embedder=tiny, create=False)
    assert not client.get_collection(NAME, embedding_function=None).metadata.get("clip_fingerprint")


def filled(client: ClientAPI, embedder: CLIPEmbedder) -> None:
    Chroma(NAME, CLIPEmbeddings.of(embedder), client=client, collection_metadata={"owner": "Min"}).add_texts(
        TEXTS, ids=["a", "b"]
    )


def test_what_langchains_own_class_filled_with_our_embeddings_opens(
    client: ClientAPI, tiny: CLIPEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    filled(client, tiny)
    with caplog.at_level(logging.WARNING):
        store = MultimodalChroma(NAME, CLIPEmbeddings.of(tiny), client=client)
    assert "open_migrated(client, 'photos', modality=\"text\")" in caplog.text
    assert [document.id for document in store.similarity_search(TEXTS[1], k=1)] == ["b"]
    assert store._collection.metadata["owner"] == "Min"
    store.add_texts(["a dog"], ids=["c"])
    ((document, relevance),) = store.similarity_search_with_relevance_scores("a dog", k=1)
    assert document.id == "c"
    assert relevance == pytest.approx(1, abs=1e-3)
    assert MultimodalChroma(NAME, client=client)._collection.count() == 3  # its model is on record now


def test_its_rows_are_found_by_modality_once_they_are_marked(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    filled(client, tiny)
    opened = open_collection(client, NAME, embedder=tiny)
    opened.update(ids=["b"], metadatas=[{"modality": "other"}])
    assert search(opened, text=TEXTS[0]).hits == ()
    before = np.asarray(opened.get(ids=["a"], include=["embeddings"])["embeddings"])
    for _ in range(2):
        marked = open_migrated(client, NAME, modality="text")
    assert [hit.id for hit in search(marked, text=TEXTS[0]).texts] == ["a"]
    rows: Any = marked.get(include=["metadatas"])
    assert [row["modality"] for row in rows["metadatas"]] == ["text", "other"]
    np.testing.assert_array_equal(marked.get(ids=["a"], include=["embeddings"])["embeddings"], before)
    marked.update(ids=["b"], metadatas=[{"modality": "text"}])
    assert search(recalibrate(client, NAME, "reference"), text=TEXTS[0], k=1).texts[0].id == "a"
    with pytest.raises(InvalidInputError, match="modality: got 'any'"):
        open_migrated(client, NAME, modality="any")  # type: ignore[arg-type]


def test_rows_of_another_model_are_not_taken_over(
    client: ClientAPI, embedder: CLIPEmbedder, byte_level_checkpoint: Any, tiny: CLIPEmbedder
) -> None:
    filled(client, embedder)
    other = CLIPEmbedder(str(byte_level_checkpoint), device="cpu", dtype="float32")
    for wrong, reason in ((other, "a stored text has cosine"), (tiny, "their length is")):
        with pytest.raises(FingerprintMismatchError, match=reason):
            open_collection(client, NAME, embedder=wrong)
    with pytest.raises(StoreError, match="name their model"):
        MultimodalChroma(NAME, client=client)
    found = client.get_collection(NAME, embedding_function=None)
    assert (found.metadata, found.count()) == ({"owner": "Min"}, 2)


def test_rows_of_another_model_behind_ours_are_not_taken_over(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    made = client.create_collection("mixed", embedding_function=None)
    texts = [f"note {number}" for number in range(20)]
    made.add(ids=texts, documents=texts, embeddings=list(tiny.embed_texts(texts)))
    others = [f"other {number}" for number in range(60)]
    chance = np.random.default_rng(0).standard_normal((60, tiny.dimension)).astype(np.float32)
    made.add(ids=others, documents=others, embeddings=list(chance))
    with pytest.raises(FingerprintMismatchError, match=r"not seen to be of 'tiny': a stored text has cosine"):
        open_collection(client, "mixed", embedder=tiny)


def test_rows_without_a_text_are_not_taken_over_unless_one_says_so(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    theirs = client.create_collection(NAME, embedding_function=None)
    theirs.add(ids=["a"], embeddings=tiny.embed_texts(TEXTS[:1]))
    with pytest.raises(FingerprintMismatchError, match="no stored text can be compared with its vector"):
        open_collection(client, NAME, embedder=tiny)
    open_migrated(client, NAME, embedder=tiny, verify=False)
    assert open_collection(client, NAME).count() == 1


def test_both_are_taken_over_by_the_async_client_too(
    server: tuple[str, int], unused: str, tiny: CLIPEmbedder
) -> None:
    plain = connect(host=server[0], port=server[1])
    plain.get_or_create_collection(unused, metadata={"owner": "Min"})
    theirs = plain.create_collection(f"{unused}-filled", embedding_function=None)
    theirs.add(ids=["a"], documents=TEXTS[:1], embeddings=tiny.embed_texts(TEXTS[:1]))

    async def work() -> None:
        client = await chromadb.AsyncHttpClient(host=server[0], port=server[1])
        made = await aopen_collection(client, unused, embedder=tiny, configuration={"hnsw": {"ef_search": 9}})
        assert made.configuration_json["hnsw"]["ef_search"] == 9
        await aopen_collection(client, f"{unused}-filled", embedder=tiny, metadata={"year": 2026})

    asyncio.run(work())
    assert open_collection(plain, unused).metadata["owner"] == "Min"
    assert open_collection(plain, f"{unused}-filled").metadata["year"] == 2026
