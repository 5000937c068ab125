"""Opening collections: the right space and function, and a refusal where vectors of two models would meet.

Imports chromadb and the public core.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromadb
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from clip_embeddings import CLIPEmbedder, ClipEmbeddingsError, FingerprintMismatchError, StoreError

FINGERPRINT = "clip_fingerprint"  # key in the collection's metadata


@contextmanager
def store_errors(doing: str, fix: str) -> Iterator[None]:
    """Give the store's errors one name; its client raises those of three libraries."""
    try:
        yield
    except ClipEmbeddingsError:
        raise
    except (ChromaError, OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise StoreError(f"cannot {doing}: {reason}. {fix}") from error


def connect(path: str | Path | None = None, *, host: str | None = None, port: int = 8000) -> ClientAPI:
    """An embedded store in the folder `path`, or the server at host and port.

    Raises:
        StoreError: the folder cannot be used or the server does not answer.
    """
    settings = Settings(anonymized_telemetry=False)
    if host is not None:
        fix = f"Is a server running there? Start one with: chroma run --host {host} --port {port}"
        with store_errors(f"reach a Chroma server at {host}:{port}", fix):
            return chromadb.HttpClient(host=host, port=port, settings=settings)
    folder = Path(path if path is not None else "clip-db")
    with store_errors(
        f"open the store in {folder}", "Expected a folder that Chroma made, or one that does not exist yet"
    ):
        return chromadb.PersistentClient(path=str(folder), settings=settings)


def open_collection(
    client: ClientAPI, name: str, *, embedder: CLIPEmbedder | None = None, create: bool = True
) -> chromadb.Collection:
    """Open a collection, or create it with cosine space and the model's identity on record.

    Args:
        client: from `connect` or chromadb.
        embedder: the model; None opens a collection with the one that it was made with.
        create: whether a collection that does not exist is made.
    Raises:
        StoreError: no such collection (and it may not be made), or not one of ours.
        FingerprintMismatchError: the collection holds vectors of another model.
    """
    with store_errors(f"open the collection {name!r}", "Check the store and the collection's name"):
        try:
            found = client.get_collection(name, embedding_function=None)
        except NotFoundError:
            if not create or embedder is None:
                existing = (
                    ", ".join(sorted(collection.name for collection in client.list_collections())) or "none"
                )
                raise StoreError(f"no collection {name!r} in this store; it has: {existing}") from None
            return client.create_collection(
                name,
                embedding_function=CLIPEmbeddingFunction.of(embedder),
                metadata={FINGERPRINT: embedder.fingerprint},
            )
        embedder = embedder or embedder_of(found)
        check_identity(found, embedder)
        return client.get_collection(name, embedding_function=CLIPEmbeddingFunction.of(embedder))


def embedder_of(collection: chromadb.Collection) -> CLIPEmbedder:
    """The embedder behind a collection: that of its function in this process, else of the stored identity.

    Raises:
        StoreError: the collection was made with another embedding function.
    """
    function = getattr(collection, "_embedding_function", None)
    if isinstance(function, CLIPEmbeddingFunction):
        return function.embedder
    return CLIPEmbeddingFunction.build_from_config(stored_identity(collection)).embedder


def stored_identity(collection: chromadb.Collection) -> dict[str, Any]:
    """The embedding function's config on record."""
    stored = collection.configuration_json.get("embedding_function") or {}
    if stored.get("name") != CLIPEmbeddingFunction.name():
        made_by = stored.get("name") or "no embedding function"
        raise StoreError(
            f"collection {collection.name!r} was made with {made_by}, "
            f"not with {CLIPEmbeddingFunction.name()}; its vectors cannot be compared with ours. "
            "Make a new collection"
        )
    config: dict[str, Any] = stored.get("config", {})
    return config


def check_identity(collection: chromadb.Collection, embedder: CLIPEmbedder) -> None:
    """Refuse an embedder whose vectors cannot be compared with those of the collection.

    Raises:
        FingerprintMismatchError: names both models.
    """
    stored, ours = stored_identity(collection), CLIPEmbeddingFunction.of(embedder).get_config()
    on_record = (collection.metadata or {}).get(FINGERPRINT)
    same = on_record == embedder.fingerprint if on_record else stored == ours
    if not same:
        raise FingerprintMismatchError(
            f"collection {collection.name!r} holds vectors of {_named(stored, on_record)}; "
            f"got {_named(ours, embedder.fingerprint)}. Open it with the model it was made with, "
            "or ingest into a new collection"
        )


def _named(identity: dict[str, Any], fingerprint: object) -> str:
    settings = ", ".join(f"{key}={value}" for key, value in sorted(identity.items()) if value is not None)
    return f"{settings} (fingerprint {fingerprint or 'not recorded'})"
