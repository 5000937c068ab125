"""`ingest`: files into a Chroma collection, by `clip_embeddings.ingestion`; for async callers in a thread."""

import asyncio
from collections.abc import Iterable
from threading import Event
from typing import Any, Unpack

import chromadb
from chromadb.api.models.AsyncCollection import AsyncCollection

from chroma_clip_embeddings.aio import awaited
from chroma_clip_embeddings.client.kinds import is_async, refuse_async
from chroma_clip_embeddings.client.private import api_of, function_of
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of, record_identity
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings.ingestion import AnyPath, IngestOptions, IngestReport, Plan, arun_plan, run_plan
from clip_embeddings.stores import collection as any_collection
from clip_embeddings.stores.steps import OnLoop
from clip_embeddings.tasks.adapting import said_as


@said_as(
    any_collection.ingest,
    {"from `Store.open`": "made with `open_collection` or with a `CLIPEmbeddingFunction`"},
)
def ingest(
    paths: AnyPath | Iterable[AnyPath], collection: chromadb.Collection, **options: Unpack[IngestOptions]
) -> IngestReport:
    refuse_async(collection, "ingest", "aingest")
    plan, embedder = Plan.of(paths, _with_sample(options, collection)), embedder_of(collection)
    check_identity(collection, embedder)
    found = plan.found_for(embedder, collection.name)
    record_identity(collection, embedder)
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
    plan, embedder = Plan.of(paths, _with_sample(options, collection)), embedder_of(collection)
    await asyncio.to_thread(check_identity, collection, embedder)
    found = await asyncio.to_thread(plan.found_for, embedder, collection.name)
    await awaited(record_identity)(collection, embedder)
    reached: Any = _OnLoop(collection, asyncio.get_running_loop()) if is_async(collection) else collection
    return await arun_plan(plan, ChromaRows(reached, embedder.dimension), embedder, found)


def _with_sample(options: IngestOptions, collection: Any) -> IngestOptions:
    """What the collection was calibrated on a moment ago is not embedded again."""
    sample = getattr(function_of(collection), "sample", None)
    return {"sample": sample, **options} if sample else options


class _OnLoop(OnLoop):
    """An async collection, or what is behind it."""

    @property
    def _client(self) -> "_OnLoop":
        return _OnLoop(api_of(self._behind), self._loop)
