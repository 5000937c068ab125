"""Pictures in stores of LangChain that know only text: with their own vectors, or not at all."""

import copy
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.indexing import InMemoryRecordManager, RecordManager, aindex, index
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_stores import image, in_memory, pictures
from pydantic import ValidationError

from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    ImageDecodeError,
    InvalidInputError,
    StoreError,
)
from clip_embeddings import embedder as embedder_module
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    CLIPTextSplitter,
    MediaLoader,
    MediaStore,
    MultimodalRetriever,
    add_media,
    document_id,
    document_uuid,
)

NOTE = "The cat has an appointment with the vet."


@pytest.fixture
def embeddings(tiny: CLIPEmbedder) -> CLIPEmbeddings:
    return CLIPEmbeddings.of(tiny)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Three pictures and a note; to be changed."""
    pictures(tmp_path, 3)
    (tmp_path / "note.txt").write_text(NOTE, encoding="utf-8")
    return tmp_path


def faiss(embeddings: Embeddings) -> Any:
    import faiss
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.vectorstores import FAISS

    return FAISS(embeddings, faiss.IndexFlatL2(128), InMemoryDocstore(), {})


def qdrant(embeddings: Embeddings) -> Any:
    from langchain_qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    client.create_collection("c", models.VectorParams(size=128, distance=models.Distance.COSINE))
    return QdrantVectorStore(client, "c", embeddings)


def vector_of(store: Any, id: str) -> np.ndarray:
    """As it is stored."""
    if isinstance(store, InMemoryVectorStore):
        return np.array(store.store[id]["vector"])
    if hasattr(store, "index"):
        places = {name: place for place, name in store.index_to_docstore_id.items()}
        row: np.ndarray = store.index.reconstruct(places[id])
        return row
    (point,) = store.client.retrieve("c", [id], with_vectors=True)
    return np.array(point.vector)


STORES = [InMemoryVectorStore, faiss, qdrant]


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


async def test_copies_pickles_and_splitters_keep_the_picture(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path
) -> None:
    documents = [
        each for each in MediaLoader(media, embeddings).load() if each.metadata["modality"] == "image"
    ]
    own = tiny.embed_images([document.metadata["uri"] for document in documents])
    for made in (
        documents,
        copy.deepcopy(documents),
        pickle.loads(pickle.dumps(documents)),
        CLIPTextSplitter(embeddings).split_documents(documents),
    ):
        texts = [document.page_content for document in made]
        np.testing.assert_allclose(embeddings.embed_documents(texts), own, atol=1e-5)
        np.testing.assert_allclose(await embeddings.aembed_documents(texts), own, atol=1e-5)
    mixed = embeddings.embed_documents([NOTE, documents[0].page_content])
    np.testing.assert_allclose(mixed, [tiny.embed_texts([NOTE])[0], own[0]], atol=1e-5)


def from_documents(documents: list[Document], embeddings: CLIPEmbeddings) -> None:
    InMemoryVectorStore.from_documents(documents, embeddings)


def rebuilt(documents: list[Document], embeddings: CLIPEmbeddings) -> None:
    made = [Document(each.page_content, metadata=each.metadata) for each in documents]
    faiss(embeddings).add_documents(made)


@pytest.mark.parametrize("way", [from_documents, rebuilt])
def test_a_picture_whose_document_was_copied_as_a_string_is_refused_and_not_a_text(
    way: Callable[[list[Document], CLIPEmbeddings], None], embeddings: CLIPEmbeddings, media: Path
) -> None:
    documents = MediaLoader(media, embeddings, captions={media / "scene-40.png": "a cat"}).load()
    with pytest.raises(InvalidInputError, match=r"'a cat'.*scene-40\.png.*add_media"):
        way(documents, embeddings)
    del documents
    assert len(embeddings.embed_documents(["a cat"])) == 1  # nobody has such a Document any more


async def test_index_refuses_a_store_that_would_get_captions_for_pictures(
    embeddings: CLIPEmbeddings, media: Path
) -> None:
    store, records = InMemoryVectorStore(embeddings), InMemoryRecordManager("r")
    with pytest.raises(InvalidInputError, match=r"MediaStore\(store\)"):
        index(MediaLoader(media, embeddings), records, store, cleanup="full", key_encoder="sha256")
    with pytest.raises(InvalidInputError, match=r"MediaStore\(store\)"):
        await aindex(MediaLoader(media, embeddings), records, store, cleanup="full", key_encoder="sha256")
    assert store.store == {}


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
    read = embedder_module.read_image

    def counted(*args: Any, **options: Any) -> Any:
        decoded.append(1)
        return read(*args, **options)

    monkeypatch.setattr(embedder_module, "read_image", counted)
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


def test_a_picture_that_changed_after_it_was_loaded_is_named(embeddings: CLIPEmbeddings, media: Path) -> None:
    documents = pickle.loads(pickle.dumps(MediaLoader(media, embeddings).load()))
    shutil.copy(media / "scene-42.png", media / "scene-40.png")
    with pytest.raises(
        ImageDecodeError, match=r"images\[1\].*scene-40\.png.*has changed since it was loaded"
    ):
        InMemoryVectorStore(embeddings).add_documents(documents)
    with in_memory(embeddings) as store:
        with pytest.raises(ImageDecodeError, match=r"images\[1\].*has changed"):
            store.add_documents(documents)
        assert store.get()["ids"] == []


def test_a_broken_picture_is_reported_and_the_others_are_stored(
    embeddings: CLIPEmbeddings, media: Path
) -> None:
    bad = media / "scene-41.png"
    bad.write_bytes(bad.read_bytes()[:-200])
    report = add_media(InMemoryVectorStore(embeddings), MediaLoader(media, embeddings))
    assert (report.images, report.texts) == (2, 1)
    assert [failure.path for failure in report.failures] == [str(bad)]
    store = InMemoryVectorStore(embeddings)
    with pytest.raises(ImageDecodeError, match=r"images\[1\] .*scene-41\.png"):
        add_media(store, [Document(NOTE), image(str(bad))])
    assert store.store == {}


class Host(VectorStore):
    """A store that embeds nothing by itself, and keeps what it gets."""

    def __init__(self, embeddings: Embeddings | None) -> None:
        self._embeddings, self.rows = embeddings, dict[str, str]()

    @property
    def embeddings(self) -> Embeddings | None:
        return self._embeddings

    def add_texts(self, texts: Any, metadatas: Any = None, *, ids: Any = None, **options: Any) -> list[str]:
        self.rows |= dict(zip(ids, texts, strict=True))
        return list(ids)

    def delete(self, ids: list[str] | None = None, **options: Any) -> None:
        for id in ids or ():
            del self.rows[id]

    def similarity_search(self, query: str, k: int = 4, **options: Any) -> list[Document]:
        return []

    @classmethod
    def from_texts(cls, *args: Any, **options: Any) -> Any:
        raise NotImplementedError


class Shuffling(Host):
    """Asks for vectors in an order of its own."""

    def add_texts(self, texts: Any, metadatas: Any = None, *, ids: Any = None, **options: Any) -> list[str]:
        assert self._embeddings
        self._embeddings.embed_documents(texts[::-1])
        return super().add_texts(texts, metadatas, ids=ids)


class TakingVectors(Host):
    """`add_embeddings` as in PGVector."""

    def add_embeddings(self, texts: Any, embeddings: Any, metadatas: Any = None, ids: Any = None) -> None:
        self.vectors = dict(zip(ids, embeddings, strict=True))


def test_a_store_that_embeds_elsewhere_loses_what_was_added_and_is_named(
    embeddings: CLIPEmbeddings, media: Path
) -> None:
    store = Host(embeddings)
    with pytest.raises(StoreError, match=r"Host did not ask .* of 4 of 4 rows.*deleted again"):
        add_media(store, MediaLoader(media, embeddings))
    assert store.rows == {}
    shuffling = Shuffling(embeddings)
    with pytest.raises(StoreError, match="other texts than it was given"):
        add_media(shuffling, MediaLoader(media, embeddings))
    assert shuffling.rows == {}


def test_a_store_that_takes_vectors_needs_no_embeddings(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path
) -> None:
    store = TakingVectors(None)
    documents = [Document(NOTE, id="n"), image(str(media / "scene-40.png"), "a cat")]
    report = add_media(store, documents, embeddings=embeddings, ids=["n", "p"])
    assert report.ids == ("n", "p")
    np.testing.assert_allclose(store.vectors["n"], tiny.embed_texts([NOTE])[0], atol=1e-6)
    own = tiny.embed_images([media / "scene-40.png"])[0]
    np.testing.assert_allclose(store.vectors["p"], own, atol=1e-6)


@pytest.mark.parametrize(
    ("store", "options", "message"),
    [
        (
            InMemoryVectorStore(DeterministicFakeEmbedding(size=8)),
            {},
            "are DeterministicFakeEmbedding, which",
        ),
        (Host(None), {}, r"are none, which cannot .* pass embeddings="),
        (Host(None), {"embeddings": CLIPEmbeddings(model="tiny")}, "no embeddings and no add_embeddings"),
        (Host(None), {"embeddings": "tiny"}, "embeddings: got str; expected a CLIPEmbeddings"),
        (None, {}, "store: got NoneType; expected a VectorStore"),
        (InMemoryVectorStore(CLIPEmbeddings(model="tiny")), {"batch_size": 0}, "batch_size: got 0"),
        (InMemoryVectorStore(CLIPEmbeddings(model="tiny")), {"ids": ["a"]}, "ids: got a list for a loader"),
    ],
)
def test_a_store_that_cannot_have_pictures_is_refused_before_anything_is_read(
    store: Any, options: dict[str, Any], message: str, embeddings: CLIPEmbeddings, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        add_media(store, MediaLoader(tmp_path / "nothing", embeddings), **options)


def test_embeddings_of_another_model_than_the_stores_are_refused(
    embeddings: CLIPEmbeddings, calibrated: CLIPEmbedder
) -> None:
    store = InMemoryVectorStore(CLIPEmbeddings.of(calibrated))
    with pytest.raises(FingerprintMismatchError, match="Leave embeddings= out"):
        add_media(store, [Document(NOTE)], embeddings=embeddings)


def test_everything_is_checked_before_anything_is_stored(embeddings: CLIPEmbeddings, media: Path) -> None:
    store, good = InMemoryVectorStore(embeddings), Document(NOTE)
    for bad, message in (
        (Document("b", metadata={"modality": "image"}), r"documents\[1\].*no \"uri\""),
        (Document("b", metadata={"modality": "sound"}), r"documents\[1\].*got 'sound'"),
        (image(str(media / "gone.png")), r"images\[1\] .*no such file"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            add_media(store, [good, bad], batch_size=1)
    with pytest.raises(InvalidInputError, match=r"ids\[1\]: 'x' is there twice"):
        add_media(store, [good, good], ids=["x", "x"])
    assert store.store == {}


def test_the_retriever_refuses_a_store_with_other_embeddings() -> None:
    with pytest.raises(ValidationError, match="expected CLIPEmbeddings"):
        MultimodalRetriever(vectorstore=InMemoryVectorStore(DeterministicFakeEmbedding(size=8)))
    with pytest.raises(InvalidInputError, match="make the store first"):
        MediaStore.from_texts([], CLIPEmbeddings(model="tiny"))


@pytest.fixture(params=STORES)
def crowded(request: pytest.FixtureRequest, embeddings: CLIPEmbeddings, tmp_path: Path) -> Any:
    """Two pictures behind three hundred texts, all of which are nearer to a question."""
    store = request.param(embeddings)
    texts = [Document(f"a photo of a cat, number {i}", metadata={"n": i}) for i in range(300)]
    shown = [image(uri, n=i) for i, uri in enumerate(pictures(tmp_path, 2))]
    ids = list(range(302)) if request.param is qdrant else None
    add_media(
        store,
        [*texts, *shown],
        ids=ids if ids is None else [document_uuid(Document("", id=str(i))) for i in ids],
    )
    return store


def test_pictures_are_found_behind_any_number_of_texts(crowded: Any) -> None:
    found = MultimodalRetriever(vectorstore=crowded, k=4).invoke("a photo of a cat")
    assert [document.metadata.get("modality", "text") for document in found] == ["text", "image"] * 2


def test_a_filter_of_the_stores_own_and_a_modality_go_together(crowded: Any) -> None:
    filter: Any
    if isinstance(crowded, InMemoryVectorStore):
        filter = lambda document: document.metadata["n"] == 1  # noqa: E731
    elif hasattr(crowded, "index"):
        filter = {"n": 1}
    else:
        from qdrant_client import models

        filter = models.Filter(
            must=[models.FieldCondition(key="metadata.n", match=models.MatchValue(value=1))]
        )
    found = MultimodalRetriever(vectorstore=crowded, k=4, filter=filter).invoke("a photo of a cat")
    kinds = [(document.metadata["n"], document.metadata.get("modality", "text")) for document in found]
    assert kinds == [(1, "text"), (1, "image")]


def test_looking_for_pictures_ends_at_a_number_of_rows_and_says_so(
    embeddings: CLIPEmbeddings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = faiss(embeddings)
    store.add_texts([f"a cat, number {i}" for i in range(60)])
    monkeypatch.setattr("langchain_clip_embeddings.media_store.MOST", 50)
    assert MultimodalRetriever(vectorstore=store, modality="image").invoke("a cat") == []
    assert "of the 50 rows nearest to the question, 0 are of modality 'image'" in caplog.text
