"""The stream of an ingestion: files that were read -> rows that are new -> vectors -> the storing thread.

All of it happens in the caller's thread; reading, decoding and storing have threads of their own.
"""

from collections.abc import Generator, Iterable, Iterator, Set
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.encode import ImageBatch
from clip_embeddings.ingestion.find.entries import Entry
from clip_embeddings.ingestion.meter import Meter
from clip_embeddings.ingestion.read.budget import Budget, Encoded
from clip_embeddings.ingestion.read.local import NotWanted, UnusableFile
from clip_embeddings.ingestion.read.reading import BYTES, Reading, failure_of, named
from clip_embeddings.ingestion.read.sources import Source
from clip_embeddings.ingestion.report import Recorder
from clip_embeddings.ingestion.rows.ids import is_caption, picture_id
from clip_embeddings.ingestion.rows.making import rows_of
from clip_embeddings.ingestion.rows.row import Row, caption_row
from clip_embeddings.ingestion.stored.ledger import Given, Ledger
from clip_embeddings.ingestion.storer import Storer
from clip_embeddings.ingestion.vectors import Vectors
from clip_embeddings.inputs.formats import holds_several
from clip_embeddings.types import ImageInput

UNIT = 64
"""Texts embedded together. With a batch of pictures they fit into what may wait to be stored."""


def unstored_limit(batch_size: int) -> int:
    """Rows that may be embedded and not yet stored: what a killed run embeds twice at most."""
    return max(2 * UNIT, 2 * batch_size)


@dataclass(slots=True)
class Pending:
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
        self._pending: dict[str, Pending] = {}  # by row id
        self._order: dict[int, str] = {}  # place in the stream of pictures -> row id
        self._texts: dict[str, Row] = {}
        self._failed: dict[str, str] = {}  # row id -> reason
        self._several: set[str] = set()  # ids of pictures under way whose file holds more
        self.decoding = Budget(BYTES)

    def run(self, readings: Iterable[list[Reading]]) -> None:
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
                    self._take_in(batch)
                if len(self._texts) >= UNIT:  # their captions
                    self._embed_texts()
        self._embed_texts()
        self._count_asked()
        self._storer.finish()

    def _pictures(self, readings: Iterable[list[Reading]]) -> Generator[ImageInput, None, None]:
        """The new pictures. Texts are embedded in between, while pictures are decoded."""
        count = 0
        for row in self._rows(readings):
            if not row.is_picture:
                self._texts[row.id] = row
                if len(self._texts) >= UNIT:
                    self._embed_texts()
                continue
            content = row.item
            self._pending[row.id] = Pending(_without_content(row))
            self._order[count] = row.id
            count += 1
            del row
            yield Encoded(content, self.decoding) if isinstance(content, bytes) else content
            del content
            self.decoding.wait()

    def _rows(self, readings: Iterable[list[Reading]]) -> Iterator[Row]:
        """The rows that have to be embedded; what is stored is looked up a group of files at a time."""
        for group in readings:
            stored = self._ledger.among([picture_id(reading.sha256) for reading in group])
            while group:
                self._storer.check()
                yield from self._new_rows(group.pop(0), stored)
                self._meter.advance(1)
            self._count_asked()

    def _count_asked(self) -> None:
        self._report.skipped += self._ledger.write_asked()

    def _new_rows(self, reading: Reading, stored: Set[str]) -> Iterator[Row]:
        """Note what a file asks for; the rows of it that have to be embedded."""
        entry, picture = reading.entry, picture_id(reading.sha256)
        if entry is None or reading.reason:
            self._recorder.failed(*named(reading))
            return
        if reading.unwanted:
            self._recorder.left_out(reading.unwanted)
            return
        if picture in stored and reading.taking.only != "texts":  # so what is in the file is known
            self._ledger.add_given(Given(entry.uri, entry.caption, entry.metadata))
            self._ledger.ask_for(picture, entry.uri, new=False)
            yield from self._new_caption(entry, reading.sha256)
            return
        try:
            source = reading.source()
        except NotWanted as error:
            self._recorder.left_out(str(error))
            return
        except UnusableFile as error:
            self._recorder.failed(*failure_of(entry, str(error)))
            return
        self._recorder.read_as(source.encoding)
        entry = replace(entry, metadata=source.given(entry.metadata))
        self._ledger.add_given(Given(entry.uri, entry.caption, entry.metadata))
        if reading.taking.only and source.is_pdf:  # what is not taken now stays
            self._ledger.ask_for_all(entry.uri, pictures=reading.taking.only == "texts")
        yield from self._rows_missing(entry, source)

    def _rows_missing(self, entry: Entry, source: Source) -> Iterator[Row]:
        """The rows of a file that the collection does not have."""
        there, complete = list[str](), False
        if source.text is not None:
            there, complete = self._ledger.passages(source)
            for id in there:
                self._ledger.ask_for(id, entry.uri, new=False)
        elif holds_several(source.content):
            self._several.add(picture_id(source.sha256))
        given = entry.words, entry.metadata
        for row in rows_of(source, self._vectors.embedder, *given, texts=not complete):
            if row.id in there:  # the only one of a short text, most often
                continue
            if row.id in self._failed:
                self._recorder.failed(entry.uri, self._failed[row.id])
                return
            yield from self._if_new(row)
        if source.text is None:
            yield from self._new_caption(entry, source.sha256)

    def _new_caption(self, entry: Entry, sha256: str) -> Iterator[Row]:
        """The caption of a picture as a row of its own, if that is asked for and new."""
        if not (self._embed_captions and entry.caption):
            return
        picture, caption = picture_id(sha256), caption_row(entry.uri, sha256, entry.caption, entry.metadata)
        if pending := self._pending.get(picture):  # it may yet turn out to be broken
            pending.captions.append(caption)
        elif picture not in self._failed:
            yield from self._if_new(caption)

    def _if_new(self, row: Row) -> Iterator[Row]:
        """The row, unless it is stored, under way, or its vector is known."""
        waits = row.id in self._pending or row.id in self._texts
        if row.encoding and not waits and self._ledger.rereads(row):
            row = replace(row, rereads=True)
        new = not waits and (row.rereads or not self._ledger.holds(row.id))
        self._ledger.ask_for(row.id, row.uri or "", new=new)
        if not new:
            return
        if (vector := self._vectors.known(row)) is not None:
            with self._storer.room_for(1):
                self._put([_without_content(row)], [vector])
            self._report.cached += 1
        else:
            yield row

    def _take_in(self, batch: ImageBatch) -> None:
        """Pictures come out of the model."""
        done = [self._pending.pop(self._order.pop(int(place))) for place in batch.indices]
        rows = [each.row for each in done]
        self._vectors.take_pictures(rows, batch.embeddings)
        self._put(rows, batch.embeddings)
        for failure in batch.failures:
            self._fail(self._pending.pop(self._order.pop(failure.index)).row, failure.reason)
        for each in done:
            for caption in each.captions:
                self._texts.update((row.id, row) for row in self._if_new(caption))

    def _fail(self, row: Row, reason: str) -> None:
        self._failed[row.id] = reason
        self._count_asked()
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
            if is_caption(row.id):
                self._report.captions += 1
            elif row.is_picture:
                self._report.images += 1
                self._report.first_of_several += row.id in self._several
            elif row.rereads:
                self._report.updated += 1
            else:
                self._report.passages += 1


def _without_content(row: Row) -> Row:
    """The row without the picture itself, which is large."""
    return replace(row, item=b"")
