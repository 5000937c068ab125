"""What is used of chromadb's inside, all of it here: another release may have it otherwise."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar, cast

import chromadb
from chromadb.api import ClientAPI
from chromadb.api.models.CollectionCommon import CollectionCommon
from chromadb.api.shared_system_client import SharedSystemClient

AnyCollection = TypeVar("AnyCollection", bound=CollectionCommon[Any])
_WRITTEN = """
    SELECT (SELECT max(seq_id) FROM embeddings_queue), (SELECT sum(seq_id) FROM max_seq_id),
           (SELECT group_concat(id) FROM collections)
"""
_SEEN, _QUESTIONS = "_clip_seen", 1_000  # on what is open: the state, and the questions asked in it
SECONDS = 60.0
"""The longest silence of a server in the middle of a request."""


def api_of(store: Any) -> Any:
    """Chroma's own object behind a client or a collection, or that itself."""
    return getattr(store, "_server", None) or getattr(store, "_client", None) or store


def folder_of(store: Any) -> Path | None:
    """The folder of an embedded store, as `api_of` takes it; None for one on a server or in memory."""
    api = api_of(store)
    settings = getattr(getattr(api, "_system", None), "settings", None)
    if settings is None or not hasattr(api, "bindings") or not settings.is_persistent:
        return None
    return Path(settings.persist_directory)


def bounded(store: Any) -> None:
    """Give a client of a server a time limit, if it has none; one that the caller has set stays.

    Chroma's clients set none, so a server that is stopped and not gone would hold its callers for ever. That
    of an async client is given in its event loop.
    """
    api = api_of(store)
    session = getattr(api, "_session", None)
    if hasattr(api, "_get_client"):  # of the async client, which has one for each event loop
        session = api._get_client()
    timeout = getattr(session, "timeout", None)
    if session is not None and timeout is not None and timeout.read is None and timeout.connect is None:
        session.timeout = SECONDS


def read_anew(api: Any) -> None:
    """Drop what an embedded store has in memory of its folder; clients and collections stay good."""
    folder = folder_of(api)
    # Not where it was closed and deleted, or may not be looked into for now, which Path.exists would raise.
    if folder is not None and os.path.exists(folder / "chroma.sqlite3"):  # noqa: PTH110
        api.start()


def written(store: Any) -> tuple[Any, ...]:
    """What differs after anybody has written to an embedded store; empty for one on a server or in memory.

    Chroma writes into the file when it only opens it, so what counts is in its tables: the numbers of what
    was written, and the collections.
    """
    folder = folder_of(store)
    if folder is None:
        return ()
    table = folder / "chroma.sqlite3"
    try:
        with closing(sqlite3.connect(f"{table.as_uri()}?mode=ro", uri=True)) as file:
            return tuple(file.execute(_WRITTEN).fetchone())
    except sqlite3.Error:  # busy, or of another release
        return (table.stat().st_mtime_ns,) if table.exists() else ()


def is_seen(store: Any, question: str) -> bool:
    """Whether a question was asked since anybody wrote to an embedded store; from now on it was.

    Chroma finds in memory what others have written only where its filter finds it in the file. Of a server,
    which always sees everything, it is true.
    """
    api, state = api_of(store), written(store)
    if not state:
        return True
    known, questions = getattr(api, _SEEN, (None, set()))
    if known != state:
        known, questions = state, set()
    seen = question in questions
    if len(questions) < _QUESTIONS:
        setattr(api, _SEEN, (known, questions | {question}))
    return seen


def is_open(folder: str) -> bool:
    """Whether this process has a store open by this name of its folder."""
    return folder in SharedSystemClient._identifier_to_system


def opened(folder: str) -> ClientAPI:
    """Chroma keeps one that could not be started, too, and would give it out at the next call."""
    was_open = is_open(folder)
    try:
        return chromadb.PersistentClient(path=folder)
    except BaseException:
        if not was_open:
            SharedSystemClient._identifier_to_system.pop(folder, None)
            SharedSystemClient._identifier_to_refcount.pop(folder, None)
        raise


def most_in_one_call(collection: Any) -> Any:
    """Rows in one request at most, or what an async client's collection answers them by."""
    return api_of(collection).get_max_batch_size()


def model_now(collection: CollectionCommon[Any]) -> Any:
    """What the store has of a collection, which others may have changed since it was opened."""
    api, place = api_of(collection), {"tenant": collection.tenant, "database": collection.database}
    return api.get_collection(collection.name, **place)


def keep_metadata(collection: CollectionCommon[Any], metadata: dict[str, Any]) -> None:
    """Let an open collection have the metadata that the store has."""
    collection._model["metadata"] = metadata


def function_of(collection: CollectionCommon[Any]) -> Any:
    """The embedding function that a collection has in this process."""
    return getattr(collection, "_embedding_function", None)


def opened_with(collection: AnyCollection, model: Any, function: Any, loader: Any) -> AnyCollection:
    """The same collection under another model, function and loader, in this process."""
    make = cast(Any, type(collection))
    made: AnyCollection = make(
        client=api_of(collection), model=model, embedding_function=function, data_loader=loader
    )
    return made
