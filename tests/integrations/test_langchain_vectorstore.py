"""MultimodalChroma: what goes in, what comes back, what is refused."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.api.types import Space
from langchain_core.documents import Document
from langchain_stores import in_memory, pictures
from pictures import ORIENTATION, photo

from chroma_clip_embeddings import CLIPEmbeddingFunction
from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    ImageDecodeError,
    InvalidInputError,
    StoreError,
)
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


@pytest.fixture
def store(tiny: CLIPEmbedder) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        yield store


def image(uri: str, caption: str = "", **metadata: Any) -> Document:
    return Document(caption, metadata={"modality": "image", "uri": uri, **metadata})


def test_a_picture_comes_back_as_a_document_with_path_type_size_and_caption(
    store: MultimodalChroma, tmp_path: Path
) -> None:
    path = tmp_path / "turned.jpg"
    picture = photo(80, 50)
    exif = picture.getexif()
    exif[ORIENTATION] = 6
    picture.save(path, exif=exif)
    (id,) = store.add_documents([image(str(path), "waves", album="sea")])
    (found,) = store.similarity_search("the sea", k=1)
    assert (found.id, found.page_content) == (id, "waves")
    assert found.metadata == {
        "modality": "image",
        "uri": str(path),
        "mime_type": "image/jpeg",
        "width": 50,
        "height": 80,
        "content_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "album": "sea",
    }


def test_rows_are_in_cosine_space_with_the_vectors_of_the_core(
    store: MultimodalChroma, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    uris = pictures(tmp_path, 2)
    ids = store.add_documents([Document("a cat"), image(uris[0]), Document("a dog"), image(uris[1])])
    stored = store.get(ids, include=["embeddings", "uris"])
    rows = dict(zip(stored["ids"], stored["embeddings"], strict=True))
    want = [tiny.embed_texts(["a cat"]), tiny.embed_images(uris[:1])]
    want += [tiny.embed_texts(["a dog"]), tiny.embed_images(uris[1:])]
    np.testing.assert_allclose([rows[id] for id in ids], np.concatenate(want), atol=1e-6)
    assert store._collection.configuration_json["hnsw"]["space"] == "cosine"
    assert set(stored["uris"]) == {None, *uris}


def test_pictures_without_a_caption_have_their_file_name_and_no_base64(
    store: MultimodalChroma, tmp_path: Path
) -> None:
    uris = pictures(tmp_path, 2)
    ids = store.add_images(uris, [{"n": 1}, {"n": 2}], ["a", "b"], captions=["first", ""])
    assert ids == ["a", "b"]
    found = {document.id: document for document in store.get_by_ids(ids)}
    assert [found[id].page_content for id in ids] == ["first", Path(uris[1]).name]
    assert [found[id].metadata["n"] for id in ids] == [1, 2]
    assert len(str(store.get())) < 2000


def test_a_picture_that_another_program_stored_without_a_document_is_found(
    store: MultimodalChroma, tmp_path: Path
) -> None:
    """The host drops such a row after the search, so that k=1 can give nothing."""
    (uri,) = pictures(tmp_path, 1)
    vectors: Any = store.embedder.embed_images([uri])
    store._collection.upsert(ids=["bare"], embeddings=vectors, metadatas=[{"uri": uri}])
    (found,) = store.similarity_search("a cat", k=1)
    assert (found.id, found.page_content) == ("bare", Path(uri).name)


def test_a_picture_may_be_named_as_a_file_uri_or_a_relative_path(
    store: MultimodalChroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (uri,) = pictures(tmp_path, 1)
    monkeypatch.chdir(tmp_path)
    ids = store.add_images([Path(uri).as_uri(), Path(uri).name, Path(uri)])
    assert {document.metadata["uri"] for document in store.get_by_ids(ids)} == {uri}


def test_a_row_with_the_same_id_is_replaced_whole(store: MultimodalChroma, tmp_path: Path) -> None:
    """Chroma itself merges the old metadata with the new."""
    (uri,) = pictures(tmp_path, 1)
    store.add_documents([image(uri, album="sea")], ids=["1"])
    store.add_documents([Document("a cat", metadata={"page": 3})], ids=["1"])
    assert store.get_by_ids(["1"]) == [Document("a cat", metadata={"page": 3}, id="1")]
    store.update_documents(["1"], [Document("a cat", metadata={"modality": "text"})])
    assert store.get_by_ids(["1"]) == [Document("a cat", metadata={"modality": "text"}, id="1")]
    store.update_document("1", image(uri))
    assert store.similarity_search_by_image(uri, k=1, modality="image")[0].id == "1"
    with pytest.raises(InvalidInputError, match="no rows \\['2'\\]"):
        store.update_documents(["1", "2"], [Document("a"), Document("b")])


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


@pytest.mark.parametrize("method", ["aadd_images", "aadd_documents", "asimilarity_search_by_image"])
async def test_the_event_loop_runs_while_pictures_are_embedded(
    method: str, store: MultimodalChroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model waits for what only a free loop can do."""
    (uri,) = pictures(tmp_path, 1)
    store.add_images([uri])
    released, iter_images = threading.Event(), CLIPEmbedder.iter_images
    free: list[bool] = []

    def slow(self: CLIPEmbedder, images: Any, **options: Any) -> Any:
        free.append(released.wait(60))
        return iter_images(self, images, **options)

    monkeypatch.setattr(CLIPEmbedder, "iter_images", slow)
    item: Any = {"aadd_images": [uri], "aadd_documents": [image(uri)]}.get(method, uri)

    async def release() -> None:
        released.set()

    await asyncio.gather(getattr(store, method)(item), release())
    assert free == [True]


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


def test_a_bad_picture_among_a_thousand_stores_nothing(store: MultimodalChroma, tmp_path: Path) -> None:
    path, bad = tmp_path / "small.png", tmp_path / "bad.png"
    photo(8, 8).save(path)
    bad.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ImageDecodeError, match=r"images\[500\] .*bad\.png"):
        store.add_images([str(path)] * 500 + [str(bad)] + [str(path)] * 499)
    assert store.get()["ids"] == []


def test_bad_pictures_are_named_and_nothing_is_stored(store: MultimodalChroma, tmp_path: Path) -> None:
    uris = pictures(tmp_path, 3)
    (tmp_path / "broken.png").write_bytes(Path(uris[0]).read_bytes()[:300])
    cases = {
        str(tmp_path / "broken.png"): "broken",
        str(tmp_path / "gone.png"): "no such file",
        str(tmp_path): "is a folder",
        "https://example.org/a.png": "not fetched",
        "data:image/png;base64,AAAA": "needs a path",
    }
    for bad, reason in cases.items():
        documents = [Document("a cat"), image(uris[0]), image(uris[1]), image(bad), image(uris[2])]
        with pytest.raises(ImageDecodeError, match=reason) as caught:
            store.add_documents(documents)
        assert caught.value.index == 3
    with pytest.raises(InvalidInputError, match=r"documents\[1\].*no \"uri\""):
        store.add_documents([Document("a"), Document("b", metadata={"modality": "image"})])
    with pytest.raises(InvalidInputError, match=r"ids\[1\]: 'x' is there twice"):
        store.add_documents([Document("a"), Document("b")], ids=["x", "x"])
    with pytest.raises(InvalidInputError, match="metadatas: got 1 for 3 pictures"):
        store.add_images(uris, [{}])
    assert store.get()["ids"] == []


def test_a_closed_store_is_a_store_error(store: MultimodalChroma, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(**_: Any) -> None:
        raise ConnectionError("connection refused")

    monkeypatch.setattr(store._collection, "upsert", closed)
    with pytest.raises(StoreError, match="cannot store rows: connection refused"):
        store.add_texts(["a cat"])
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1|onnect"):
        MultimodalChroma("photos", CLIPEmbeddings(model="tiny"), host="127.0.0.1", port=1)


def test_more_rows_than_one_request_takes_go_in_parts(
    store: MultimodalChroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    upsert = store._collection.upsert

    def counted(**rows: Any) -> None:
        sizes.append(len(rows["ids"]))
        upsert(**rows)

    monkeypatch.setattr(store._collection, "upsert", counted)
    monkeypatch.setattr(store._client, "get_max_batch_size", lambda: 4)
    store.add_texts([f"text {i}" for i in range(10)])
    store.add_documents([Document(f"more {i}") for i in range(3)], batch_size=2)
    assert sizes == [4, 4, 2, 2, 1]
    assert len(store.get()["ids"]) == 13


def test_a_model_other_than_the_collections_is_refused_and_another_device_is_not(
    client: ClientAPI, tiny: CLIPEmbedder, checkpoint: Path
) -> None:
    store = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client)
    store.add_texts(["a cat"])
    other = CLIPEmbeddings(model="tiny", device="cpu", dtype="bfloat16", batch_size=2)
    assert MultimodalChroma("photos", other, client=client).similarity_search("a cat", k=1)
    with pytest.raises(FingerprintMismatchError, match=tiny.fingerprint):
        MultimodalChroma("photos", CLIPEmbeddings(model=str(checkpoint)), client=client)
    assert store._collection.count() == 1


def test_a_collection_opens_with_its_own_model_and_resets_to_the_same(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    with pytest.raises(StoreError, match="no collection 'photos'"):
        MultimodalChroma("photos", client=client)
    with pytest.raises(StoreError, match="no collection 'photos'"):
        MultimodalChroma(
            "photos", CLIPEmbeddings.of(tiny), client=client, create_collection_if_not_exists=False
        )
    first = MultimodalChroma(
        "photos", CLIPEmbeddings.of(tiny), client=client, collection_metadata={"owner": "me"}
    )
    first.add_texts(["a cat"])
    store = MultimodalChroma("photos", client=client, create_collection_if_not_exists=False)
    assert store.embedder.fingerprint == tiny.fingerprint
    assert store._collection.metadata["owner"] == "me"
    assert store.index_namespace == f"clip-embeddings/photos/{tiny.fingerprint}"
    store.reset_collection()
    assert store.get()["ids"] == []
    assert MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client).similarity_search("a") == []


def test_what_it_cannot_work_with_is_refused(client: ClientAPI) -> None:
    from langchain_core.embeddings import FakeEmbeddings

    with pytest.raises(InvalidInputError, match="got FakeEmbeddings; expected a CLIPEmbeddings"):
        MultimodalChroma("photos", FakeEmbeddings(size=3), client=client)
    with pytest.raises(InvalidInputError, match="collection_configuration"):
        MultimodalChroma("photos", client=client, collection_configuration={"hnsw": {"space": "l2"}})


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


def test_from_documents_takes_pictures_too(tiny: CLIPEmbedder, client: ClientAPI, tmp_path: Path) -> None:
    (uri,) = pictures(tmp_path, 1)
    documents = [image(uri), Document("a cat")]
    store = MultimodalChroma.from_documents(
        documents, CLIPEmbeddings.of(tiny), client=client, collection_name="made"
    )
    assert isinstance(store, MultimodalChroma)
    assert store.similarity_search_by_image(uri, k=1)[0].metadata["uri"] == uri


def test_a_folder_that_this_process_has_open_already_opens_again(
    tiny: CLIPEmbedder, tmp_path: Path, client: ClientAPI, store_folder: Path
) -> None:
    """Chroma refuses a second client of a folder whose settings differ from those of the first."""
    embeddings = CLIPEmbeddings.of(tiny)
    MultimodalChroma("photos", embeddings, persist_directory=store_folder).add_texts(["a cat"])
    assert client.get_collection("photos", embedding_function=None).count() == 1
    plain = chromadb.PersistentClient(str(tmp_path / "plain"))
    MultimodalChroma("photos", embeddings, str(tmp_path / "plain")).add_texts(["a cat"])
    assert plain.get_collection("photos", embedding_function=None).count() == 1
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot open the store"):
        MultimodalChroma("photos", embeddings, tmp_path / "file")
