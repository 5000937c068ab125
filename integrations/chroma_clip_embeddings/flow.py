"""The stream of an ingestion: files that were read -> rows that are new -> vectors -> the storing thread.

All of it happens in the caller's thread; reading, decoding and storing have threads of their own.
Imports numpy and the public core.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.items import Row
from chroma_clip_embeddings.ledger import Given, Ledger
from chroma_clip_embeddings.meter import Meter
from chroma_clip_embeddings.reading import BYTES, Budget, Encoded, Reading, named
from chroma_clip_embeddings.report import Recorder
from chroma_clip_embeddings.sources import caption_row, rows_of
from chroma_clip_embeddings.storing import Storer
from chroma_clip_embeddings.vectors import Vectors
from clip_embeddings import ImageBatch

UNIT = 64
"""Texts embedded together. With a batch of pictures they fit into what may wait to be stored."""


def unstored_limit(batch_size: int) -> int:
    """Rows that may be embedded and not yet stored: what a killed run embeds twice at most."""
    return max(2 * UNIT, 2 * batch_size)


@dataclass(slots=True)
class Flying:
    """A picture on its way through the model, and the captions that wait for it."""

    row: Row
    captions: list[Row] = field(default_factory=list)


class Flow:
    """One run over a stream of readings; `run` it once."""

    def __init__(
        self,
        vectors: Vectors,
        ledger: Ledger,
        storer: Storer,
        recorder: Recorder,
        meter: Meter,
        *,
        embed_captions: bool,
    ) -> None:
        self._vectors, self._ledger, self._storer = vectors, ledger, storer
        self._recorder, self._meter, self._embed_captions = recorder, meter, embed_captions
        self._report = recorder.report
        self._flying: dict[str, Flying] = {}  # by row id
        self._order: dict[int, str] = {}  # place in the stream of pictures -> row id
        self._texts: dict[str, Row] = {}
        self._failed: dict[str, str] = {}  # row id -> reason
        self.decoding = Budget(BYTES)

    def run(self, readings: Iterable[Reading]) -> None:
        """Embed what is new and hand it to the store; returns when all of it is stored.

        Raises:
            StoreError: the store refused or went away.
            Stopped: the run was called off.
        """
        embedder = self._vectors.embedder
        # One stream, so that pictures are decoded across batches while the model works.
        with (
            closing(self._pictures(readings)) as pictures,
            closing(embedder.iter_images(pictures)) as batches,
        ):
            while True:
                with self._storer.room_for(embedder.batch_size):
                    batch = next(batches, None)
                    if batch is None:
                        break
                    self._land(batch)
        self._embed_texts()
        self._storer.finish()

    def _pictures(self, readings: Iterable[Reading]) -> Generator[Encoded, None, None]:
        """The new pictures. Texts are embedded in between, while pictures are decoded."""
        count = 0
        for reading in readings:
            self._storer.check()
            for row in self._new_rows(reading):
                if not row.is_picture:
                    self._texts[row.id] = row
                    if len(self._texts) >= UNIT:
                        self._embed_texts()
                    continue
                content = cast(bytes, row.item)
                self._flying[row.id] = Flying(_light(row))
                self._order[count] = row.id
                count += 1
                del row
                yield Encoded(content, self.decoding)
                del content
                self.decoding.wait()
            self._meter.moved(1)

    def _new_rows(self, reading: Reading) -> Iterator[Row]:
        """Note what a file asks for; the rows of it that have to be embedded."""
        source, entry = reading.source, reading.entry
        if source is None or entry is None:
            self._recorder.failed(*named(reading))
            return
        self._ledger.told(Given(entry.uri, entry.caption, entry.metadata))
        if source.text is not None and (stored := self._ledger.passages(source.sha256, source.text)):
            self._report.skipped += sum(self._ledger.note(id, entry.uri) for id in stored)
            return
        rows = rows_of(source, self._vectors.embedder, entry.caption, entry.metadata)
        for row in rows:
            if row.id in self._failed:
                self._recorder.failed(entry.uri, self._failed[row.id])
                return
            yield from self._if_new(row)
        if self._embed_captions and entry.caption and source.text is None:
            caption = caption_row(source, entry.caption, entry.metadata)
            flying = self._flying.get(f"image:{source.sha256}")
            if flying:  # its picture may yet turn out to be broken
                flying.captions.append(caption)
            elif f"image:{source.sha256}" not in self._failed:
                yield from self._if_new(caption)

    def _if_new(self, row: Row) -> Iterator[Row]:
        """The row, unless it is stored, under way, or its vector is known."""
        first = self._ledger.note(row.id, row.uri or "")
        if row.id in self._flying or row.id in self._texts or self._ledger.holds(row.id):
            self._report.skipped += first
        elif (vector := self._vectors.known(row.id)) is not None:
            with self._storer.room_for(1):
                self._put([_light(row)], [vector])
            self._report.cached += 1
        else:
            yield row

    def _land(self, batch: ImageBatch) -> None:
        """Pictures come out of the model."""
        landed = [self._flying.pop(self._order.pop(int(place))) for place in batch.indices]
        rows = [each.row for each in landed]
        self._vectors.keep(rows, batch.embeddings)
        self._put(rows, batch.embeddings)
        for failure in batch.failures:
            self._fail(self._flying.pop(self._order.pop(failure.index)).row, failure.reason)
        for each in landed:
            for caption in each.captions:
                self._texts.update((row.id, row) for row in self._if_new(caption))

    def _fail(self, row: Row, reason: str) -> None:
        self._failed[row.id] = reason
        uris = self._ledger.forget(row.id)
        self._report.skipped -= len(uris) - 1  # those that waited for the first
        for uri in uris:
            self._recorder.failed(uri, reason)

    def _embed_texts(self) -> None:
        waiting = list(self._texts.values())
        for start in range(0, len(waiting), UNIT):
            unit = waiting[start : start + UNIT]
            with self._storer.room_for(len(unit)):
                rows, vectors, failed = self._vectors.of_texts(unit)
                self._put(rows, vectors)
            for row in unit:
                del self._texts[row.id]
                if row.id in failed:
                    self._fail(row, f"its caption cannot be embedded: {failed[row.id]}")

    def _put(self, rows: list[Row], vectors: Iterable[NDArray[np.float32]]) -> None:
        self._ledger.put(rows)
        self._storer.put(rows, vectors)
        for row in rows:
            if row.id.startswith("caption:"):
                self._report.captions += 1
            elif row.is_picture:
                self._report.images += 1
            else:
                self._report.passages += 1


def _light(row: Row) -> Row:
    """The row without the picture itself, which is large."""
    return replace(row, item=b"")
