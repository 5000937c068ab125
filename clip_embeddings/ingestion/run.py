"""Folders, manifests and addresses -> rows of one collection, kept as the files are.

options.py   what was asked for          find/     what there is
flow.py      new rows, vectors           read/     read ahead by threads
storer.py    a thread stores them        stored/   what is stored and seen; moved, changed, vanished files
retry.py     while the store is away     store.py  what a store answers
"""

import asyncio
import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from threading import Event

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import StoreError
from clip_embeddings.ingestion.cache import VectorCache
from clip_embeddings.ingestion.find.found import Found
from clip_embeddings.ingestion.flow import Flow, unstored_limit
from clip_embeddings.ingestion.meter import meter_of
from clip_embeddings.ingestion.options import Plan
from clip_embeddings.ingestion.read.budget import Budget
from clip_embeddings.ingestion.read.reading import BYTES, read_ahead
from clip_embeddings.ingestion.report import IngestReport, Recorder
from clip_embeddings.ingestion.retry import Target
from clip_embeddings.ingestion.store import RowStore
from clip_embeddings.ingestion.stored.finish import Finish
from clip_embeddings.ingestion.stored.healing import Healer
from clip_embeddings.ingestion.stored.ledger import Ledger
from clip_embeddings.ingestion.stored.prune import Pruning, check_roots
from clip_embeddings.ingestion.storer import Storer
from clip_embeddings.ingestion.vectors import Vectors

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run_plan(plan: Plan, store: RowStore, embedder: CLIPEmbedder, found: Found, stop: Event) -> IngestReport:
    """Carry out a plan.

    Args:
        store: of vectors of this embedder; whether they are is for its adapter to see before.
        found: from `plan.found_for(...)`.
        stop: may be set by another thread.
    Raises:
        StoreError: the store refused or went away, a disk is full, or the cache cannot be used; says how
            many rows are safe.
    """
    started = time.perf_counter()
    target = Target(store, plan.retry_seconds, stop)
    with _disk_errors(target), store.writing():
        report = _run(plan, target, embedder, found)
    report.seconds = time.perf_counter() - started
    return report


async def arun_plan(plan: Plan, store: RowStore, embedder: CLIPEmbedder, found: Found) -> IngestReport:
    """`run_plan` in a thread, so that the event loop stays free.

    When it is cancelled, rows that are being stored are stored whole, and its threads have ended by the time
    that CancelledError is raised.
    """
    stop = Event()
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


def _run(plan: Plan, target: Target, embedder: CLIPEmbedder, found: Found) -> IngestReport:
    roots, raw = plan.roots(), embedder.with_calibration(None)
    with ExitStack() as stack:
        stack.enter_context(closing(found))  # an error would keep a manifest open as long as it is kept
        recorder = stack.enter_context(Recorder(plan.failures))
        cache = stack.enter_context(VectorCache(plan.cache, raw)) if plan.cache is not None else None
        ledger = stack.enter_context(Ledger())
        ledger.fill(target.pages())
        check_roots(ledger, roots, plan.prune_empty)
        report = recorder.report
        lost = Healer(target, embedder, recorder, max_bytes=plan.remote.max_bytes).run()
        meter = stack.enter_context(meter_of(report, plan.found, show=plan.show_progress))
        storer = Storer(target, embedder.calibration, unstored_limit(raw.batch_size))
        stack.callback(storer.close)
        vectors = Vectors(raw, plan.sample.vectors if plan.sample else {}, cache)
        flow = Flow(vectors, ledger, storer, recorder, meter, embed_captions=plan.embed_captions)
        try:
            with closing(read_ahead(found, plan.remote, Budget(BYTES))) as readings:
                flow.run(readings)
            vectors.tell()
            recorder.passed_over(found)
            if not plan.embed_captions:
                report.captions_left_out = ledger.captions_left_out()
            pruning = Pruning(ledger, recorder, empty=plan.prune_empty, most=plan.prune_most)
            finish = Finish(ledger, target, recorder, embed_captions=plan.embed_captions, lost=lost)
            finish.run(roots, pruning)
        except BaseException:
            target.stop.set()  # a store that is away is not waited for any more
            raise
    return report


@contextmanager
def _disk_errors(target: Target) -> Iterator[None]:
    """The ledger and the file of failures may fill a disk too."""
    try:
        yield
    except RuntimeError as error:
        if "shutdown" not in str(error) or isinstance(error, StoreError):
            raise
        raise StoreError(f"cannot go on: the program ends. {target.fix()}") from error
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, OSError) and error.errno not in _FULL:
            raise
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"cannot go on: {reason}, in the temporary folder or where failures= is. {target.fix()}"
        ) from error
