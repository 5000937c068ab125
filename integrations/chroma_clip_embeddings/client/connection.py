"""Reaching a store, and one name for the errors of its clients."""

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import chromadb
from chromadb.api import ClientAPI
from chromadb.errors import ChromaError

from chroma_clip_embeddings.client.private import bounded, is_open, opened
from chroma_clip_embeddings.client.read_only import place_of, refuse_writes
from clip_embeddings.ingestion.store import errors_of_store
from clip_embeddings.stores.servers import knock

_MADE_BY_OTHERS = 5.0  # seconds that another process is waited for that is making the store
_POLL = 0.1


def store_errors(doing: str, fix: str) -> AbstractContextManager[None]:
    """Give the store's errors one name; its client raises those of three libraries."""
    return errors_of_store(doing, fix, _is_of_store)


def is_out_of_reach(error: Exception) -> bool:
    """Whether a request did not get through to the store, or no answer came back: it may be made again."""
    if isinstance(error, ConnectionError):
        return True
    return _of_http(error) and any(kind.__name__ == "TransportError" for kind in type(error).__mro__)


def _is_of_store(error: Exception) -> bool:
    """Its client raises a bare Exception for an answer that it knows no class for, such as 413."""
    known = isinstance(error, ChromaError | OSError | RuntimeError | ValueError)
    return known or type(error) is Exception or _of_http(error)


def _of_http(error: Exception) -> bool:
    """Whether it comes from the HTTP library of the client; its errors are no OSErrors."""
    return type(error).__module__.partition(".")[0] in ("httpx", "httpcore")


def at_server(
    host: str, port: int, *, secure: bool = False, headers: Mapping[str, str] | None = None
) -> ClientAPI:
    """A client of a server, none of whose calls waits without end.

    Raises:
        StoreError: the server does not answer.
    """
    asked = f", with the headers {', '.join(headers)}" if headers else ""
    fix = f"Is a server running there{asked}? Start one with: chroma run --host {host} --port {port}"
    with store_errors(f"reach a Chroma server at {host}:{port}", fix):
        knock(host, port, "/api/v2/heartbeat", secure=secure)
        named = f"[{host}]" if ":" in host else host
        client = chromadb.HttpClient(
            host=named, port=port, ssl=secure, headers=dict(headers) if headers else None
        )
        bounded(client)
        return client


def connect(path: str | Path | None = None, *, host: str | None = None, port: int = 8000) -> ClientAPI:
    """An embedded store in the folder `path`, or the server at host and port.

    A relative path is the folder that it names now, also after the process has changed its working folder. A
    store that may only be read can be searched: its table of rows is copied to a temporary folder and opened
    there, as it is now, and whatever would write to it raises StoreError.

    Raises:
        StoreError: the folder cannot be used or the server does not answer.
    """
    # No settings of ours: Chroma refuses a second client of a folder in one process whose settings differ.
    if host is not None:
        return at_server(host, port)
    folder = Path(path if path is not None else "clip-db")
    with store_errors(
        f"open the store in {folder}", "Expected a folder that Chroma made, or one that does not exist yet"
    ):
        place = absolute(folder)
        client = _opened(where := place_of(place))
        if where != place:
            refuse_writes(client, place)
        return client


def _opened(folder: str) -> ClientAPI:
    """Chroma fails one of two processes that make a store at one moment: it opens what the other made."""
    table = Path(folder, "chroma.sqlite3")
    new, end = not table.exists(), time.monotonic() + _MADE_BY_OTHERS
    while True:
        try:
            return opened(folder)
        except ChromaError as error:
            others = (new and table.exists()) or "database is locked" in str(error)
            if not others or time.monotonic() > end:
                raise
            time.sleep(_POLL)


def absolute(folder: Path) -> str:
    """The path, absolute: Chroma keeps open stores by name, so "db" here would be the "db" of another folder.

    A relative name that the caller's own client has open is kept: by two names Chroma has a store open twice,
    and searches through one do not see what the other removed.
    """
    shared = is_open(str(folder)) and (folder / "chroma.sqlite3").exists()
    return str(folder) if shared else os.path.abspath(folder)  # noqa: PTH100  # links stay as they are named
