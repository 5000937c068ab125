"""Chroma as `clip_embeddings.stores` finds it: "chroma:DIR", "chroma:http://localhost:8000"."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import chromadb
from chromadb.api import ClientAPI
from chromadb.errors import NotFoundError

from chroma_clip_embeddings.client.connection import (
    absolute,
    at_server,
    connect,
    is_out_of_reach,
    store_errors,
)
from chroma_clip_embeddings.client.lock import reopen
from chroma_clip_embeddings.client.private import written
from chroma_clip_embeddings.collection.identity import FINGERPRINT, embedder_of, record_identity
from chroma_clip_embeddings.collection.opening import CHECK, open_collection
from chroma_clip_embeddings.retrieval.search import nearest
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.search import Found, Request
from clip_embeddings.stores.servers import server_at

_PORTS = {"http": 8000, "https": 443}


class ChromaStore:
    """A folder, which one process writes to at a time, or a server."""

    def __init__(self, place: str, *, headers: Mapping[str, str] | None = None) -> None:
        self._server = server_at(place)
        if headers and self._server is None:
            raise InvalidInputError(
                f"headers: {place!r} is a folder; they are for a server, http://HOST:PORT"
            )
        self.place = place if self._server else absolute(Path(place).expanduser())
        self.several_writers = self._server is not None
        self._headers = dict(headers or {})

    @cached_property
    def client(self) -> ClientAPI:
        """A folder that is not there is made."""
        if self._server is None:
            return connect(self.place)
        host, port = self._server.hostname or "", self._server.port or _PORTS[self._server.scheme]
        return at_server(host, port, secure=self._server.scheme == "https", headers=self._headers)

    def exists(self) -> bool:
        return self._server is not None or Path(self.place, "chroma.sqlite3").is_file()

    def names(self) -> list[str]:
        if not self.exists():
            return []
        with store_errors("list the collections", "Check that the store is there"):
            return sorted(each.name for each in self.client.list_collections())

    def find(self, name: str) -> "ChromaCollection | None":
        if not self.exists():
            return None
        with store_errors(f"open the collection {name!r}", CHECK):
            try:
                return ChromaCollection(self.client.get_collection(name, embedding_function=None))
            except NotFoundError:
                return None

    def open(
        self, name: str, *, embedder: CLIPEmbedder | None = None, create: bool = False
    ) -> "ChromaCollection":
        found = open_collection(self.client, name, embedder=embedder, create=create)
        if create and embedder is not None:
            record_identity(found, embedder)
        return ChromaCollection(found, embedder_of(found).dimension)

    def is_away(self, error: Exception) -> bool:
        """Chroma's client raises errors of its own in the place of those of the network."""
        causes: BaseException | None = error
        while isinstance(causes, Exception):
            if is_out_of_reach(causes):
                return True
            causes = causes.__cause__ or causes.__context__
        return False


class ChromaCollection:
    """A collection of Chroma's, `raw`; its dimension D is 0 where no model was looked for."""

    def __init__(self, raw: chromadb.Collection, dimension: int = 0) -> None:
        self.raw, self.name = raw, raw.name
        self.rows = ChromaRows(raw, dimension)
        self._written = written(raw)

    @property
    def fingerprint(self) -> str | None:
        return (self.raw.metadata or {}).get(FINGERPRINT)

    @cached_property
    def embedder(self) -> CLIPEmbedder:
        return embedder_of(self.raw)

    def count(self) -> int:
        return self.raw.count()

    def refresh(self) -> None:
        """A folder is read anew where somebody has written to it, this process included."""
        if written(self.raw) != self._written:
            with store_errors("read the store anew", "Check that the store is there"):
                reopen(self.raw)
            self._written = written(self.raw)

    def nearest(self, request: Request) -> Iterable[Found]:
        return nearest(self.raw, request)
