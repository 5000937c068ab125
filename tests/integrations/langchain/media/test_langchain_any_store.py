"""Folders in stores of LangChain that know only text: real vectors, index(), nothing decoded twice."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.indexing import InMemoryRecordManager, RecordManager, aindex, index
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_stores import NOTE, STORES, faiss, in_memory, pictures, qdrant, vector_of

from clip_embeddings import (
    CLIPEmbedder,
    encode,
)
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MediaLoader,
    MediaStore,
    MultimodalRetriever,
    add_media,
    document_id,
    document_uuid,
)


@pytest.mark.parametrize("make", STORES)
def test_a_folder_has_its_real_vectors_and_is_found_by_both_modalities(
    make: Callable[[Embeddings], Any], embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path
) -> None:
    store, loader = make(embeddings), MediaLoader(media, embeddings)
    key = document_uuid if make is qdrant else document_id
    report = add_media(store, loader, ids=key)
    assert (report.images, report.texts, report.failures) == (3, 1, ())
    for id, document in zip(report.ids, loader.load(), strict=True):
        assert id == key(document)
        own = (
            tiny.embed_images([document.metadata["uri"]])
            if document.metadata["modality"] == "image"
            else tiny.embed_texts([document.page_content])
        )
        assert float(vector_of(store, id) @ own[0]) >= 0.99999
        (found,) = store.get_by_ids([id])
        assert (found.page_content, found.metadata) == (
            document.page_content,
            {**document.metadata, **({"_id": id, "_collection_name": "c"} if make is qdrant else {})},
        )
    assert add_media(store, loader, ids=key).ids == report.ids  # replaced, not stored twice
    assert len(store.similarity_search("a", k=10)) == 4
    retriever = MultimodalRetriever(vectorstore=store, k=4)
    kinds = [found.metadata["modality"] for found in retriever.invoke("a photo of a cat")]
    assert kinds == ["text", "image", "image", "image"]
    (first,) = retriever.invoke({"image": str(media / "scene-41.png")}, k=1)
    assert first.metadata["uri"] == str(media / "scene-41.png")
    assert retriever.invoke("a", modality="text", k=3)[0].page_content == NOTE


@pytest.mark.parametrize("make", [InMemoryVectorStore, faiss])
def test_documents_of_the_loader_are_pictures_where_a_store_embeds_their_texts(
    make: Callable[[Embeddings], Any], embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path
) -> None:
    documents = MediaLoader(media, embeddings).load()
    assert all(isinstance(document.page_content, str) for document in documents)
    store = make(embeddings)
    assert store.add_documents(documents) == [document.id for document in documents]
    for document in documents:
        if document.metadata["modality"] == "image":
            own = tiny.embed_images([document.metadata["uri"]])[0]
            assert float(vector_of(store, str(document.id)) @ own) >= 0.99999


@pytest.mark.parametrize("make", STORES)
@pytest.mark.parametrize("cleanup", ["full", "incremental"])
async def test_index_keeps_any_store_as_the_files_are(
    make: Callable[[Embeddings], Any], cleanup: Any, embeddings: CLIPEmbeddings, media: Path
) -> None:
    inner = make(embeddings)
    store, records = MediaStore(inner), InMemoryRecordManager("r")
    key = document_uuid if make is qdrant else document_id
    loader = MediaLoader(media, embeddings)

    async def run() -> tuple[int, int, int]:
        options = {"cleanup": cleanup, "source_id_key": "source", "key_encoder": key, "batch_size": 2}
        done = await aindex(loader, records, store, **options)
        return done["num_added"], done["num_skipped"], done["num_deleted"]

    assert await run() == (4, 0, 0)
    assert await run() == (0, 4, 0)
    shutil.copy(media / "scene-40.png", media / "z-copy.png")
    pictures(media, 1, start=50)
    (media / "scene-50.png").replace(media / "scene-41.png")  # changed
    assert await run() == (1, 3, 1)
    assert loader.left_out == {"copies of other files": 1}
    found = MultimodalRetriever(vectorstore=inner, k=1).invoke({"image": str(media / "scene-41.png")})
    assert found[0].metadata["uri"] == str(media / "scene-41.png")
    assert len(inner.similarity_search("a", k=10)) == 4
    gone = [key(document) for document in loader.load()]
    store.delete([*gone, key(Document("", id="never there"))])
    store.delete([])
    assert inner.similarity_search("a", k=10) == []


def test_no_picture_is_decoded_twice(
    embeddings: CLIPEmbeddings, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    read = vars(encode)["read_image"]

    def counted(*args: Any, **options: Any) -> Any:
        decoded.append(1)
        return read(*args, **options)

    monkeypatch.setattr(encode, "read_image", counted)
    with in_memory(embeddings) as store:
        ways: list[Callable[[], object]] = [
            lambda: add_media(faiss(embeddings), MediaLoader(media, embeddings)),
            lambda: InMemoryVectorStore(embeddings).add_documents(MediaLoader(media, embeddings).load()),
            lambda: store.add_documents(MediaLoader(media, embeddings).load()),
            lambda: indexed(MediaLoader(media, embeddings), store, InMemoryRecordManager("r")),
        ]
        for way in ways:
            decoded.clear()
            way()
            assert len(decoded) == 3


def indexed(loader: MediaLoader, store: VectorStore, records: RecordManager) -> None:
    index(loader, records, store, cleanup="full", key_encoder="sha256")
