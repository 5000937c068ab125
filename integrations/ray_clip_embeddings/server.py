"""The Chroma server as a place for rows: which are there, and upserts that a retry cannot double.

Imports the Chroma adapter and chromadb, inside functions: only who stores in Chroma needs them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError

if TYPE_CHECKING:
    import chromadb
    from chromadb.api import ClientAPI

T = TypeVar("T")
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
        wanted = list(ids)
        if not wanted:
            return set()
        return set(
            self._asking("look up stored rows", lambda found: found.get(ids=wanted, include=[])["ids"])
        )

    def store(self, rows: Sequence[dict[str, Any]], vectors: NDArray[np.float32]) -> None:
        """Upsert at most a batch of rows, in the form in which the Chroma adapter stores them."""
        from chroma_clip_embeddings.parts import parts_in_bytes
        from chroma_clip_embeddings.rows import upsert_arguments

        ready = [_row(row) for row in rows]
        for part in parts_in_bytes(ready, vectors, len(ready)):
            arguments = upsert_arguments([ready[i] for i in part], vectors[list(part)])
            self._asking("store rows", partial(_upsert, arguments))

    def refusal(self, row: dict[str, Any]) -> str | None:
        """Why the collection does not take a row; None where it does."""
        from clip_embeddings.ingestion.rows.checks import check_row

        made = _row(row)
        try:
            check_row("metadata", made.id, made.document, made.metadata, made.uri)
        except InvalidInputError as error:
            return str(error)
        return None

    def _asking(self, doing: str, ask: Callable[["chromadb.Collection"], T]) -> T:
        from chroma_clip_embeddings.client.connection import store_errors

        def attempt() -> T:
            with store_errors(f"{doing} in {self.collection!r} at {self.host}:{self.port}", SAFE):
                return ask(_collection(self))

        return _patiently(attempt, self.patience)


def _upsert(arguments: dict[str, Any], found: "chromadb.Collection") -> None:
    found.upsert(**arguments)


def _row(row: dict[str, Any]) -> Any:
    """As `chroma_clip_embeddings.ingest` makes it of a file."""
    from clip_embeddings.ingestion.rows.row import Row

    is_picture = row["modality"] == "image"
    metadata = {"modality": row["modality"], "content_sha256": row["content_sha256"]}
    if row["uri"] is not None:
        metadata["uri"] = row["uri"]
    if not is_picture:
        start, end = row["id"].rpartition(":")[2].split("-")
        metadata |= {"start": int(start), "end": int(end)}
    return Row(row["id"], row["document"], is_picture, row["document"], metadata, row["uri"])


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


def _patiently(attempt: Callable[[], T], patience: float) -> T:
    """Try again after half a second, one, two ... while the server is away."""
    delay, waited = 0.5, 0.0
    while True:
        try:
            return attempt()
        except StoreError as error:
            if _is_final(error) or waited >= patience:
                raise
        time.sleep(delay)
        waited, delay = waited + delay, min(2 * delay, 10.0)


def _is_final(error: StoreError) -> bool:
    """Whether the server has answered that it will not."""
    from chromadb.errors import ChromaError

    cause = error.__cause__
    return cause is None or (isinstance(cause, ChromaError) and cause.code() < 500)
