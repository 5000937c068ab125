"""`recalibrate`: a collection moved to another calibration by arithmetic on its stored vectors."""

from contextlib import suppress
from copy import deepcopy
from os import PathLike
from typing import Any, get_args

import chromadb
from chromadb.api import ClientAPI
from chromadb.api.types import Schema

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.client.private import most_in_one_call
from chroma_clip_embeddings.collection.identity import IDENTITY, embedder_of, with_fingerprint
from chroma_clip_embeddings.collection.opening import open_collection
from chroma_clip_embeddings.collection.swap import COPYING, MARK, copy_name, mark_of, old_name
from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from clip_embeddings import CLIPEmbedder, InvalidInputError, ModalityCalibration, StoreError
from clip_embeddings.ingestion.rows.checks import ADDED_KEYS, check_limits
from clip_embeddings.ingestion.rows.parts import parts_of, size_of
from clip_embeddings.pipeline import progress
from clip_embeddings.tasks.stored import moved_vectors
from clip_embeddings.types import Modality

_ROWS = 1000  # copied together
_COPIED = ("ids", "embeddings", "documents", "metadatas", "uris")
_SAFE = "The collection is as it was; the same call starts again"
_FINISH = "No row is lost; the same call, or open_collection, finishes it"


def recalibrate(
    client: ClientAPI,
    name: str,
    calibration: ModalityCalibration | str | PathLike[str] | None,
    *,
    show_progress: bool = False,
) -> chromadb.Collection:
    """Give a collection another calibration, its first one, or none; nothing is embedded again.

    The rows are copied into a second collection with their vectors recomputed, which then takes the name, so
    the store needs room for two copies. Do not write to the collection meanwhile, and do not run two of these
    at once. A run that is killed leaves the old state or the new one, never a mixture; the next call
    starts again or finishes, and clears what is left of it. Collections opened before are of the old rows:
    open them again.

    Args:
        client: embedded or over HTTP.
        calibration: a ModalityCalibration, the path of one, "reference", or None for raw vectors.
    Returns:
        The collection, opened; unchanged if it has this calibration already.
    Raises:
        FingerprintMismatchError: the calibration was measured on another model; nothing is written.
        InvalidInputError: the calibration cannot be read.
        StoreError: no such collection, a row without a modality or of too many keys, rows written
            meanwhile, or the store went away.
    """
    refuse_async(client, "recalibrate")
    with writing(client, whole=True):
        old = open_collection(client, name, create=False)
        before = embedder_of(old)
        after = before.with_calibration(calibration)
        unchanged = after.calibration == before.calibration  # read before anything is written
        with store_errors(f"recalibrate {name!r}", _SAFE):
            _clear(client, old)
            if unchanged:
                return old
            _check_modalities(old)
            copy = _made(client, old, after)
            try:
                _fill(copy, old, before.calibration, after.calibration, show_progress)
            except Exception:
                with suppress(Exception):  # a store that is away; the next call clears it
                    client.delete_collection(copy.name)
                raise
            _check_counts(client, copy, old)
        with store_errors(f"finish recalibrating {name!r}", _FINISH):
            _swap(client, copy, old)
            return open_collection(client, name, embedder=after)


def _clear(client: ClientAPI, collection: chromadb.Collection) -> None:
    """Delete what an interrupted run has left, and nothing else."""
    name, replaced = collection.name, mark_of(collection)
    there = {each.name: each for each in client.list_collections()}
    old, copy = there.get(old_name(name)), there.get(copy_name(name))
    if old and copy and mark_of(copy) == str(old.id):
        raise StoreError(
            f"collection {name!r} was made anew while a recalibration of it was between two steps; its rows "
            f"are in {copy.name!r}. Delete or rename {name!r}, then open_collection puts them in its place"
        )
    if old and str(old.id) != replaced:
        raise _in_the_way(name, old.name)
    if copy and mark_of(copy) not in (COPYING, str(collection.id)):
        raise _in_the_way(name, copy.name)
    for leftover in (copy, old):
        if leftover:
            client.delete_collection(leftover.name)
    if replaced:
        _unmark(collection)


def _in_the_way(name: str, other: str) -> StoreError:
    return StoreError(
        f"collection {other!r} is in the way: recalibrating {name!r} uses that name for a while. Rename it"
    )


def _unmark(collection: chromadb.Collection) -> None:
    kept = {key: value for key, value in collection.metadata.items() if key != MARK}
    collection.modify(metadata=with_fingerprint(kept, embedder_of(collection)))


def _check_modalities(collection: chromadb.Collection) -> None:
    unknown: Any = {"modality": {"$nin": list(get_args(Modality))}}  # holds for rows without the field too
    ids = collection.get(where=unknown, include=[])["ids"]
    if ids:
        raise StoreError(
            f"collection {collection.name!r} has rows without a modality ({len(ids)}; the first is "
            f"{ids[0]!r}), and text and pictures are calibrated apart. Nothing was changed. Write what each "
            f'row is: collection.update(ids=[{ids[0]!r}], metadatas=[{{"modality": "image"}}]), or "text"'
        )


def _made(client: ClientAPI, old: chromadb.Collection, embedder: CLIPEmbedder) -> chromadb.Collection:
    """An empty collection with the settings of another, and our function."""
    metadata = {**with_fingerprint(old.metadata, embedder), MARK: COPYING}
    metadata.pop(IDENTITY, None)  # that of another function, which is ours from here on
    function = CLIPEmbeddingFunction.of(embedder, record=True)
    stored = deepcopy(old.get_model().serialized_schema)
    settings: dict[str, Any] = {"embedding_function": function}
    if stored:  # it holds settings that the configuration does not
        ours = {"type": "known", "name": function.name(), "config": function.get_config()}
        for part in (stored["defaults"], stored["keys"]["#embedding"]):
            part["float_list"]["vector_index"]["config"]["embedding_function"] = ours
        settings = {"embedding_function": None, "schema": Schema.deserialize_from_json(stored)}
    elif hnsw := old.configuration_json.get("hnsw"):
        settings["configuration"] = {"hnsw": hnsw}
    return client.create_collection(copy_name(old.name), metadata=metadata, **settings)


def _fill(
    copy: chromadb.Collection,
    old: chromadb.Collection,
    before: ModalityCalibration | None,
    after: ModalityCalibration | None,
    show_progress: bool,
) -> None:
    """Copy the rows in their order; all but the vectors as it is."""
    size = min(_ROWS, most_in_one_call(old))
    starts = range(0, old.count(), size)
    for start in progress(starts, "Recalibrating", len(starts), show_progress):
        rows: Any = old.get(
            limit=size, offset=start, include=["embeddings", "documents", "metadatas", "uris"]
        )
        if not rows["ids"]:
            continue
        _check_limits(old.name, rows)
        modalities = [metadata["modality"] for metadata in rows["metadatas"]]
        rows["embeddings"] = moved_vectors(rows["embeddings"], modalities, before, after)  # (N, D)
        columns = [rows[name] for name in ("ids", "documents", "metadatas", "uris")]
        width = rows["embeddings"].shape[1]
        for part in parts_of([size_of(width, *row) for row in zip(*columns, strict=True)], size):
            copy.add(**{name: rows[name][part.start : part.stop] for name in _COPIED})


def _check_limits(name: str, rows: Any) -> None:
    """Chroma keeps rows of more keys than it takes in one request, which a copy is made by."""
    for id, metadata in zip(rows["ids"], rows["metadatas"], strict=True):
        try:
            check_limits("its metadata", metadata, room=-ADDED_KEYS)
        except InvalidInputError as error:
            raise StoreError(
                f"collection {name!r}: row {id!r} cannot be copied: {error}. The collection is as it was. "
                f"Take keys away: collection.update(ids=[{id!r}], metadatas=[{{key: None, ...}}])"
            ) from error


def _check_counts(client: ClientAPI, copy: chromadb.Collection, old: chromadb.Collection) -> None:
    made, now = copy.count(), old.count()
    if made != now:
        client.delete_collection(copy.name)
        raise StoreError(
            f"collection {old.name!r} was written to while it was recalibrated ({made} rows copied, {now} "
            f"there now). It is as it was; stop what writes to it and start again"
        )


def _swap(client: ClientAPI, copy: chromadb.Collection, old: chromadb.Collection) -> None:
    """One change at a time, so that each state in between is one that `swap` describes."""
    name = old.name
    copy.modify(metadata={**copy.metadata, MARK: str(old.id)})
    old.modify(name=old_name(name))
    copy.modify(name=name)
    client.delete_collection(old.name)
    copy.modify(metadata={key: value for key, value in copy.metadata.items() if key != MARK})
