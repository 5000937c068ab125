"""`ingest`: files into a Chroma collection, by `clip_embeddings.ingestion`; for async callers in a thread."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from threading import Event
from typing import Any, Unpack

import chromadb
from chromadb.api.models.AsyncCollection import AsyncCollection

from chroma_clip_embeddings.aio import awaited
from chroma_clip_embeddings.client.kinds import is_async, refuse_async
from chroma_clip_embeddings.client.private import api_of
from chroma_clip_embeddings.collection.identity import (
    calibrate_empty,
    check_identity,
    embedder_of,
    is_auto,
    record_identity,
)
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion import (
    AnyPath,
    IngestOptions,
    IngestReport,
    Plan,
    arun_plan,
    calibrated,
    run_plan,
)
from clip_embeddings.stores import collection as any_collection
from clip_embeddings.tasks.adapting import said_as


@said_as(
    any_collection.ingest,
    {"from `Store.open`": "made with `open_collection` or with a `CLIPEmbeddingFunction`"},
)
def ingest(
    paths: AnyPath | Iterable[AnyPath], collection: chromadb.Collection, **options: Unpack[IngestOptions]
) -> IngestReport:
    refuse_async(collection, "ingest", "aingest")
    plan, embedder = Plan.of(paths, options), embedder_of(collection)
    check_identity(collection, embedder)
    found = plan.found_for(embedder, collection.name)
    record_identity(collection, embedder)
    become = partial(calibrate_empty, collection)
    plan, embedder = calibrated(plan, embedder, collection.count, become, auto=is_auto(collection))
    return run_plan(plan, ChromaRows(collection, embedder.dimension), embedder, found, Event())


async def aingest(
    paths: AnyPath | Iterable[AnyPath],
    collection: chromadb.Collection | AsyncCollection,
    **options: Unpack[IngestOptions],
) -> IngestReport:
    """`ingest` in a thread, so that the event loop stays free; also for a collection of the async client.

    When it is cancelled, rows that are being stored are stored whole and its threads have ended by the time
    that CancelledError is raised; the same call goes on from there.
    """
    plan, embedder = Plan.of(paths, options), embedder_of(collection)
    await asyncio.to_thread(check_identity, collection, embedder)
    found = await asyncio.to_thread(plan.found_for, embedder, collection.name)
    await awaited(record_identity)(collection, embedder)
    loop = asyncio.get_running_loop()
    reached: Any = _OnLoop(collection, loop) if is_async(collection) else collection

    def become(other: CLIPEmbedder) -> None:
        asyncio.run_coroutine_threadsafe(awaited(calibrate_empty)(collection, other), loop).result()

    auto = is_auto(collection)
    plan, embedder = await asyncio.to_thread(calibrated, plan, embedder, reached.count, become, auto=auto)
    return await arun_plan(plan, ChromaRows(reached, embedder.dimension), embedder, found)


class _OnLoop:
    """An async collection, or what is behind it, for a thread: calls are made on the loop, and waited for."""

    def __init__(self, behind: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._behind, self._loop = behind, loop

    @property
    def _client(self) -> "_OnLoop":
        return _OnLoop(api_of(self._behind), self._loop)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):  # nothing of its inside
            raise AttributeError(name)

        def call(**arguments: Any) -> Any:
            asked = getattr(self._behind, name)(**arguments)
            return asyncio.run_coroutine_threadsafe(asked, self._loop).result()

        return call
