"""Opening collections as the commands need it. The adapter is imported when a store is used."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clip_embeddings.cli.options import Place
from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings.errors import StoreError

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api import ClientAPI

    from clip_embeddings import CLIPEmbedder

_CHROMA_FILE = "chroma.sqlite3"


def connect(place: Place) -> "ClientAPI":
    """A client of the store; a folder that is not there is made."""
    from chroma_clip_embeddings import connect

    return connect(host=place.host, port=place.port) if place.host else connect(place.db)


def connect_existing(place: Place) -> "ClientAPI":
    """A client of a store that is there: looking for something makes no empty store.

    Raises:
        StoreError: the folder holds none.
    """
    if not place.host and not (place.db / _CHROMA_FILE).is_file():
        raise StoreError(f"no store in {place.db}; make one: clip-embeddings ingest PATH... --db {place.db}")
    return connect(place)


def open_existing(place: Place, name: str, model: str | None) -> "Collection":
    """Open a collection to search it, with the model it was made with or one that equals it."""
    from chroma_clip_embeddings import open_collection

    embedder = _embedder(model) if model else None
    return open_collection(connect_existing(place), name, embedder=embedder, create=False)


def open_or_create(place: Place, name: str, model: str | None, deployment: dict[str, Any]) -> "Collection":
    """Open a collection to add to it, or make it. An existing one keeps its model unless another is named."""
    from chroma_clip_embeddings import embedder_of, open_collection

    if model:
        embedder = _embedder(model, deployment)  # before connecting: an unknown model leaves no empty store
        return open_collection(connect(place), name, embedder=embedder)
    if place.host or (place.db / _CHROMA_FILE).is_file():
        client = connect(place)
        if name in (each.name for each in client.list_collections()):
            config = embedder_of(open_collection(client, name, create=False)).config
            embedder = _from_config(replace(config, **deployment))
            return open_collection(client, name, embedder=embedder, create=False)
    embedder = _embedder(DEFAULT_MODEL, deployment)
    return open_collection(connect(place), name, embedder=embedder)


def _embedder(model: str, deployment: dict[str, Any] | None = None) -> "CLIPEmbedder":
    """An embedder whose model is found already."""
    from clip_embeddings import CLIPEmbedder

    embedder = CLIPEmbedder(model, **(deployment or {}))
    _ = embedder.fingerprint
    return embedder


def _from_config(config: Any) -> "CLIPEmbedder":
    from clip_embeddings import CLIPEmbedder

    return CLIPEmbedder.from_config(config)
