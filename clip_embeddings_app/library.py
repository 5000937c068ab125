"""The collections of a store, opened once and opened again where they have changed. Imports the core."""

import logging
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from clip_embeddings.errors import ClipEmbeddingsError, InvalidInputError, StoreError

if TYPE_CHECKING:
    from clip_embeddings.stores.protocol import Collection, Store

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Library:
    """What a client may ask of; any thread may.

    Args:
        store: that is there.
        open_collection: opens one of it by name, with its model.
        default: the collection that is meant where a client names none.
    """

    def __init__(
        self, store: "Store", open_collection: Callable[[str], "Collection"], default: str | None = None
    ) -> None:
        self._store, self._open, self._default = store, open_collection, default
        self._opened: dict[str, Collection] = {}
        self._lock = Lock()

    def chosen(self, name: str | None) -> str:
        """The collection that is meant.

        Raises:
            InvalidInputError: it is not there, or none was named and there are several.
        """
        wanted = name or self._default
        if wanted is not None and wanted in self._opened:
            return wanted
        names = self._store.names()
        if wanted is None and len(names) == 1:
            return names[0]
        there = ", ".join(repr(each)[:100] for each in names[:50]) or "none"
        if wanted is None:
            raise InvalidInputError(f"collection: name one of those of this store: {there}")
        if wanted not in names:
            raise InvalidInputError(
                f"collection: this store has none called {wanted!r:.100}; it has: {there}"
            )
        return wanted

    def ask(self, name: str, work: Callable[["Collection"], T]) -> T:
        """What comes of a collection as it is now: with the rows that other processes have added.

        One that was deleted and made again while it was open is opened anew.
        """
        collection, fresh = self._collection(name)
        try:
            collection.refresh()
            return work(collection)
        except StoreError:
            self._opened.pop(name, None)
            if fresh:
                raise
        return work(self._collection(self.chosen(name))[0])

    def facts(self) -> list[dict[str, Any]]:
        """Of each collection: name, rows, model, calibrated, and what keeps it from being searched."""
        return [{"name": name, **self._facts_of(name)} for name in self._store.names()]

    @property
    def default(self) -> str | None:
        return self._default

    def _collection(self, name: str) -> tuple["Collection", bool]:
        """It, and whether it was opened just now."""
        with self._lock:
            if name in self._opened:
                return self._opened[name], False
            found = self._opened[name] = self._open(name)
            return found, True

    def _facts_of(self, name: str) -> dict[str, Any]:
        facts: dict[str, Any] = {"rows": 0, "model": "", "calibrated": False, "problem": ""}
        try:
            found = self._store.find(name)
            if found is None:  # deleted in between
                return {**facts, "problem": "it is not there any more"}
            facts["rows"] = found.count()
            config = found.embedder.config
            return {**facts, "model": str(config.model), "calibrated": config.calibration is not None}
        except ClipEmbeddingsError as error:  # not made by this library, or of a later version
            return {**facts, "problem": str(error)}
