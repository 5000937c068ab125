"""Adding texts and pictures together: what each row holds, and what a bad item leaves behind."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from pictures import encoded, photo

from chroma_clip_embeddings import add_items, connect, open_collection, search, set_caption
from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError, StoreError


@pytest.fixture
def collection(client: ClientAPI, tiny: CLIPEmbedder) -> chromadb.Collection:
    return open_collection(client, "photos", embedder=tiny)


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
    np.testing.assert_array_equal(after["embeddings"], before["embeddings"])


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


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ids": "ab", "texts": ["a"]}, "ids: got str"),
        ({"ids": ["a"], "texts": "a"}, "texts: got str"),
        ({"ids": ["a"], "texts": ["a", "b"]}, "texts: 2 entries for 1 ids"),
        ({"ids": ["a", 3], "texts": ["a", "b"]}, r"ids\[1\]: got 3"),
        ({"ids": ["a"], "texts": [3]}, r"texts\[0\]: got int"),
        ({"ids": ["a", "b"], "texts": ["a", None]}, r"row 1 \('b'\) has no text"),
        ({"ids": ["a"], "texts": ["a"], "images": ["b.png"]}, "has a text and an image"),
        ({"ids": ["a"], "texts": ["a"], "captions": ["b"]}, "captions are for pictures"),
        (
            {"ids": ["a"], "texts": ["a"], "metadatas": [{"modality": "image"}]},
            "'modality' is written for you",
        ),
        ({"ids": ["a", "b"], "texts": ["a", "b"], "metadatas": [None, {"x": object()}]}, r"metadatas\[1\]"),
        ({"ids": ["a"], "texts": ["a"], "on_error": "ignore"}, "on_error: got 'ignore'"),
    ],
)
def test_columns_that_do_not_fit_store_nothing(
    collection: chromadb.Collection, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        add_items(collection, **columns)
    assert collection.count() == 0


def test_no_items_add_no_rows(collection: chromadb.Collection) -> None:
    assert add_items(collection, ids=[], texts=[]).added == 0


def test_an_unreadable_picture_among_a_thousand_stores_nothing_or_is_left_out(
    collection: chromadb.Collection,
) -> None:
    """One picture repeated: what counts is the place of the broken one."""
    good = encoded(photo(16, 16))
    images = [good] * 1000
    images[617] = good[:60]
    ids = [f"p{i}" for i in range(1000)]
    with pytest.raises(ImageDecodeError, match=r"images\[617\] \(bytes of length 60\)"):
        add_items(collection, ids=ids, images=images)
    assert collection.count() == 0
    report = add_items(collection, ids=ids, images=images, on_error="skip")
    assert (report.added, [failure.index for failure in report.failures]) == (999, [617])
    assert collection.count() == 999
    assert collection.get(ids=["p617"])["ids"] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent.png", "no such file"), ("", "is a folder"), ("https://example.com/a.png", "are not fetched")],
)
def test_a_picture_that_cannot_be_had_is_named(
    collection: chromadb.Collection, path: Path, tmp_path: Path, name: str, reason: str
) -> None:
    bad = name if "://" in name else str(tmp_path / name)
    several: list[dict[str, Any]] = [{"images": [path, bad]}, {"uris": [str(path), bad]}]
    for columns in several:
        with pytest.raises(ImageDecodeError, match=reason) as caught:
            add_items(collection, ids=["a", "b"], **columns)
        assert caught.value.index == 1
        assert bad in str(caught.value)
    assert collection.count() == 0


def test_a_store_that_goes_away_in_between_says_what_is_stored(
    collection: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(collection._client), "get_max_batch_size", lambda self: 3)
    upsert = chromadb.Collection.upsert

    def failing(self: chromadb.Collection, **rows: Any) -> None:
        if "6" in rows["ids"]:
            raise ConnectionError("connection refused")
        upsert(self, **rows)

    monkeypatch.setattr(chromadb.Collection, "upsert", failing)
    ids = [str(i) for i in range(8)]
    with pytest.raises(StoreError, match=r"connection refused.*6 of 8 rows are stored"):
        add_items(collection, ids=ids, texts=ids)
    assert collection.count() == 6
    monkeypatch.setattr(chromadb.Collection, "upsert", upsert)
    report = add_items(collection, ids=ids, texts=ids)
    assert (report.added, report.replaced) == (2, 6)


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
