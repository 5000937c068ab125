"""`ingest` for async callers: it runs in a thread, and a cancelled one ends cleanly.

Imports chromadb and the public core.
"""

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from threading import Event
from typing import Any

import chromadb
from chromadb.api.models.AsyncCollection import AsyncCollection

from chroma_clip_embeddings.aio import record_identity as arecord_identity
from chroma_clip_embeddings.choosing import Only, choice_of
from chroma_clip_embeddings.discovery import AnyPath, several
from chroma_clip_embeddings.entries import checked_schemes
from chroma_clip_embeddings.identity import embedder_of, record_identity
from chroma_clip_embeddings.local import MAX_BYTES
from chroma_clip_embeddings.plan import Plan
from chroma_clip_embeddings.report import IngestReport
from chroma_clip_embeddings.roots import folders_of
from chroma_clip_embeddings.sampling import FileSample
from chroma_clip_embeddings.texts import checked_encoding


async def aingest(
    paths: AnyPath | Iterable[AnyPath],
    collection: chromadb.Collection | AsyncCollection,
    *,
    manifests: AnyPath | Iterable[AnyPath] = (),
    captions: Mapping[str, str] | None = None,
    sample: FileSample | None = None,
    embed_captions: bool = False,
    allow_schemes: Iterable[str] = (),
    prune: bool = False,
    prune_empty: AnyPath | Iterable[AnyPath] = (),
    prune_most: bool = False,
    cache: str | os.PathLike[str] | None = None,
    failures: str | os.PathLike[str] | None = None,
    retry_seconds: float = 60,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30,
    encoding: str | None = None,
    exclude: str | Iterable[str] = (),
    include: str | Iterable[str] = (),
    only: Only | None = None,
    show_progress: bool = False,
) -> IngestReport:
    """`ingest` in a thread, so that the event loop stays free; also for a collection of the async client.

    When it is cancelled, rows that are being stored are stored whole and its threads have ended by the time
    that CancelledError is raised; the same call goes on from there.
    """
    plan = Plan(
        paths=several(paths),
        manifests=several(manifests),
        captions=captions or {},
        sample=sample,
        embed_captions=embed_captions,
        allow_schemes=checked_schemes(allow_schemes),
        prune=prune,
        prune_empty=folders_of(prune_empty, prune=prune),
        prune_most=prune_most,
        cache=cache,
        failures=failures,
        retry_seconds=retry_seconds,
        max_bytes=max_bytes,
        timeout=timeout,
        encoding=checked_encoding(encoding),
        choice=choice_of(exclude, include, only),
        show_progress=show_progress,
    )
    embedder = embedder_of(collection)
    await asyncio.to_thread(plan.check, collection, embedder)
    found = await asyncio.to_thread(plan.found)
    if isinstance(collection, AsyncCollection):
        await arecord_identity(collection, embedder)
        reached: Any = _OnLoop(collection, asyncio.get_running_loop())
    else:
        await asyncio.to_thread(record_identity, collection, embedder)
        reached = collection
    stop = Event()
    work = asyncio.create_task(asyncio.to_thread(plan.run, reached, embedder, found, stop))
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
