"""Folders, manifests and addresses -> rows of one collection, kept as the files are.

    discovery.py   what there is          reading.py    read ahead by threads
    flow.py        new rows, vectors      storing.py    a thread stores them
    ledger.py      stored and seen        finishing.py  moved, changed and vanished files

Imports chromadb and the public core.
"""

import errno
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import chromadb

from chroma_clip_embeddings.budget import Budget
from chroma_clip_embeddings.cache import VectorCache
from chroma_clip_embeddings.choosing import Choice, Only, choice_of
from chroma_clip_embeddings.clients import refuse_async
from chroma_clip_embeddings.discovery import AnyPath, discover, several
from chroma_clip_embeddings.entries import checked_schemes
from chroma_clip_embeddings.finishing import Finish
from chroma_clip_embeddings.flow import Flow, unstored_limit
from chroma_clip_embeddings.found import Found
from chroma_clip_embeddings.healing import Healer
from chroma_clip_embeddings.identity import check_identity, embedder_of, record_identity
from chroma_clip_embeddings.ledger import Ledger
from chroma_clip_embeddings.local import MAX_BYTES
from chroma_clip_embeddings.lock import folder_of, writing
from chroma_clip_embeddings.meter import meter_of
from chroma_clip_embeddings.prune import Pruning, check_roots
from chroma_clip_embeddings.reading import BYTES, Remote, read_ahead
from chroma_clip_embeddings.report import IngestReport, Recorder
from chroma_clip_embeddings.roots import folders_of, roots_of, there_or_kept
from chroma_clip_embeddings.sampling import FileSample, check_sample
from chroma_clip_embeddings.storing import Storer
from chroma_clip_embeddings.target import Target
from chroma_clip_embeddings.texts import checked_encoding
from chroma_clip_embeddings.vectors import Vectors
from clip_embeddings import CLIPEmbedder, StoreError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def ingest(
    paths: AnyPath | Iterable[AnyPath],
    collection: chromadb.Collection,
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
    """Store the pictures and texts at and under `paths`, and bring their rows up to date.

    Pictures are told from text by content. Text is split into passages that fit the model's context. A row's
    id is made of its content, so what is stored already is not embedded again; identical files are one row
    with all their uris. A file that cannot be used is reported and the rest goes on. Rows of a moved file
    get its new uri, and a changed file's old rows are removed.

    A run that is killed, at any moment, and started again ends with the same rows as one that was not. What
    was embedded and not yet stored is embedded twice: at most 128 rows, one batch of the store, or two of
    the model if they are larger than 64. With `cache` it is only what the model was at: a batch of pictures,
    or 64 texts.

    Args:
        paths: files, folders, patterns, and addresses of schemes that are allowed; hidden files are left out.
        collection: made with `open_collection` or with a `CLIPEmbeddingFunction`.
        manifests: JSONL, CSV or Parquet files of uri, caption and metadata.
        captions: path -> what a picture's row has as its document; its file name where none is given. A
            caption that is there already stays until another one is given.
        sample: from `sample_files`; what it has embedded is not embedded again, only calibrated.
        embed_captions: store each caption as a text row too, with `caption_of` = the picture's id.
        allow_schemes: of addresses that may be read, such as "https" or "s3".
        prune: remove rows of files that are gone from under `paths`; without it they stay. A folder that had
            files and is empty now, gone, unreadable or a link to nowhere looks like a disk that is not
            mounted: its rows stay, and it is among the failures.
        prune_empty: folders of which that is to be taken as it looks: rows of what was in them are removed.
        prune_most: prune also where more than half of the files under one of `paths` are gone; without it
            that is a failure too, and their rows stay.
        cache: folder of vectors by content and model, used before the model and filled after it.
        failures: file that failures are appended to as they happen, one JSON object in a line.
        retry_seconds: how long a server that is away is waited for.
        max_bytes: a larger file is refused and not read, wherever it is.
        timeout: seconds for each file read from an address.
        encoding: what text that is not in UTF-8 or UTF-16 is in, such as "cp949"; None finds out, by the rule
            in `texts.py`, and refuses a file where that is not clear. The report counts such files.
        exclude: patterns of files and folders that are left out, as in `.gitignore`: "*.json", "raw/",
            "/2023/**"; see `ignoring.py`. They belong to each folder of `paths`, whose `.clipignore` files
            say the same for what is in their folders; these options come after them. What is named by
            itself, and what a manifest names, is taken in any case.
        include: patterns of files that are taken though they are no notes (`notes.py`: sidecars, data, web
            pages, source code, ...) or excluded; not from folders that are excluded. Rows of files that are
            left out stay as they are, under `prune` too.
        only: "pictures" or "texts"; what is neither a picture nor named as one is no failure under the first.
        show_progress: a bar with rates.
    Raises:
        InvalidInputError: before anything is stored: a path or manifest that cannot be used.
        FingerprintMismatchError: the collection or the sample holds vectors of another model.
        MissingExtraError: a manifest or an address without what reads it.
        StoreError: the store refused or went away, a disk is full, or the cache cannot be used; says how
            many rows are safe.
    """
    refuse_async(collection, "ingest", "aingest")
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
    plan.check(collection, embedder)
    found = plan.found()
    record_identity(collection, embedder)
    return plan.run(collection, embedder, found, Event())


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
                    report,
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
