"""Several processes and one folder: one of them writes at a time, and what others wrote is seen.

Two processes that write into one folder destroy vectors, and not at the same moment only: what Chroma holds
in memory of an index it writes over what another process has made of it since. Threads of one process write
together, and a server is one process, whoever writes to it. How the lock works is in
`clip_embeddings.ingestion.locking`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from chroma_clip_embeddings.client import private
from chroma_clip_embeddings.client.read_only import origin_of, refusal
from clip_embeddings.ingestion.locking import FolderLock

T = TypeVar("T")
_UNKNOWN = "Error finding id"  # what Chroma says of a row that its index does not know


class _ChromaLock(FolderLock):
    instead = ", or run a server, which takes any number: chroma run --path {folder}"

    def read_anew(self, store: Any) -> None:
        private.read_anew(store)


NAME = _ChromaLock.NAME


@contextmanager
def writing(store: Any, *, whole: bool = False) -> Iterator[None]:
    """Write to a store; nobody else does meanwhile.

    Args:
        store: a client, or a collection. One on a server, or in memory, needs no lock.
        whole: what is done ends here, so that other processes need not wait.
    Raises:
        StoreError: another process writes to the folder; names it. Or the folder is read-only.
    """
    api = private.api_of(store)
    folder = private.folder_of(api)
    if folder is not None and (origin := origin_of(str(folder))):
        raise refusal(origin)
    lock = lock_of(api)
    with nullcontext() if lock is None else lock.writing(api, whole=whole):
        yield


def lock_of(api: Any) -> FolderLock | None:
    """That of the folder of Chroma's own object; None where it is on a server or in memory."""
    folder = private.folder_of(api)
    return None if folder is None else _ChromaLock.at(folder)


def reopen(store: Any) -> None:
    """See what other processes have written to an embedded store since this one opened it.

    Chroma keeps what it has read of a folder, so a process that only searches goes on finding what was there
    when it began. The client and its collections stay good. On a server, or in memory, there is nothing to
    do: they always see everything.

    Args:
        store: the client, or a collection.
    """
    api = private.api_of(store)
    lock = lock_of(api)
    if lock is not None:
        lock.refresh(api)


def asked(store: Any, ask: Callable[[], T]) -> T:
    """The answer of a store; an embedded one is read anew where what is in memory does not fit.

    A filter looks into the file and finds rows of other processes that the index in memory does not know.
    """
    try:
        return ask()
    except Exception as error:
        if _UNKNOWN not in str(error) or private.folder_of(store) is None:
            raise
    reopen(store)
    return ask()
