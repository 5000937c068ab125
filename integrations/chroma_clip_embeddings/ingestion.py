"""`ingest`: files into a Chroma collection, by `clip_embeddings.ingestion`; for async callers in a thread."""

import asyncio
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any, Unpack

import chromadb
from chromadb.api.models.AsyncCollection import AsyncCollection

from chroma_clip_embeddings.client.kinds import refuse_async, steps_of
from chroma_clip_embeddings.client.private import api_of
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of, record_identity
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion import (
    AnyPath,
    IngestOptions,
    IngestReport,
    Plan,
    arun_plan,
    check_sample,
    run_plan,
)


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
    reached: Any = collection
    if isinstance(collection, AsyncCollection):
        await steps_of(record_identity)(reached, embedder)
        reached = _OnLoop(collection, asyncio.get_running_loop())
    else:
        await asyncio.to_thread(record_identity, collection, embedder)
    return await arun_plan(plan, ChromaRows(reached, embedder.dimension), embedder, found)


def _check(plan: Plan, collection: Any, embedder: CLIPEmbedder) -> None:
    """Refuse what cannot be done, before anything is written."""
    check_identity(collection, embedder)
    if plan.sample is not None:
        check_sample(plan.sample, embedder, collection.name)
    plan.roots()


class _OnLoop:
    """An async collection for a thread: its calls are made on the loop, and waited for.

    Also what is behind it, where the largest batch is asked for.
    """

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
