"""The Chroma server as a place for rows: which are there, and upserts that a retry cannot double.

Imports the Chroma adapter and chromadb, inside functions: only who stores in Chroma needs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, InvalidInputError, Passage, StoreError
from clip_embeddings.ingestion.retry import Target, patiently
from clip_embeddings.ingestion.rows.checks import check_row
from clip_embeddings.ingestion.rows.ids import span_of
from clip_embeddings.ingestion.rows.row import Row, passage_rows, picture_row

if TYPE_CHECKING:
    import chromadb
    from chromadb.api import ClientAPI

SAFE = "What is stored is safe"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a collection is; what each worker opens it by.

    Attributes:
        headers: pairs, for example (("Authorization", "Bearer ..."),).
        patience: seconds that the server may be away before a job ends.
        fingerprint: of the collection's vectors, which are those of the job's model.
    """

    collection: str
    host: str
    port: int
    ssl: bool
    headers: tuple[tuple[str, str], ...]
    patience: float
    fingerprint: str

    def prepare(self, embedder: CLIPEmbedder) -> "Server":
        """Create the collection, or check that it holds vectors of this model; record its fingerprint.

        Returns:
            The server with the fingerprint on record, which may be one that an earlier release made.
        Raises:
            FingerprintMismatchError: it holds vectors of another model.
            StoreError: the server does not answer, or the collection is not one of ours.
        """
        from chroma_clip_embeddings import open_collection
        from chroma_clip_embeddings.collection.identity import FINGERPRINT, record_identity

        found = open_collection(_client(self), self.collection, embedder=embedder)
        record_identity(found, embedder)
        on_record = (found.metadata or {}).get(FINGERPRINT)
        return replace(self, fingerprint=str(on_record or embedder.fingerprint))

    def stored(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that are there."""
        return set(_target(self).get(list(ids)).ids) if ids else set()

    def store(self, rows: Sequence[dict[str, Any]], vectors: NDArray[np.float32]) -> None:
        """Add at most a batch of rows, as ingestion does: one that is there gets the uri beside its own."""
        from clip_embeddings.ingestion.stored.joining import store

        store(_target(self), [_row(row) for row in rows], vectors)

    def refusal(self, row: dict[str, Any]) -> str | None:
        """Why the collection does not take a row; None where it does."""
        made = _row(row)
        try:
            check_row("metadata", made.id, made.document, made.metadata, made.uri)
        except InvalidInputError as error:
            return str(error)
        return None


def _row(row: dict[str, Any]) -> Row:
    """As ingestion makes it of a file."""
    sha256, uri, document = row["content_sha256"], row["uri"], row["document"]
    if row["modality"] == "image":
        return picture_row(document, sha256, uri, caption=document)
    (made,) = passage_rows([Passage(document, *span_of(row["id"]))], sha256, uri)
    return made


@lru_cache(maxsize=8)
def _target(server: Server) -> Target:
    """The collection as ingestion sees it; a server that is away is waited for."""
    from chroma_clip_embeddings.client.connection import is_out_of_reach, store_errors
    from chroma_clip_embeddings.row_store import ChromaRows

    with store_errors(f"open the collection {server.collection!r} at {server.host}:{server.port}", SAFE):
        collection = patiently(lambda: _collection(server), is_out_of_reach, server.patience, Event())
    return Target(ChromaRows(collection, 0), server.patience, Event(), SAFE)


@lru_cache(maxsize=8)
def _client(server: Server) -> "ClientAPI":
    """One connection in each process."""
    import chromadb

    from chroma_clip_embeddings.client.connection import store_errors

    fix = f"Is a server running there? Start one with: chroma run --host {server.host} --port {server.port}"
    with store_errors(f"reach a Chroma server at {server.host}:{server.port}", fix):
        return chromadb.HttpClient(
            host=server.host, port=server.port, ssl=server.ssl, headers=dict(server.headers) or None
        )


@lru_cache(maxsize=8)
def _collection(server: Server) -> "chromadb.Collection":
    """The collection as the driver left it; another one under its name is refused."""
    from chroma_clip_embeddings.collection.identity import FINGERPRINT

    # No function: a worker that only stores needs no model.
    found = _client(server).get_collection(server.collection, embedding_function=None)
    on_record = (found.metadata or {}).get(FINGERPRINT)
    if on_record != server.fingerprint:
        raise StoreError(
            f"collection {server.collection!r} held vectors of {server.fingerprint} when the job began and "
            f"holds those of {on_record} now: something has replaced it"
        )
    return found
