"""The async client: the same rows and hits, and an event loop that goes on while a model runs."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import AsyncClientAPI
from pictures import photo

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    aadd_items,
    aopen_collection,
    asearch,
    aset_caption,
    connect,
    open_collection,
    search,
)
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, ImageDecodeError, StoreError
from clip_embeddings.types import Embeddings, Role


class GatedEmbedder(CLIPEmbedder):
    """Waits for the event loop before it embeds: a loop that it blocks can never open the gate."""

    def __init__(self, patience: float) -> None:
        super().__init__("tiny", device="cpu", dtype="float32")
        self.gate, self.patience, self.passed = threading.Event(), patience, True

    def embed_texts(self, texts: Any, *, role: Role = "document", show_progress: bool = False) -> Embeddings:
        self.passed = self.gate.wait(self.patience) and self.passed
        return super().embed_texts(texts, role=role, show_progress=show_progress)


def with_client(server: tuple[str, int], work: Callable[[AsyncClientAPI], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        client = await chromadb.AsyncHttpClient(host=server[0], port=server[1])
        return await work(client)

    return asyncio.run(run())


def test_rows_and_hits_equal_those_of_the_sync_client(server: tuple[str, int], tiny: CLIPEmbedder) -> None:
    async def work(client: AsyncClientAPI) -> Any:
        collection = await aopen_collection(client, "async", embedder=tiny)
        report = await aadd_items(
            collection,
            ids=["t", "p"],
            texts=["a cat", None],
            images=[None, photo(40, 30)],
            uris=[None, "p.png"],
        )
        assert (report.added, report.replaced) == (2, 0)
        await aset_caption(collection, "p", "the sea")
        reopened = await aopen_collection(client, "async")
        assert (await aadd_items(reopened, ids=["t"], texts=["a cat"])).replaced == 1
        assert (await asearch(reopened, image=photo(40, 30), modality="image")).texts == ()
        return await asearch(reopened, text="a cat", k=2)

    found = with_client(server, work)
    same = search(open_collection(connect(host=server[0], port=server[1]), "async"), text="a cat", k=2)
    assert found == same
    assert found.images[0].document == "the sea"
    np.testing.assert_allclose(found.texts[0].score, 1, atol=1e-5)


def test_the_loop_goes_on_while_the_model_runs(server: tuple[str, int]) -> None:
    embedder = GatedEmbedder(patience=60)

    async def opened(work: Awaitable[Any]) -> Any:
        task = asyncio.ensure_future(work)
        await asyncio.sleep(0.05)
        embedder.gate.set()
        result = await task
        embedder.gate.clear()
        return result

    async def work(client: AsyncClientAPI) -> None:
        collection = await aopen_collection(client, "free-loop", embedder=embedder)
        await opened(aadd_items(collection, ids=["t"], texts=["a cat"]))
        await opened(asearch(collection, text="a cat"))

    with_client(server, work)
    assert embedder.passed


def test_the_hosts_own_add_blocks_the_loop(server: tuple[str, int]) -> None:
    """The trap: Chroma's async client calls the function on the loop, so nothing else runs meanwhile."""
    embedder = GatedEmbedder(patience=0.3)

    async def work(client: AsyncClientAPI) -> None:
        collection = await client.create_collection(
            "blocked-loop", embedding_function=CLIPEmbeddingFunction.of(embedder)
        )
        task = asyncio.ensure_future(collection.add(ids=["t"], documents=["a cat"]))
        await asyncio.sleep(0)
        embedder.gate.set()
        await task

    with_client(server, work)
    assert not embedder.passed


def test_the_identity_is_recorded_and_another_model_refused(
    server: tuple[str, int], tiny: CLIPEmbedder, embedder: CLIPEmbedder
) -> None:
    async def work(client: AsyncClientAPI) -> Any:
        function = CLIPEmbeddingFunction.of(tiny)
        plain = await client.create_collection(
            "async-plain", embedding_function=function, metadata={"owner": "Min"}
        )
        await aadd_items(plain, ids=["t"], texts=["a cat"])
        with pytest.raises(FingerprintMismatchError):
            await aopen_collection(client, "async-plain", embedder=embedder)
        with pytest.raises(StoreError, match=r"no collection 'absent'.*async-plain"):
            await aopen_collection(client, "absent")
        return (await client.get_collection("async-plain")).metadata

    assert with_client(server, work) == {"owner": "Min", "clip_fingerprint": tiny.fingerprint}


def test_a_bad_picture_and_a_closed_server_are_named(
    mortal_server: tuple[int, Callable[[], None]], tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    port, end = mortal_server

    async def work(client: AsyncClientAPI) -> None:
        collection = await aopen_collection(client, "photos", embedder=tiny)
        with pytest.raises(ImageDecodeError, match=r"images\[1\].*no such file"):
            await aadd_items(
                collection, ids=["a", "b"], texts=["x", None], images=[None, tmp_path / "absent.png"]
            )
        assert await collection.count() == 0
        end()
        with pytest.raises(StoreError, match="0 of 1 rows are stored"):
            await aadd_items(collection, ids=["a"], texts=["x"])

    with_client(("127.0.0.1", port), work)
