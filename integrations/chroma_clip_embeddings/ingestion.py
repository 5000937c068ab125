"""`ingest`: files into a Chroma collection, by `clip_embeddings.ingestion`; for async callers in a thread."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from threading import Event
from typing import Any, Unpack

import chromadb
from chromadb.api.models.AsyncCollection import AsyncCollection

from chroma_clip_embeddings.aio import record_identity as arecord_identity
from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of, record_identity
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion import AnyPath, IngestOptions, IngestReport, Plan, check_sample, run_plan


def ingest(
    paths: AnyPath | Iterable[AnyPath], collection: chromadb.Collection, **options: Unpack[IngestOptions]
) -> IngestReport:
    """Store the pictures and texts at and under `paths`, and bring their rows up to date.

    Pictures are told from text by content. Text is split into passages that fit the model's context. A row's
    id is made of its content, so what is stored already is not embedded again; identical files are one row
    with all their uris. A file that cannot be used is reported and the rest goes on. Rows of a moved file
    get its new uri, beside the old one where its folder is empty now and may be a disk that is not mounted,
    and a changed file's old rows are removed.

    A run that is killed, at any moment, and started again ends with the same rows as one that was not. What
    was embedded and not yet stored is embedded twice: at most 128 rows, one batch of the store, or two of
    the model if they are larger than 64. With `cache` it is only what the model was at: a batch of pictures,
    or 64 texts.

    Args:
        paths: files, folders, patterns, and addresses of schemes that are allowed; hidden files are left out.
        collection: made with `open_collection` or with a `CLIPEmbeddingFunction`.
        options: those of `clip_embeddings.ingestion.IngestOptions`.
    Raises:
        InvalidInputError: before anything is stored: a path or manifest that cannot be used.
        FingerprintMismatchError: the collection or the sample holds vectors of another model.
        MissingExtraError: a manifest or an address without what reads it.
        StoreError: the store refused or went away, a disk is full, or the cache cannot be used; says how
            many rows are safe.
    """
    refuse_async(collection, "ingest", "aingest")
    plan = Plan.of(paths, options)
    embedder = embedder_of(collection)
    _check(plan, collection, embedder)
    found = plan.found()
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
    plan = Plan.of(paths, options)
    embedder = embedder_of(collection)
    await asyncio.to_thread(_check, plan, collection, embedder)
    found = await asyncio.to_thread(plan.found)
    if isinstance(collection, AsyncCollection):
        await arecord_identity(collection, embedder)
        reached: Any = _OnLoop(collection, asyncio.get_running_loop())
    else:
        await asyncio.to_thread(record_identity, collection, embedder)
        reached = collection
    store, stop = ChromaRows(reached, embedder.dimension), Event()
    work = asyncio.create_task(asyncio.to_thread(run_plan, plan, store, embedder, found, stop))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        while not work.done():  # also when it is cancelled a second time
            with suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # seen: how the thread ended is not of interest any more
        raise


def _check(plan: Plan, collection: Any, embedder: CLIPEmbedder) -> None:
    """Refuse what cannot be done, before anything is written."""
    check_identity(collection, embedder)
    if plan.sample is not None:
        check_sample(plan.sample, embedder, collection.name)
    plan.roots()


class _OnLoop:
    """An async collection for a thread: its calls are made on the loop, and waited for."""

    def __init__(self, collection: AsyncCollection, loop: asyncio.AbstractEventLoop) -> None:
        self._collection, self._loop = collection, loop
        self._client = self  # where `get_max_batch_size` is looked for

    def get_max_batch_size(self) -> Any:
        return self._wait(self._collection._client.get_max_batch_size())

    def get(self, **arguments: Any) -> Any:
        return self._wait(self._collection.get(**arguments))

    def add(self, **arguments: Any) -> Any:
        return self._wait(self._collection.add(**arguments))

    def update(self, **arguments: Any) -> Any:
        return self._wait(self._collection.update(**arguments))

    def delete(self, **arguments: Any) -> Any:
        return self._wait(self._collection.delete(**arguments))

    def _wait(self, call: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()
