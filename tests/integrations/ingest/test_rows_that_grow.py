"""A row that is written again and again stays within what a store takes."""

import asyncio
import json
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.api import ClientAPI
from pictures import photo

from chroma_clip_embeddings import aadd_items, add_items, aopen_collection, ingest, recalibrate
from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError


def keys(letter: str, value: Any = 1) -> dict[str, Any]:
    return {f"{letter}{i}": value for i in range(3_000)}


def put(collection: chromadb.Collection, metadata: dict[str, Any], *ids: str) -> None:
    add_items(collection, ids=ids, texts=["a cat"] * len(ids), metadatas=[metadata] * len(ids))


def test_a_row_that_would_have_too_many_keys_with_those_it_has_is_refused(
    collection: chromadb.Collection,
) -> None:
    put(collection, keys("a"), "grow")
    message = r"row 'grow': with the 3,001 keys .* it has 6,001 keys; a store takes 5,400 .*0 of 2 rows"
    with pytest.raises(InvalidInputError, match=message):
        put(collection, keys("b"), "new", "grow")
    assert collection.count() == 1
    some = {f"a{i}": None for i in range(1_000)}
    put(collection, {**some, **keys("b")}, "grow")
    assert len((collection.get()["metadatas"] or [{}])[0]) == 5_001


def test_lists_and_bytes_of_a_row_are_counted_with_those_it_has(collection: chromadb.Collection) -> None:
    for first, second, message in (
        ({"a": [1] * 3_000}, {"b": [1] * 3_000}, "its lists hold 6,000 items"),
        ({"a": "x" * 9_000_000}, {"b": "x" * 9_000_000}, "the row is of 18,000,"),
    ):
        id = message[:3]
        put(collection, first, id)
        put(collection, first, id)
        with pytest.raises(InvalidInputError, match=message):
            put(collection, second, id)


def test_the_async_helper_refuses_it_too(server: tuple[str, int], unused: str, tiny: CLIPEmbedder) -> None:
    async def grow() -> None:
        client = await chromadb.AsyncHttpClient(*server)
        collection = await aopen_collection(client, unused, embedder=tiny)
        for letter in "ab":
            await aadd_items(collection, ids=["grow"], texts=["a cat"], metadatas=[keys(letter)])

    with pytest.raises(InvalidInputError, match=r"row 'grow': .*it has 6,001 keys"):
        asyncio.run(grow())


def test_metadata_of_another_manifest_that_would_make_a_row_too_large_is_a_failure(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    photo(20, 20).save(tmp_path / "a.png")
    for letter in "ab":
        line = json.dumps({"uri": "a.png", "metadata": keys(letter)})
        (tmp_path / f"{letter}.jsonl").write_text(line, encoding="utf-8")
    assert ingest([], collection, manifests=tmp_path / "a.jsonl").failures == []
    (failure,) = ingest([], collection, manifests=tmp_path / "b.jsonl").failures
    assert Path(failure.path).name == "a.png"
    assert "it has 6,003 keys; a store takes 5,400" in failure.reason
    assert len((collection.get()["metadatas"] or [{}])[0]) == 3_003


def test_recalibrate_names_a_row_that_cannot_be_copied_and_leaves_no_copy(
    client: ClientAPI, collection: chromadb.Collection
) -> None:
    put(collection, keys("a"), "grow")
    collection.update(ids=["grow"], metadatas=[keys("b")])  # Chroma's own call takes it
    name = collection.name
    with pytest.raises(StoreError, match=r"row 'grow' cannot be copied: its metadata: it has 6,001 keys"):
        recalibrate(client, name, "reference")
    assert f"{name}.recalibrating" not in {each.name for each in client.list_collections()}
    collection.update(ids=["grow"], metadatas=[keys("b", None)])
    assert recalibrate(client, name, "reference").count() == 1
