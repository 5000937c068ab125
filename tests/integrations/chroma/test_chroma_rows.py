"""Adding texts and pictures together: what each row holds, and what a bad item leaves behind."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from pictures import photo

from chroma_clip_embeddings import add_items, connect, open_collection, search, set_caption
from clip_embeddings import CLIPEmbedder, InvalidInputError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """One picture in a file."""
    path = tmp_path / "a red car.png"
    photo(40, 30).save(path)
    return path


def row(collection: chromadb.Collection, id: str) -> dict[str, Any]:
    got: Any = collection.get(ids=[id], include=["documents", "metadatas", "embeddings", "uris"])
    return {key: got[key][0] for key in ("documents", "metadatas", "embeddings", "uris")}


def test_texts_pictures_captions_and_uris_are_stored_together(
    collection: chromadb.Collection, tiny: CLIPEmbedder, path: Path
) -> None:
    report = add_items(
        collection,
        ids=["text", "named", "captioned", "array", "by uri"],
        texts=["a cat", None, None, None, None],
        images=[None, path, photo(40, 30, 1), np.asarray(photo(40, 30, 2)), None],
        uris=["notes/cat.txt", None, "camera/1.jpg", None, path.as_uri()],
        captions=[None, None, "the sea", None, None],
        metadatas=[{"page": 3}, None, None, None, {"page": 4}],
    )
    assert (report.added, report.replaced, report.repeated, report.failures) == (5, 0, 0, ())
    expected: dict[str, tuple[str, dict[str, Any]]] = {
        "text": ("a cat", {"page": 3, "modality": "text", "uri": "notes/cat.txt"}),
        "named": ("a red car.png", {"modality": "image", "uri": str(path)}),
        "captioned": ("the sea", {"modality": "image", "uri": "camera/1.jpg"}),
        "array": ("array", {"modality": "image"}),
        "by uri": ("a red car.png", {"page": 4, "modality": "image", "uri": path.as_uri()}),
    }
    for id, (document, metadata) in expected.items():
        found = row(collection, id)
        assert (found["documents"], found["metadatas"]) == (document, metadata)
        assert found["uris"] == metadata.get("uri")
    np.testing.assert_allclose(
        row(collection, "text")["embeddings"], tiny.embed_texts(["a cat"])[0], atol=1e-5
    )
    pictures = tiny.embed_images([path, photo(40, 30, 1), photo(40, 30, 2), path])
    for id, vector in zip(["named", "captioned", "array", "by uri"], pictures, strict=True):
        np.testing.assert_allclose(row(collection, id)["embeddings"], vector, atol=1e-5)


def test_what_is_added_is_found_by_search(collection: chromadb.Collection, path: Path) -> None:
    add_items(collection, ids=["t", "p"], texts=["a cat", None], images=[None, path])
    found = search(collection, image=path)
    assert [hit.id for hit in found.images + found.texts] == ["p", "t"]


def test_replaced_and_repeated_ids_are_counted(collection: chromadb.Collection) -> None:
    add_items(collection, ids=["a", "b"], texts=["first", "second"])
    report = add_items(collection, ids=["b", "c", "c"], texts=["new", "old", "last"])
    assert (report.added, report.replaced, report.repeated) == (1, 1, 1)
    assert [row(collection, id)["documents"] for id in "abc"] == ["first", "new", "last"]


def test_more_rows_than_the_host_takes_at_once(
    collection: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(collection._client), "get_max_batch_size", lambda self: 7)
    words = [f"number {i}" for i in range(20)]
    assert add_items(collection, ids=words, texts=words, uris=words).added == 20
    assert all(row(collection, word)["documents"] == row(collection, word)["uris"] == word for word in words)


def test_a_caption_is_attached_and_the_vector_stays(collection: chromadb.Collection, path: Path) -> None:
    add_items(collection, ids=["p"], images=[path], metadatas=[{"page": 3}])
    before = row(collection, "p")
    set_caption(collection, "p", "붉은 자동차")
    after = row(collection, "p")
    assert after["documents"] == "붉은 자동차"
    assert (after["metadatas"], after["uris"]) == (before["metadatas"], before["uris"])
    # On some processors the store rounds a vector anew, by its last bit, when it is written again.
    np.testing.assert_allclose(after["embeddings"], before["embeddings"], rtol=2e-7, atol=0)


def test_a_picture_added_through_chroma_itself_gets_a_caption_and_its_modality(
    collection: chromadb.Collection,
) -> None:
    picture = np.asarray(photo(40, 30))
    collection.add(ids=["p"], images=[picture])
    assert search(collection, image=picture).images == ()  # Chroma's own add writes no modality
    set_caption(collection, "p", "the sea")
    assert search(collection, image=picture).images[0].document == "the sea"


@pytest.mark.parametrize(
    ("id", "caption", "message"),
    [("absent", "words", "no row 'absent'"), ("t", "words", "modality 'text'"), ("t", " ", "expected words")],
)
def test_a_caption_that_has_no_picture_is_refused(
    collection: chromadb.Collection, id: str, caption: str, message: str
) -> None:
    add_items(collection, ids=["t"], texts=["a cat"])
    with pytest.raises(InvalidInputError, match=message):
        set_caption(collection, id, caption)
    assert row(collection, "t")["documents"] == "a cat"


def test_no_items_add_no_rows(collection: chromadb.Collection) -> None:
    assert add_items(collection, ids=[], texts=[]).added == 0


def test_rows_over_http_equal_those_on_disk(
    collection: chromadb.Collection, server: tuple[str, int], tiny: CLIPEmbedder, path: Path
) -> None:
    remote = open_collection(connect(host=server[0], port=server[1]), "rows", embedder=tiny)
    for each in (collection, remote):
        add_items(each, ids=["t", "p", "q"], texts=["a cat", None, None], images=[None, path, photo(20, 20)])
        set_caption(each, "p", "a car")
    for id in ("t", "p", "q"):
        here, there = row(collection, id), row(remote, id)
        np.testing.assert_allclose(here.pop("embeddings"), there.pop("embeddings"), atol=1e-6)
        assert here == there
    data: Any = remote.get(ids=["p"], include=["data"])["data"]
    assert data[0].shape == (30, 40, 3)
