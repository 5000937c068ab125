"""One ingestion, from what was asked for to what was done. Imports chromadb and the public core."""

import errno
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

from chroma_clip_embeddings.budget import Budget
from chroma_clip_embeddings.cache import VectorCache
from chroma_clip_embeddings.choosing import Choice
from chroma_clip_embeddings.discovery import AnyPath, discover
from chroma_clip_embeddings.finishing import Finish
from chroma_clip_embeddings.flow import Flow, unstored_limit
from chroma_clip_embeddings.found import Found
from chroma_clip_embeddings.healing import Healer
from chroma_clip_embeddings.identity import check_identity
from chroma_clip_embeddings.ledger import Ledger
from chroma_clip_embeddings.lock import folder_of, writing
from chroma_clip_embeddings.meter import meter_of
from chroma_clip_embeddings.prune import Pruning, check_roots
from chroma_clip_embeddings.reading import BYTES, Remote, read_ahead
from chroma_clip_embeddings.report import IngestReport, Recorder
from chroma_clip_embeddings.roots import roots_of, there_or_kept
from chroma_clip_embeddings.sampling import FileSample, check_sample
from chroma_clip_embeddings.storing import Storer
from chroma_clip_embeddings.target import Target
from chroma_clip_embeddings.vectors import Vectors
from clip_embeddings import CLIPEmbedder, StoreError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Plan:
    """An ingestion to be; fields as the arguments of `ingest`."""

    paths: Sequence[AnyPath]
    manifests: Sequence[AnyPath]
    captions: Mapping[str, str]
    sample: FileSample | None
    embed_captions: bool
    allow_schemes: frozenset[str]
    prune: bool
    prune_empty: Sequence[str]
    prune_most: bool
    cache: str | os.PathLike[str] | None
    failures: str | os.PathLike[str] | None
    retry_seconds: float
    max_bytes: int
    timeout: float
    encoding: str | None
    choice: Choice
    show_progress: bool

    def check(self, collection: Any, embedder: CLIPEmbedder) -> None:
        """Refuse what cannot be done, before anything is written."""
        check_identity(collection, embedder)
        if self.sample is not None:
            check_sample(self.sample, collection, embedder)
        self.roots()

    def roots(self) -> list[str]:
        """What `prune` looks under."""
        return roots_of(self.paths, self.prune_empty) if self.prune else []

    def found(self) -> Found:
        """What there is to ingest, with its captions; checked at once."""
        return discover(
            there_or_kept(self.paths, self.prune_empty),
            manifests=self.manifests,
            allow_schemes=self.allow_schemes,
            captions=self.captions,
            choice=self.choice,
        )

    def run(self, collection: Any, embedder: CLIPEmbedder, found: Found, stop: Event) -> IngestReport:
        """Do it; `stop` may be set by another thread."""
        started = time.perf_counter()
        target = Target(collection, self.retry_seconds, stop)
        with _disk_errors(target), writing(collection, whole=True):
            report = self._run(target, embedder, found)
        report.seconds = time.perf_counter() - started
        return report

    def _run(self, target: Target, embedder: CLIPEmbedder, found: Found) -> IngestReport:
        roots, raw = self.roots(), embedder.with_calibration(None)
        with ExitStack() as stack:
            stack.enter_context(closing(found))  # an error would keep a manifest open as long as it is kept
            recorder = stack.enter_context(Recorder(self.failures))
            cache = stack.enter_context(VectorCache(self.cache, raw)) if self.cache is not None else None
            ledger = stack.enter_context(Ledger())
            ledger.fill(target.pages())
            check_roots(ledger, roots, self.prune_empty)
            report = recorder.report
            healer = Healer(target, embedder, recorder, max_bytes=self.max_bytes)
            lost = healer.run() if folder_of(target.collection) else set()
            meter = stack.enter_context(meter_of(report, self.found, show=self.show_progress))
            storer = Storer(target, embedder.calibration, unstored_limit(raw.batch_size))
            stack.callback(storer.close)
            vectors = Vectors(raw, self.sample.vectors if self.sample else {}, cache)
            flow = Flow(vectors, ledger, storer, recorder, meter, embed_captions=self.embed_captions)
            remote = Remote(self.allow_schemes, self.max_bytes, self.timeout, self.encoding, self.choice.only)
            try:
                with closing(read_ahead(found, remote, Budget(BYTES))) as readings:
                    flow.run(readings)
                recorder.passed_over(found)
                if not self.embed_captions:
                    report.captions_left_out = ledger.captions_left_out()
                pruning = Pruning(ledger, recorder, empty=self.prune_empty, most=self.prune_most)
                Finish(
                    ledger,
                    target,
                    recorder,
                    embed_captions=self.embed_captions,
                    lost=lost,
                    dimension=raw.dimension,
                ).run(roots, pruning)
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
