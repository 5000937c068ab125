"""Opening collections: the right space, function and loader, and a refusal where two models would meet."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import chromadb
from chromadb.api import ClientAPI
from chromadb.api.models.CollectionCommon import CollectionCommon
from chromadb.errors import ChromaError, NotFoundError

from chroma_clip_embeddings.calls import places_in, stored_of
from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import answer, apart, ordinary, steps_of
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.client.private import AnyCollection, bounded, function_of, opened_with
from chroma_clip_embeddings.collection.adoption import anew, is_plain, record_of
from chroma_clip_embeddings.collection.identity import (
    FINGERPRINT,
    IDENTITY,
    check_identity,
    check_unrecorded,
    embedder_of,
    stored_function,
    stored_identity,
)
from chroma_clip_embeddings.collection.settings import Wanted
from chroma_clip_embeddings.collection.swap import interrupted_copy
from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from chroma_clip_embeddings.loader import CLIPImageLoader
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, StoreError
from clip_embeddings.ingestion import FileSample
from clip_embeddings.ingestion.auto import Calibrate, decide_on
from clip_embeddings.on_record import as_recorded

CHECK = "Check the store and the collection's name"


@ordinary
async def open_collection(
    client: ClientAPI,
    name: str,
    *,
    embedder: CLIPEmbedder | None = None,
    create: bool = True,
    metadata: dict[str, Any] | None = None,
    configuration: Mapping[str, Any] | None = None,
    calibrate: Calibrate | None = None,
) -> chromadb.Collection:
    """Open a collection, or create it with cosine space and the model's identity on record.

    It comes with our embedding function and `CLIPImageLoader`, so `uris=` works too. Where `recalibrate` was
    killed in the middle of its last step, opening finishes that step.

    A collection that was made without a model (by `client.get_or_create_collection(name)`, or LangChain's
    `Chroma`) is made anew if it is empty, and taken over if a stored text has the vector that the embedder
    gives it; a warning is logged.

    Args:
        client: from `connect` or chromadb, embedded or over HTTP; for the async one see `aopen_collection`.
        embedder: the model; None opens a collection with the one that it was made with.
        create: whether a collection that does not exist, or that is empty and of no model, is made.
        metadata: joined to what is on record. Settings of the index that older tutorials put there, such as
            `{"hnsw:space": "cosine", "hnsw:M": 32}`, go to the index.
        configuration: settings of the index of a collection that is made, `{"hnsw": {"ef_construction": 200,
            "max_neighbors": 32}}`. One that exists must have them.
        calibrate: for an embedder without a calibration: the files and folders that a new collection is for,
            or a sample of them. If that holds 300 pictures and 300 texts, a calibration is measured on it, so
            that both are ranked in one list; else the model's own is used if it has one. A collection that
            exists keeps what it has.
    Raises:
        StoreError: no such collection (and it may not be made), or not one of ours.
        FingerprintMismatchError: the collection holds vectors of another model.
        InvalidInputError: another space than cosine, an unknown setting, or one that the collection has not.
    """
    bounded(client)
    wanted, sample, given = Wanted.of(metadata, configuration), None, embedder
    if calibrate is not None and given is not None and given.config.calibration is None:
        embedder, sample = await _calibrated(client, name, given, calibrate, create=create)
    with store_errors(f"open the collection {name!r}", CHECK):
        try:
            opened = await _opened(client, name, embedder, wanted, create=create)
        except FingerprintMismatchError:
            if sample is None or given is None or calibrate is None:
                raise
            # Another program has made it while this one measured: that one's calibration holds.
            embedder, sample = await _calibrated(client, name, given, calibrate, create=False)
            opened = await _opened(client, name, embedder, wanted, create=False)
    function_of(opened).sample = sample
    return opened


async def _calibrated(
    client: ClientAPI, name: str, embedder: CLIPEmbedder, calibrate: Calibrate, *, create: bool
) -> tuple[CLIPEmbedder, FileSample | None]:
    """What a new collection is made with, before others can see it; what one that exists has."""
    with store_errors(f"open the collection {name!r}", CHECK):
        found = await _found(client, name)
        has_rows = found is not None and bool(await answer(found.count))
    if found is not None and (has_rows or not is_plain(found)):
        return embedder if is_plain(found) else as_recorded(embedder, stored_identity(found)), None
    if not create:
        return embedder, None
    decision = await apart(client, decide_on, embedder, calibrate)
    return decision.embedder, decision.sample


async def _opened(
    client: ClientAPI, name: str, embedder: CLIPEmbedder | None, wanted: Wanted, *, create: bool
) -> chromadb.Collection:
    found = await _found(client, name)
    if found is None:
        if embedder is None or not create:
            raise absent(name, await answer(client.list_collections))
        settings = await apart(client, made_with, embedder, wanted)
        try:
            return await answer(client.create_collection, name, **settings)
        except ChromaError:
            if (found := await _found(client, name)) is None:  # else another program was faster
                raise
    if embedder is not None and is_plain(found):
        if count := await answer(found.count):
            wanted.compare(found)
            rows = [stored_of(await answer(found.get, **place)) for place in places_in(count)]
            await answer(found.modify, metadata=await apart(client, record_of, found, embedder, rows))
        elif create:
            return await _made_anew(client, found, embedder, wanted)
    wanted.compare(found)
    opened = await apart(client, bound, found, embedder)
    await steps_of(check_unrecorded)(opened, embedder_of(opened))
    if joined := wanted.joined(opened.metadata):
        await answer(opened.modify, metadata=joined)
    return opened


async def _found(client: ClientAPI, name: str) -> chromadb.Collection | None:
    """The collection of this name, or None; a swap that was interrupted is finished first."""
    try:
        return await answer(client.get_collection, name, embedding_function=None)
    except NotFoundError:
        copy = interrupted_copy(name, await answer(client.list_collections))
    if copy is None:
        return None
    await answer(copy.modify, name=name)
    return await answer(client.get_collection, name, embedding_function=None)


async def _made_anew(
    client: ClientAPI, empty: chromadb.Collection, embedder: CLIPEmbedder, wanted: Wanted
) -> chromadb.Collection:
    settings = await apart(client, made_with, embedder, anew(empty, wanted))
    with writing(client):
        if await answer(empty.count):
            raise StoreError(
                f"collection {empty.name!r} is being written to by another program; open it again"
            )
        await answer(client.delete_collection, empty.name)
        return await answer(client.create_collection, empty.name, **settings)


def absent(name: str, collections: Iterable[CollectionCommon[Any]]) -> StoreError:
    """The error about a collection that is not there, with those that are."""
    existing = ", ".join(sorted(collection.name for collection in collections)) or "none"
    return StoreError(f"no collection {name!r} in this store; it has: {existing}")


def made_with(embedder: CLIPEmbedder, wanted: Wanted) -> dict[str, Any]:
    """What `create_collection` is called with; the space is that of the function."""
    index = {name: value for name, value in wanted.index.items() if name != "space"}
    return {
        "embedding_function": CLIPEmbeddingFunction.of(embedder, record=True),
        "data_loader": loader_of(embedder),
        "metadata": {**wanted.metadata, FINGERPRINT: embedder.fingerprint},
        **({"configuration": {"hnsw": index}} if index else {}),
    }


def loader_of(embedder: CLIPEmbedder) -> CLIPImageLoader:
    """A loader with the embedder's limits."""
    return CLIPImageLoader(max_pixels=embedder.config.max_pixels, threads=embedder.config.threads)


def bound(found: AnyCollection, embedder: CLIPEmbedder | None) -> AnyCollection:
    """A collection that was found, with our function and loader; refused before anything is written."""
    embedder = embedder or embedder_of(found)
    check_identity(found, embedder)
    function = CLIPEmbeddingFunction.of(embedder)
    model = deepcopy(found.get_model())
    if IDENTITY in (found.metadata or {}):
        # In this process only: Chroma would build the function on record, a whole model, at every write.
        theirs = stored_function(found).get("name")
        ours = {"type": "known", "name": function.name(), "config": function.get_config()}
        for part in ("configuration_json", "serialized_schema"):
            model[part] = _with_function(model[part], theirs, ours)
    return opened_with(found, model, function, loader_of(embedder))


def _with_function(node: Any, theirs: str | None, ours: dict[str, Any]) -> Any:
    """A stored configuration with our function in place of theirs."""
    if not isinstance(node, dict):
        return node
    if theirs and node.get("name") == theirs and node.get("type") == "known":
        return ours
    return {key: _with_function(value, theirs, ours) for key, value in node.items()}
