"""One collection, two adapters: what one writes the other reads, with equal vectors and scores."""

import sys
from pathlib import Path

import chromadb
import numpy as np
import pytest
import warm
from chromadb import Collection
from chromadb.api import ClientAPI
from langchain_core.documents import Document
from langchain_stores import pictures

from chroma_clip_embeddings import connect, embedder_of, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

QUESTION = "a photo of a cat"


def scores_through_langchain(store: MultimodalChroma, modality: str) -> dict[str, float]:
    found = store.similarity_search_with_score(QUESTION, k=20, modality=modality)
    return {str(document.id): 1 - distance for document, distance in found}


def store_of(client: ClientAPI, store: MultimodalChroma) -> Collection:
    """The collection as the Chroma adapter opens it, in the same precision."""
    return open_collection(client, "photos", embedder=store.embedder, create=False)


def assert_both_see_the_same(client: ClientAPI, store: MultimodalChroma) -> None:
    found = search(store_of(client, store), text=QUESTION, k=20)
    for modality, hits in (("image", found.images), ("text", found.texts)):
        assert scores_through_langchain(store, modality) == pytest.approx({hit.id: hit.score for hit in hits})
        documents = {d.id: d for d in store.similarity_search(QUESTION, k=20, modality=modality)}
        for hit in hits:
            assert documents[hit.id].page_content == hit.document
            assert documents[hit.id].metadata.get("uri", "") == hit.uri


def test_written_through_chroma_read_through_langchain(
    client: ClientAPI, tiny: CLIPEmbedder, folder: Path
) -> None:
    ingest([folder], open_collection(client, "photos", embedder=tiny))
    store = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client)
    assert_both_see_the_same(client, store)
    assert len(scores_through_langchain(store, "image")) == 12


def test_written_through_langchain_read_through_chroma(
    client: ClientAPI, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    store = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client)
    uris = pictures(tmp_path, 5)
    store.add_documents([Document("a cat sleeps"), Document("a dog runs"), Document("산과 나무")])
    ids = store.add_images(uris, captions=["one", "two", "three", "four", ""])
    assert_both_see_the_same(client, store)
    collection = open_collection(client, "photos", create=False)
    assert embedder_of(collection).fingerprint == tiny.fingerprint
    stored = collection.get(ids=ids, include=["embeddings"])
    rows = dict(zip(stored["ids"], np.array(stored["embeddings"]), strict=True))
    np.testing.assert_allclose([rows[id] for id in ids], tiny.embed_images(uris), atol=1e-6)


def test_a_picture_has_one_vector_whichever_way_it_came_in(
    client: ClientAPI, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    (uri,) = pictures(tmp_path, 1)
    store = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client)
    (ours,) = store.add_images([uri])
    ingest([uri], open_collection(client, "photos", embedder=tiny))
    rows = store.get(include=["embeddings", "metadatas"])
    assert len(rows["ids"]) == 2
    assert ours in rows["ids"]
    np.testing.assert_allclose(rows["embeddings"][0], rows["embeddings"][1], atol=1e-6)
    assert rows["metadatas"][0]["content_sha256"] == rows["metadatas"][1]["content_sha256"]


def test_a_store_written_in_another_process_opens_by_its_folder(
    tiny: CLIPEmbedder, store_folder: Path, folder: Path
) -> None:
    code = (
        "from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma\n"
        f"store = MultimodalChroma('photos', CLIPEmbeddings(model='tiny'), {str(store_folder)!r})\n"
        f"store.add_images([{str(folder / 'scene-03.png')!r}])\n"
    )
    setup = f"import sys; sys.path[:0] = {[p for p in sys.path if p]!r}\n"
    warm.run([sys.executable, "-c", setup + code], check=True)
    store = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), persist_directory=store_folder)
    ((document, distance),) = store.similarity_search_with_score(QUESTION)
    (hit,) = search(store_of(chromadb.PersistentClient(str(store_folder)), store), text=QUESTION).images
    assert (document.page_content, hit.document) == ("scene-03.png", "scene-03.png")
    assert 1 - distance == pytest.approx(hit.score)


def test_a_store_on_a_server_works_the_same(
    server: tuple[str, int], tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    host, port = server
    store = MultimodalChroma("from-langchain", CLIPEmbeddings.of(tiny), host=host, port=port)
    uris = pictures(tmp_path, 2)
    ids = store.add_documents(
        [Document("a cat"), *(Document("", metadata={"modality": "image", "uri": uri}) for uri in uris)]
    )
    assert store.similarity_search_by_image(uris[1], k=1)[0].id == ids[2]
    collection = open_collection(connect(host=host, port=port), "from-langchain")
    assert [hit.id for hit in search(collection, image=uris[0], k=1).images] == [ids[1]]
