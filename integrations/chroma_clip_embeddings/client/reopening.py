"""What other processes have written to an embedded store: seen by one that has it open."""

from collections.abc import Callable
from typing import Any, TypeVar

from chroma_clip_embeddings.client.lock import lock_of
from chroma_clip_embeddings.client.private import api_of, folder_of

T = TypeVar("T")
_UNKNOWN = "Error finding id"  # what Chroma says of a row that its index does not know


def reopen(store: Any) -> None:
    """See what other processes have written to an embedded store since this one opened it.

    Chroma keeps what it has read of a folder, so a process that only searches goes on finding what was there
    when it began. The client and its collections stay good. On a server, or in memory, there is nothing to
    do: they always see everything.

    Args:
        store: the client, or a collection.
    """
    api = api_of(store)
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
        if _UNKNOWN not in str(error) or folder_of(store) is None:
            raise
    reopen(store)
    return ask()
