"""The way to the store: its calls are tried again while its server is away. Imports the public core."""

import logging
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

from chroma_clip_embeddings.lock import folder_of
from chroma_clip_embeddings.patience import Stopped, answer, bounded
from chroma_clip_embeddings.store import is_out_of_reach, store_errors

_LONGEST = 5.0  # seconds between two tries
_LEAST = 10.0  # seconds that one request may take, however short a server that is away is waited for
__all__ = ["Stopped", "Target"]
logger = logging.getLogger(__name__)


class Target:
    """A collection whose calls are tried again while its server is away.

    Args:
        retry_seconds: how long, before it is an error. A request that is not answered takes that long at
            most, and ten seconds at least.
        stop: set when the run is called off.
    """

    def __init__(self, collection: Any, retry_seconds: float, stop: Event) -> None:
        self.collection, self._seconds, self.stop = collection, retry_seconds, stop
        self._is_local = folder_of(collection) is not None
        bounded(collection._client)
        self.safe = 0  # rows of this run that are stored
        self.most = int(self._tried("reach the store", collection._client.get_max_batch_size, {}))

    def call(self, doing: str, method: str, **arguments: Any) -> Any:
        """Call a method of the collection.

        Raises:
            StoreError: the store refused, or did not come back in time; says how many rows are safe.
            Stopped: the run was called off while the store was away.
        """
        return self._tried(doing, getattr(self.collection, method), arguments)

    def pages(self, size: int = 1000) -> Iterator[Any]:
        """All rows: ids, documents and metadatas."""
        start, include = 0, ["documents", "metadatas"]
        while True:
            if self.stop.is_set():
                raise Stopped
            page = self.call("look up stored rows", "get", limit=size, offset=start, include=include)
            if not page["ids"]:
                return
            yield page
            start += len(page["ids"])

    def _tried(self, doing: str, call: Any, arguments: dict[str, Any]) -> Any:
        end, wait, is_away = time.monotonic() + self._seconds, 0.1, False
        while True:
            with store_errors(doing, self.fix()):
                try:
                    return self._answer(call, arguments)
                except Exception as error:
                    if not is_out_of_reach(error) or time.monotonic() + wait > end:
                        raise
                    if not is_away:
                        logger.warning("the store is away (%s); waiting up to %g s", error, self._seconds)
                    is_away = True
            if self.stop.wait(wait):
                raise Stopped
            wait = min(2 * wait, _LONGEST)

    def _answer(self, call: Any, arguments: dict[str, Any]) -> Any:
        if self._is_local:
            return call(**arguments)
        return answer(call, arguments, max(self._seconds, _LEAST), self.stop)

    def fix(self) -> str:
        """What an error adds: how many rows are safe, and what to do."""
        return f"{self.safe} rows of this run are stored and safe; run the same ingestion again to go on"
