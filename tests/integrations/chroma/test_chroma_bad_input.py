"""Bad input to `add_items`: named, and nothing half-written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import pytest
from pictures import encoded, photo

from chroma_clip_embeddings import add_items, connect, open_collection
from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError, StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """One picture in a file."""
    path = tmp_path / "good.png"
    photo(40, 30).save(path)
    return path


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
        ({"ids": ["a"], "texts": ["\ud800"]}, r"texts\[0\]: '\\ud800' cannot be stored"),
        ({"ids": ["a"], "images": ["\udcff.png"]}, r"images\[0\]: '\\udcff.png' cannot be stored"),
        ({"ids": ["a"], "texts": ["a"], "metadatas": [{"x": "\ud800"}]}, r"metadatas\[0\]\['x'\]"),
        ({"ids": ["a"], "texts": ["a"], "metadatas": [{3: "x"}]}, r"metadatas\[0\]: got int"),
        ({"ids": ["a"], "texts": ["a"], "on_error": "ignore"}, "on_error: got 'ignore'"),
    ],
)
def test_columns_that_do_not_fit_store_nothing(
    collection: chromadb.Collection, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        add_items(collection, **columns)
    assert collection.count() == 0


def test_an_unreadable_picture_among_three_hundred_stores_nothing_or_is_left_out(
    collection: chromadb.Collection,
) -> None:
    """One picture repeated: what counts is the place of the broken one."""
    good = encoded(photo(16, 16))
    images = [good] * 300
    images[217] = good[:60]
    ids = [f"p{i}" for i in range(300)]
    with pytest.raises(ImageDecodeError, match=r"images\[217\] \(bytes of length 60\)"):
        add_items(collection, ids=ids, images=images)
    assert collection.count() == 0
    report = add_items(collection, ids=ids, images=images, on_error="skip")
    assert (report.added, [failure.index for failure in report.failures]) == (299, [217])
    assert collection.count() == 299
    assert collection.get(ids=["p217"])["ids"] == []


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


def test_a_server_that_ends_in_between_says_what_is_stored(
    mortal_server: tuple[int, Callable[[], None]], tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, end = mortal_server
    collection = open_collection(connect(host="127.0.0.1", port=port), "photos", embedder=tiny)
    monkeypatch.setattr(type(collection._client), "get_max_batch_size", lambda self: 3)
    upsert = chromadb.Collection.upsert

    def last(self: chromadb.Collection, **rows: Any) -> None:
        upsert(self, **rows)
        end()

    monkeypatch.setattr(chromadb.Collection, "upsert", last)
    ids = [str(i) for i in range(8)]
    with pytest.raises(StoreError, match="3 of 8 rows are stored; the same call again stores the rest"):
        add_items(collection, ids=ids, texts=ids)
