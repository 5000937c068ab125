"""A store whose collection is ours, and that another process or a copy opens again."""

# mypy: disable-error-code="override"

from copy import deepcopy
from typing import Any, Self, cast

from chroma_clip_embeddings import embedder_of, open_collection, reopen
from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion.auto import Calibrate
from langchain_clip_embeddings.chroma.address import Address
from langchain_clip_embeddings.chroma.searching import SearchableChroma
from langchain_clip_embeddings.embeddings import CLIPEmbeddings


class OpenedChroma(SearchableChroma):
    """Its collection, its pickles and its copies."""

    _address: Address
    _create: bool
    _calibrate: Calibrate | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Raises StoreError where another process could not open the store: it is in memory, or unknown."""
        self._address.check(self._collection_name)
        opened = ("_client", "_chroma_collection")
        return {name: value for name, value in vars(self).items() if name not in opened}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._client = self._address.open()
        self._chroma_collection = open_collection(
            self._client, self._collection_name, embedder=self.embedder, create=False
        )

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self))
        vars(made).update(vars(self))
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        for shared in (self._client, self._chroma_collection):
            memo[id(shared)] = shared
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        vars(made).update(deepcopy(vars(self), memo))
        return made

    def _Chroma__ensure_collection(self) -> None:
        """Instead of the host's, which makes a collection of l2 space without an identity."""
        given = cast(CLIPEmbeddings | None, self._embedding_function)
        collection = open_collection(
            self._client,
            self._collection_name,
            embedder=given.embedder if given else None,
            create=self._create,
            metadata=self._collection_metadata,
            configuration=self._collection_configuration,
            calibrate=self._calibrate,
        )
        if given is None or self._calibrate is not None:  # then it may have a calibration that was not given
            given = CLIPEmbeddings.of(embedder_of(collection))
        self._embedding_function, self._calibrate = given, None
        self._chroma_collection = collection

    def reopen(self) -> None:
        """See what other processes have written to the store's folder since; a server has no need of it.

        Chroma keeps what it has read of an embedded store, so a process that only searches goes on finding
        what was there when it began.

        Raises:
            StoreError: the collection is not there any more.
            FingerprintMismatchError: it was moved to another calibration meanwhile.
        """
        reopen(self._client)
        self._chroma_collection = open_collection(
            self._client, self._collection_name, embedder=self.embedder, create=False
        )

    @property
    def embedder(self) -> CLIPEmbedder:
        """The core embedder behind the store."""
        return self._embedding_function.embedder
