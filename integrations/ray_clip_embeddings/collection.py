"""A collection of any store as a place for rows: which are there, and additions that a retry cannot double.

The store is found by name, so no adapter is imported here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Event
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, InvalidInputError, Passage, StoreError
from clip_embeddings.ingestion import RowStore
from clip_embeddings.ingestion.retry import Target, patiently
from clip_embeddings.ingestion.rows.checks import check_row
from clip_embeddings.ingestion.rows.ids import span_of
from clip_embeddings.ingestion.rows.row import Row, passage_rows, picture_row
from clip_embeddings.ingestion.stored.joining import store
from clip_embeddings.stores.lookup import open_store
from clip_embeddings.stores.protocol import Store

_SAFE = "What is stored is safe"


@dataclass(frozen=True, slots=True)
class CollectionSink:
    """Where a collection is; what each worker opens it by.

    Attributes:
        store_address: of its store, "NAME:PLACE".
        patience: seconds that a server may be away before a job ends.
        fingerprint: of the collection's vectors, which are those of the job's model.
        headers: of requests to a server, in pairs: (("Authorization", "Bearer ..."),).
        job: another one for each: Ray's processes live on, and what one opened may be made anew by the next.
    """

    store_address: str
    collection: str
    patience: float
    fingerprint: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # may be secret
    job: str = ""

    def prepare(self, embedder: CLIPEmbedder) -> "CollectionSink":
        """Create the collection, or check that it holds vectors of this model; record its fingerprint.

        Returns:
            The sink for workers: with the store's whole place, and the fingerprint on record, which may be
            one that an earlier release made.
        Raises:
            InvalidInputError: no such store, or one that takes one writer at a time.
            FingerprintMismatchError: it holds vectors of another model.
            StoreError: the store does not answer, or the collection is not one of ours.
        """
        opened = self.open()
        if not opened.several_writers:
            raise InvalidInputError(
                f"store: {self.store_address!r} takes one process that writes at a time, and the workers are "
                "several. Name a server or another store, or take output="
            )
        found = opened.open(self.collection, embedder=embedder, create=True)
        return CollectionSink(
            f"{self.store_address.partition(':')[0]}:{opened.place}",
            self.collection,
            self.patience,
            found.fingerprint or embedder.fingerprint,
            self.headers,
            uuid4().hex,
        )

    def open(self) -> Store:
        return open_store(self.store_address, headers=dict(self.headers))

    def stored(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that are there."""
        return set(_target(self).get(list(ids)).ids) if ids else set()

    def store(self, rows: Sequence[dict[str, Any]], vectors: NDArray[np.float32]) -> None:
        """Add at most a batch of rows, as ingestion does: one that is there gets the uri beside its own."""
        store(_target(self), [row_of(row) for row in rows], vectors)

    def refusal(self, row: dict[str, Any]) -> str | None:
        """Why the collection does not take a row; None where it does."""
        made = row_of(row)
        try:
            check_row("metadata", made.id, made.document, made.metadata, made.uri)
        except InvalidInputError as error:
            return str(error)
        return None


def row_of(row: dict[str, Any]) -> Row:
    """As ingestion makes it of a file."""
    sha256, uri, document = row["content_sha256"], row["uri"], row["document"]
    if row["modality"] == "image":
        return picture_row(document, sha256, uri, caption=document)
    (made,) = passage_rows([Passage(document, *span_of(row["id"]))], sha256, uri)
    return made


@lru_cache(maxsize=8)
def _target(sink: CollectionSink) -> Target:
    """The collection as ingestion sees it, opened once in a job and process; a server may be away."""
    opened = sink.open()
    rows = patiently(lambda: _rows(opened, sink), opened.is_away, sink.patience, Event())
    return Target(rows, sink.patience, Event(), _SAFE)


def _rows(opened: Store, sink: CollectionSink) -> RowStore:
    """The collection as the driver left it; another one under its name is refused. No model is needed."""
    found = opened.find(sink.collection)
    if found is None:
        raise StoreError(f"the collection {sink.collection!r} of {sink.store_address} is gone. {_SAFE}")
    if found.fingerprint != sink.fingerprint:
        raise StoreError(
            f"collection {sink.collection!r} held vectors of {sink.fingerprint} when the job began and "
            f"holds those of {found.fingerprint} now: something has replaced it"
        )
    return found.rows
