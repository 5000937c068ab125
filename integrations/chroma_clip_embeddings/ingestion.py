"""Folders of pictures and text -> rows of one collection. Running it again embeds only what is missing.

Imports chromadb and the public core.
"""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import chromadb
import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.identity import check_identity, embedder_of, record_identity
from chroma_clip_embeddings.items import Row
from chroma_clip_embeddings.progress import progress
from chroma_clip_embeddings.rows import upsert_arguments
from chroma_clip_embeddings.sampling import FileSample, check_sample
from chroma_clip_embeddings.sources import UnusableFile, absolute, find_files, read_source, rows_of
from chroma_clip_embeddings.store import store_errors
from clip_embeddings import CLIPEmbedder

_ROWS = 128  # embedded and stored together: what a killed run does again at most, for each modality
_BYTES = 64_000_000  # of items that wait together


@dataclass(frozen=True, slots=True)
class IngestFailure:
    """A file that gave no row, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class IngestReport:
    """What became of the files.

    Attributes:
        images, passages: rows added.
        skipped: rows that were there already.
        failures: files that gave no row.
        seconds: how long it took.
    """

    images: int = 0
    passages: int = 0
    skipped: int = 0
    failures: list[IngestFailure] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.images} pictures and {self.passages} text passages added, {self.skipped} already there, "
            f"{len(self.failures)} failed, in {self.seconds:.1f} s"
        )


def ingest(
    paths: Iterable[str | os.PathLike[str]],
    collection: chromadb.Collection,
    *,
    captions: Mapping[str, str] | None = None,
    sample: FileSample | None = None,
    show_progress: bool = False,
) -> IngestReport:
    """Store the pictures and texts at and under `paths`.

    Pictures are told from text by content. Text is split into passages that fit the model's context. A row's
    id is made of its content, so what is stored already is not embedded again. A file that cannot be used is
    reported and the rest goes on.

    Args:
        paths: files and folders; hidden files are left out.
        collection: made with `open_collection` or with a `CLIPEmbeddingFunction`.
        captions: path -> what a picture's row has as its document; its file name where none is given.
        sample: from `sample_files`; what it has embedded is not embedded again, only calibrated.
    Raises:
        InvalidInputError: a path does not exist.
        FingerprintMismatchError: the collection or the sample holds vectors of another model.
        StoreError: the store went away; says how many rows are safe.
    """
    started = time.perf_counter()
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    if sample is not None:
        check_sample(sample, collection, embedder)
    report = IngestReport()
    files = find_files(paths)
    names = {absolute(path): caption for path, caption in (captions or {}).items()}
    record_identity(collection, embedder)
    writer = _Writer(collection, embedder, report, sample.vectors if sample else {})
    for path in progress(files, "Reading and embedding files", show_progress):
        try:
            source = read_source(path)
        except UnusableFile as error:
            # So that a name that is not UTF-8 can be printed too.
            shown = os.fsencode(path).decode(errors="backslashreplace")
            report.failures.append(IngestFailure(shown, str(error)))
            continue
        for row in rows_of(source, embedder, names.get(path)):
            writer.add(row)
    writer.flush()
    report.seconds = time.perf_counter() - started
    return report


def _weight(row: Row) -> int:
    return len(row.item) if isinstance(row.item, str | bytes) else 0


class _Writer:
    """Collects rows of each modality and stores them in batches."""

    def __init__(
        self,
        collection: chromadb.Collection,
        embedder: CLIPEmbedder,
        report: IngestReport,
        sampled: Mapping[str, NDArray[np.float32]],
    ) -> None:
        self._collection, self._embedder, self._report = collection, embedder, report
        self._sampled = sampled  # row id -> raw (D,)
        self._waiting: dict[bool, dict[str, Row]] = {True: {}, False: {}}
        with store_errors("reach the store", "Nothing was stored"):
            self._size = min(_ROWS, collection._client.get_max_batch_size())

    def add(self, row: Row) -> None:
        waiting = self._waiting[row.is_picture]
        if row.id in waiting:
            self._report.skipped += 1
            return
        waiting[row.id] = row
        if len(waiting) >= self._size or sum(map(_weight, waiting.values())) >= _BYTES:
            self._store(waiting)

    def flush(self) -> None:
        for waiting in self._waiting.values():
            self._store(waiting)

    def _store(self, waiting: dict[str, Row]) -> None:
        rows = list(waiting.values())
        waiting.clear()
        if not rows:
            return
        fix = (
            f"{self._report.images + self._report.passages} rows of this run are stored and safe; "
            "run the same ingestion again to go on"
        )
        with store_errors("look up stored rows", fix):
            stored = set(self._collection.get(ids=[row.id for row in rows], include=[])["ids"])
        self._report.skipped += len(stored)
        vectors = self._embed([row for row in rows if row.id not in stored])
        rows = [row for row in rows if row.id in vectors]
        if rows:
            embeddings = np.stack([vectors[row.id] for row in rows])
            with store_errors("store rows", fix):
                self._collection.upsert(**upsert_arguments(rows, embeddings))
            self._count(rows)

    def _embed(self, rows: list[Row]) -> dict[str, NDArray[np.float32]]:
        """Row id -> (D,), of the rows that could be embedded."""
        vectors = self._of_sample(rows)
        rows = [row for row in rows if row.id not in vectors]
        if not rows:
            return vectors
        if not rows[0].is_picture:
            texts = self._embedder.embed_texts([str(row.item) for row in rows])
            return vectors | {row.id: vector for row, vector in zip(rows, texts, strict=True)}
        for batch in self._embedder.iter_images(row.item for row in rows):
            ids = (rows[i].id for i in batch.indices)
            vectors.update(zip(ids, batch.embeddings, strict=True))
            for failure in batch.failures:
                self._report.failures.append(IngestFailure(str(rows[failure.index].uri), failure.reason))
        return vectors

    def _of_sample(self, rows: list[Row]) -> dict[str, NDArray[np.float32]]:
        ids = [row.id for row in rows if row.id in self._sampled]
        if not ids:
            return {}
        vectors, calibration = np.stack([self._sampled[id] for id in ids]), self._embedder.calibration
        if calibration:
            vectors = calibration.apply(vectors, "image" if rows[0].is_picture else "text")
        return dict(zip(ids, vectors, strict=True))

    def _count(self, rows: list[Row]) -> None:
        if rows[0].is_picture:
            self._report.images += len(rows)
        else:
            self._report.passages += len(rows)
