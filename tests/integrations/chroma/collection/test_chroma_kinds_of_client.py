"""Helpers for one kind of client, given the other: they work, or say which is the one to call."""

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction, signature
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.api import ClientAPI
from pictures import photo

from chroma_clip_embeddings import (
    aadd_items,
    add_items,
    aopen_collection,
    asearch,
    aset_caption,
    explain,
    find_duplicates,
    ingest,
    open_collection,
    open_migrated,
    recalibrate,
    sample_collection,
    search,
    set_caption,
)
from clip_embeddings import CLIPEmbedder, InvalidInputError


def test_the_async_helpers_take_a_collection_of_an_ordinary_client(
    client: ClientAPI, collection: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    async def work() -> Any:
        report = await aadd_items(
            collection, ids=["t", "p"], texts=["a cat", None], images=[None, photo(40, 30)]
        )
        assert report.added == 2
        await aset_caption(collection, "p", "the sea")
        with pytest.raises(InvalidInputError, match=r"aopen_collection: got a Client.*use open_collection"):
            await aopen_collection(client, "photos", embedder=tiny)  # type: ignore[arg-type]
        return await asearch(collection, text="a cat", k=2)

    found = asyncio.run(work())
    assert found == search(collection, text="a cat", k=2)
    assert (found.texts[0].id, found.images[0].document) == ("t", "the sea")


def test_help_shows_the_same_options_for_both_kinds() -> None:
    for ordinary, awaited in ((search, asearch), (add_items, aadd_items), (set_caption, aset_caption)):
        assert list(signature(awaited).parameters) == list(signature(ordinary).parameters)
        assert (ordinary.__doc__ or "").strip() in (awaited.__doc__ or "")
        assert iscoroutinefunction(awaited)
        assert not iscoroutinefunction(ordinary)
        assert awaited.__name__ == f"a{ordinary.__name__}"


def test_the_ordinary_helpers_name_those_for_the_async_client(
    server: tuple[str, int], unused: str, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    async def opened() -> Any:
        client = await chromadb.AsyncHttpClient(host=server[0], port=server[1])
        return client, await aopen_collection(client, unused, embedder=tiny)

    client, found = asyncio.run(opened())
    calls: dict[str, Callable[[], object]] = {
        "use await asearch": lambda: search(found, text="a cat"),
        "use await aadd_items": lambda: add_items(found, ids=["a"], texts=["a cat"]),
        "use await aset_caption": lambda: set_caption(found, "a", "a cat"),
        "use await aingest": lambda: ingest([tmp_path], found),
        "use await aopen_collection": lambda: open_collection(client, unused, embedder=tiny),
        "open_migrated: .*use a client of": lambda: open_migrated(client, unused),
        "recalibrate: .*use a client of": lambda: recalibrate(client, unused, None),
        "find_duplicates: .*use a client of": lambda: find_duplicates(found),
        "explain: .*use a client of": lambda: explain(found),
        "sample_collection: .*use a client of": lambda: sample_collection(found),
    }
    for message, call in calls.items():
        with pytest.raises(InvalidInputError, match=message):
            call()
