"""MultimodalChroma: what goes in, what comes back, and bad input that stores nothing."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_stores import image, in_memory, pictures
from pictures import ORIENTATION, photo

from clip_embeddings import (
    CLIPEmbedder,
    ImageDecodeError,
    InvalidInputError,
)
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


@pytest.fixture
def store(tiny: CLIPEmbedder) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        yield store


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
