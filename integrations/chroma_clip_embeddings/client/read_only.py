"""Stores in folders that may not be written to: on a disk or a share that is mounted so, or of another user.

Chroma writes to its table of rows when it opens it. So that is copied to a temporary folder, with links to
the indexes, which are only read, and the copy is opened. What would write to it is refused: it would be lost.
What another machine writes to the store later is not seen.
"""

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from chromadb.api import ClientAPI
from chromadb.errors import NotFoundError

from chroma_clip_embeddings.client.private import api_of, is_open
from clip_embeddings import StoreError

TABLE = "chroma.sqlite3"
_WRITES = (
    *("create_database", "delete_database", "create_tenant", "reset"),
    *("create_collection", "delete_collection", "attach_function", "detach_function"),
    *("_add", "_update", "_upsert", "_delete", "_modify", "_fork"),
)
_STANDS_FOR: dict[str, str] = {}  # folder of a copy -> the store's own
_COPIES: dict[str, str] = {}  # the other way round


def place_of(folder: str) -> str:
    """The folder that Chroma is to open: the store's own, or a copy if that is read-only and not open yet.

    Args:
        folder: as Chroma would be given it.
    Raises:
        StoreError: see `copy_of`.
    """
    return folder if is_open(folder) or not is_read_only(folder) else copy_of(folder)


def is_read_only(folder: str) -> bool:
    """Whether a store is there that this process may read and not write to."""
    table = os.path.join(folder, TABLE)  # noqa: PTH118
    return _may(table, os.R_OK) and not (_may(table, os.W_OK) and _may(folder, os.W_OK))


def copy_of(folder: str) -> str:
    """A folder that Chroma opens in place of a read-only one; removed when the process ends.

    Raises:
        StoreError: the store cannot be read, or there is no room for the copy.
    """
    if folder not in _COPIES:
        copy = tempfile.mkdtemp(prefix="clip-embeddings-read-only-")
        atexit.register(_remove, copy, os.getpid())
        try:
            _copy(folder, copy)
        except (OSError, sqlite3.Error) as error:
            shutil.rmtree(copy, ignore_errors=True)
            raise StoreError(
                f"the store in {folder} is read-only, so its table of rows is copied to {copy}, "
                f"which failed: {error}. Copy the folder to where you may write, or set TMPDIR to a "
                "larger disk"
            ) from error
        _COPIES[folder], _STANDS_FOR[copy] = copy, folder
    return _COPIES[folder]


def origin_of(folder: str) -> str | None:
    """The store's own folder, where Chroma has a copy of it open; None where it has not."""
    return _STANDS_FOR.get(folder)


def refusal(folder: str) -> StoreError:
    """The error of whoever wants to write."""
    return StoreError(
        f"the store in {folder} is read-only here: it can be searched, and nothing can be written to it. "
        "Copy the folder to where you may write, or run a server as a user who may: "
        f"chroma run --path {folder}"
    )


def refuse_writes(client: ClientAPI, folder: str) -> None:
    """Let a client of a copy, and all that share its store, only read."""
    api = api_of(client)
    get = api.get_collection

    def refused(*_: Any, **__: Any) -> NoReturn:
        raise refusal(folder)

    def got(name: str, *_: Any, **given: Any) -> Any:
        place = {key: given[key] for key in ("tenant", "database") if key in given}
        try:
            return get(name=name, **place)
        except NotFoundError as error:
            raise refusal(folder) from error

    instead: dict[str, Callable[..., Any]] = dict.fromkeys(_WRITES, refused)
    for name, method in (instead | {"get_or_create_collection": got}).items():
        setattr(api, name, method)


def _may(path: str, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _copy(folder: str, copy: str) -> None:
    # Not as a file: another process may be writing.
    source = f"{Path(folder, TABLE).absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(source, uri=True)) as table,
        closing(sqlite3.connect(Path(copy, TABLE))) as copied,
    ):
        table.backup(copied)
    for entry in Path(folder).iterdir():
        if entry.is_dir():
            Path(copy, entry.name).symlink_to(entry.absolute(), target_is_directory=True)


def _remove(copy: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a child of a fork
        shutil.rmtree(copy, ignore_errors=True)
