"""Rows that have lost their vector, as two processes that wrote into one folder leave them.

Nothing that reads their vectors works, and Chroma can neither delete them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

_PAGE = 1000
Get = Callable[..., Any]


def rows_without_vectors(get: Get) -> Iterator[str]:
    """Ids of the rows of a collection that have no vector.

    Args:
        get: the collection's method, or one that calls it.
    """
    start = 0
    while ids := get(limit=_PAGE, offset=start, include=[])["ids"]:
        yield from _among(ids, get)
        start += len(ids)


def _among(ids: Sequence[str], get: Get) -> Iterator[str]:
    """By halves: one request for many rows fails where one of them has none."""
    try:
        found = get(ids=list(ids), include=["embeddings"])
        if found["embeddings"] is not None and len(found["embeddings"]) == len(found["ids"]):
            return
    except Exception:
        if len(ids) == 1:
            # The row itself is there, so it is the vector that is not; else the store has failed.
            if get(ids=list(ids), include=["documents"])["ids"]:
                yield ids[0]
            return
    half = (len(ids) + 1) // 2
    if len(ids) > 1:
        yield from _among(ids[:half], get)
        yield from _among(ids[half:], get)
