"""Which model a collection's vectors come from: on record, compared, refused where two would meet.

The record is in the collection's metadata, and in the configuration of a function that `open_collection` has
made it with: `collection.modify(metadata=...)` erases the first. Where neither is there, stored vectors are
looked at before it is written. Chroma tells an embedding function nothing of the collection but its own
configuration, so `collection.add` and `collection.query` refuse where the function was built from that, not
where the caller gave one.
"""

import json
from typing import Any

import chromadb
from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.calls import SAMPLE, stored_of
from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import answer, apart, ordinary, steps_of
from chroma_clip_embeddings.client.private import function_of, keep_metadata, model_now
from chroma_clip_embeddings.collection.settings import without_index
from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, StoreError
from clip_embeddings.on_record import FINGERPRINT as RECORDED
from clip_embeddings.on_record import described, look_at, record_of, refuse_other

# Keys in the collection's metadata.
FINGERPRINT = "clip_fingerprint"
IDENTITY = "clip_identity"  # JSON; only where another embedding function made the collection


def embedder_of(collection: CollectionCommon[Any]) -> CLIPEmbedder:
    """The embedder behind a collection: that of its function in this process, else of the stored identity.

    Raises:
        InvalidInputError: no collection of Chroma.
        StoreError: the collection was made with another embedding function.
    """
    if not isinstance(collection, CollectionCommon):
        got = type(collection).__name__
        raise InvalidInputError(f"collection: got {got}; expected one of Chroma, from open_collection")
    function = function_of(collection)
    if isinstance(function, CLIPEmbeddingFunction):
        return function.embedder
    return CLIPEmbeddingFunction.build_from_config(stored_identity(collection)).embedder


def stored_function(collection: CollectionCommon[Any]) -> dict[str, Any]:
    """What Chroma has on record of the embedding function: name and config, or {}."""
    stored: dict[str, Any] = collection.configuration_json.get("embedding_function") or {}
    return stored


def fingerprints(collection: CollectionCommon[Any]) -> list[Any]:
    """Those on record of the collection's vectors; more than one of them only if something is wrong."""
    config = stored_function(collection).get("config") or {}
    found = [(collection.metadata or {}).get(FINGERPRINT)]
    if IDENTITY not in (collection.metadata or {}):  # else the function on record is not ours
        found.append(config.get(RECORDED))
    return [each for each in dict.fromkeys(found) if each is not None]


def stored_identity(collection: CollectionCommon[Any]) -> dict[str, Any]:
    """The config of our embedding function on record, the fingerprint aside.

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
            "Make a new collection; where it was filled with vectors of ours, name their model "
            "(embedder=...), and open one made with OpenCLIP through open_migrated"
        )
    return {key: value for key, value in stored.get("config", {}).items() if key != RECORDED}


def check_identity(collection: CollectionCommon[Any], embedder: CLIPEmbedder) -> None:
    """Refuse an embedder whose vectors cannot be compared with those of the collection.

    Raises:
        FingerprintMismatchError: names both models.
    """
    refuse_other(
        f"collection {collection.name!r}",
        stored_identity(collection),
        fingerprints(collection),
        embedder,
        recalibrate="Open it with the calibration it has (calibrate=... takes that), or move its vectors to "
        "another one: recalibrate",
    )


@ordinary
async def check_unrecorded(collection: chromadb.Collection, embedder: CLIPEmbedder) -> None:
    """Refuse an embedder that has not made the rows of a collection, where no fingerprint is on record.

    It was made with our function through chromadb itself, or has lost its record; the model's files may be
    others by now.

    Raises:
        FingerprintMismatchError: says what speaks against it.
    """
    if fingerprints(collection):
        return
    rows = stored_of(await answer(collection.get, **SAMPLE))
    if problem := (await apart(collection, look_at, rows, embedder)).problem:
        raise FingerprintMismatchError(
            f"collection {collection.name!r} has no fingerprint on record, and its vectors are not of "
            f"{described(record_of(embedder))} as that is now (fingerprint "
            f"{embedder.fingerprint}): {problem}. Open it with the model that filled it; where every "
            "document is the caption of a picture, open_migrated(client, name, embedder=..., verify=False) "
            "takes your word for it"
        )


@ordinary
async def record_identity(collection: chromadb.Collection, embedder: CLIPEmbedder) -> None:
    """Put the fingerprint on record if it is not; the other metadata stays.

    Raises:
        FingerprintMismatchError: another process has recorded another one in the meantime, or rows that are
            there are not of this model.
    """
    if FINGERPRINT in (collection.metadata or {}):
        return
    with store_errors("record the model's fingerprint", "Nothing was stored"):
        await steps_of(check_unrecorded)(collection, embedder)
        # Chroma's `modify` replaces everything, so what is written starts from a fresh reading.
        fresh = dict((await answer(model_now, collection)).metadata or {})
        if FINGERPRINT in fresh:
            keep_metadata(collection, fresh)
            await apart(collection, check_identity, collection, embedder)
            return
        metadata = await apart(collection, with_fingerprint, fresh, embedder)
        await answer(collection.modify, metadata=metadata)


def with_fingerprint(metadata: Any, embedder: CLIPEmbedder) -> dict[str, Any]:
    """Collection metadata with the fingerprint, without what Chroma refuses to be told again."""
    return {**without_index(metadata), FINGERPRINT: embedder.fingerprint}
