"""Which model a collection's vectors come from: on record, compared, refused where two would meet.

Chroma tells an embedding function nothing of the collection, so only the helpers of this package can
refuse; `collection.add` and `collection.query` themselves cannot. Imports chromadb and the public core.
"""

import json
from typing import Any

import chromadb
from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.function import CLIPEmbeddingFunction, described
from chroma_clip_embeddings.store import store_errors
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, StoreError

# Keys in the collection's metadata.
FINGERPRINT = "clip_fingerprint"
IDENTITY = "clip_identity"  # JSON; only where another embedding function made the collection
_UNCHANGEABLE = "hnsw:space"  # Chroma refuses metadata that repeats it; the index keeps its space without


def embedder_of(collection: CollectionCommon[Any]) -> CLIPEmbedder:
    """The embedder behind a collection: that of its function in this process, else of the stored identity.

    Raises:
        StoreError: the collection was made with another embedding function.
    """
    function = getattr(collection, "_embedding_function", None)
    if isinstance(function, CLIPEmbeddingFunction):
        return function.embedder
    return CLIPEmbeddingFunction.build_from_config(stored_identity(collection)).embedder


def stored_function(collection: CollectionCommon[Any]) -> dict[str, Any]:
    """What Chroma has on record of the embedding function: name and config, or {}."""
    stored: dict[str, Any] = collection.configuration_json.get("embedding_function") or {}
    return stored


def stored_identity(collection: CollectionCommon[Any]) -> dict[str, Any]:
    """The config of our embedding function on record.

    Raises:
        StoreError: the collection was made with another embedding function.
    """
    moved_in = (collection.metadata or {}).get(IDENTITY)
    if moved_in:
        identity: dict[str, Any] = json.loads(moved_in)
        return identity
    stored = stored_function(collection)
    if stored.get("name") != CLIPEmbeddingFunction.name():
        made_by = stored.get("name") or "no embedding function"
        raise StoreError(
            f"collection {collection.name!r} was made with {made_by}, "
            f"not with {CLIPEmbeddingFunction.name()}; its vectors cannot be compared with ours. "
            "Make a new collection, or open one made with OpenCLIP through open_migrated"
        )
    config: dict[str, Any] = stored.get("config", {})
    return config


def check_identity(collection: CollectionCommon[Any], embedder: CLIPEmbedder) -> None:
    """Refuse an embedder whose vectors cannot be compared with those of the collection.

    Raises:
        FingerprintMismatchError: names both models.
    """
    stored, ours = stored_identity(collection), CLIPEmbeddingFunction.of(embedder).get_config()
    on_record = (collection.metadata or {}).get(FINGERPRINT)
    same = embedder.matches(on_record) if on_record else stored == ours
    if not same:
        raise FingerprintMismatchError(
            f"collection {collection.name!r} holds vectors of {_named(stored, on_record)}; "
            f"got {_named(ours, embedder.fingerprint)}. {_fix(stored, ours)}"
        )


def record_identity(collection: chromadb.Collection, embedder: CLIPEmbedder) -> None:
    """Put the fingerprint on record if it is not; the other metadata stays.

    Raises:
        FingerprintMismatchError: another process has recorded another one in the meantime.
    """
    if FINGERPRINT in (collection.metadata or {}):
        return
    with store_errors("record the model's fingerprint", "Nothing was stored"):
        server = collection._client
        model = server.get_collection(collection.name, tenant=collection.tenant, database=collection.database)
        if changed := unrecorded(collection, model.metadata, embedder):
            collection.modify(metadata=changed)


def unrecorded(collection: CollectionCommon[Any], metadata: Any, embedder: CLIPEmbedder) -> dict[str, Any]:
    """The metadata to store, from what the store has now; {} where the fingerprint is there already.

    Chroma's `modify` replaces everything, so what is written starts from a fresh reading.
    """
    fresh = dict(metadata or {})
    if FINGERPRINT in fresh:
        collection._model["metadata"] = fresh
        check_identity(collection, embedder)
        return {}
    return with_fingerprint(fresh, embedder)


def with_fingerprint(metadata: Any, embedder: CLIPEmbedder) -> dict[str, Any]:
    """Collection metadata with the fingerprint, without what Chroma refuses to be told again."""
    kept = {key: value for key, value in (metadata or {}).items() if key != _UNCHANGEABLE}
    return {**kept, FINGERPRINT: embedder.fingerprint}


def _fix(stored: dict[str, Any], ours: dict[str, Any]) -> str:
    """What helps: where the calibration alone differs, nothing has to be embedded again."""
    if _raw(stored) == _raw(ours) and stored != ours:
        return "Open it with the calibration it has, or move its vectors to another one: recalibrate"
    return "Open it with the model it was made with, or ingest into a new collection"


def _raw(identity: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in identity.items() if key != "calibration"}


def _named(identity: dict[str, Any], fingerprint: object) -> str:
    how = described(identity) + ("" if "calibration" in identity else ", raw (no calibration)")
    return f"{how} (fingerprint {fingerprint or 'not recorded'})"
