"""What the adapter of a store answers, so that the store can be named: `--store NAME:PLACE`, Ray's `store=`.

An adapter is any distribution with an entry point in the group `clip_embeddings.stores`: NAME, and a
`Connect`, usually the class of a `Store`. In its pyproject.toml:

    [project.entry-points."clip_embeddings.stores"]
    mystore = "my_package.plugin:MyStore"

Where to begin: `lancedb_clip_embeddings/plugin.py`. Imports the core.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.ingestion.store import RowStore
from clip_embeddings.search import Found, Request


class Collection(Protocol):
    """One collection of a store (a table, an index); `clip_embeddings.stores.collection` does the rest."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str | None:
        """That of its vectors, as it is on record; no model is looked for."""

    @property
    def embedder(self) -> CLIPEmbedder:
        """The one that it was opened with, else the one on record.

        Raises:
            StoreError: none is on record.
        """

    @property
    def rows(self) -> RowStore:
        """What ingestion writes through."""

    def count(self) -> int:
        """How many rows it has."""

    def refresh(self) -> None:
        """See what other processes have written by now; nothing to do where that is always seen.

        Raises:
            StoreError: the store does not answer.
        """

    def nearest(self, request: Request) -> Iterable[Found]:
        """The rows nearest to a vector, nearest first: of those that are as `request.modality` and
        `request.where` want them, the latter by `Condition.holds` or the store's own filter.

        Raises:
            StoreError: the store does not answer.
        """


class Store(Protocol):
    """Where collections are. Its methods raise StoreError where it does not answer."""

    @property
    def place(self) -> str:
        """Where it is, in full: another process, in another working folder, finds it by this."""

    @property
    def several_writers(self) -> bool:
        """Whether several processes may write at once, as the workers of a Ray job do."""

    def exists(self) -> bool:
        """Whether there is a store; looking makes none. True where only a request could tell."""

    def names(self) -> list[str]:
        """Names of all collections, in order; none where there is no store."""

    def find(self, name: str) -> Collection | None:
        """A collection as it is on record; None if it is not there.

        Nothing is made, and no model is looked for or compared: the process may not have it.
        """

    def open(self, name: str, *, embedder: CLIPEmbedder | None = None, create: bool = False) -> Collection:
        """A collection whose vectors are those of a model: the embedder's, else the one on record.

        Args:
            embedder: None for the one on record.
            create: whether one that is not there is made, with the identity of the embedder on record.
        Raises:
            StoreError: no such collection, and it may not be made; or it has no model on record.
            FingerprintMismatchError: it holds vectors of another model.
            InvalidInputError: an embedder whose vectors are not of unit length.
        """

    def is_away(self, error: Exception) -> bool:
        """Whether an error of these methods means that a server cannot be reached: try again later."""


class Connect(Protocol):
    """What an entry point names."""

    def __call__(self, place: str, *, headers: Mapping[str, str] | None = None) -> Store:
        """The store at a place; cheap: nothing is made or asked yet.

        Args:
            place: what follows "NAME:", a folder or an address.
            headers: of requests to a server, such as {"Authorization": "Bearer ..."}.
        Raises:
            InvalidInputError: no place of this kind of store, or headers that it has no use for.
        """
