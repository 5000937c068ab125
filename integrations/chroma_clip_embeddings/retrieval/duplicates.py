"""find_duplicates: rows of a collection that are nearly the same.

Imports chromadb, numpy and the public core.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any, get_args

import chromadb
import numpy as np

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from chroma_clip_embeddings.collection.sampling import ids_of, raw_vectors
from chroma_clip_embeddings.progress import progress
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings import find_duplicates as find_alike
from clip_embeddings.types import Embeddings, Modality

_PAGE = 500  # rows asked for at once


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Rows that are alike.

    Attributes:
        ids: two or more, in their order.
        uris: where each comes from; "" for a row without a uri.
        cosine: the lowest raw cosine of the pairs that reach the threshold. Rows are joined one by one, so
            two of a large group may be less alike than that.
    """

    ids: tuple[str, ...]
    uris: tuple[str, ...]
    cosine: float


def find_duplicates(
    collection: chromadb.Collection,
    *,
    threshold: float = 0.95,
    modality: Modality = "image",
    block: int = 1024,
    show_progress: bool = False,
) -> list[Duplicates]:
    """Group the pictures, or the passages, of a collection that are nearly the same; nothing is changed.

    The threshold is a cosine of raw vectors, also where the collection is calibrated: those vectors are taken
    back to raw first, so both give the same groups. Every row is compared with every other one, so time grows
    with the square of their number. The vectors lie in a temporary file (4 bytes x N x D; the variable
    TMPDIR says where) and memory holds the ids, a page of rows, and what `clip_embeddings.find_duplicates`
    takes for its blocks.

    Args:
        collection: filled by `ingest` or `add_items`, which write each row's modality; rows without one are
            left out.
        threshold: least cosine of a pair, above 0; docs/tasks/retrieval.md has figures.
        modality: "image" or "text"; a picture and a text are never compared.
        block: rows compared at once.
        show_progress: show a bar while rows are read.
    Returns:
        Groups in the order of their first id.
    Raises:
        InvalidInputError: unknown modality, a threshold or block out of range.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store does not answer.
    """
    if modality not in get_args(Modality):
        raise InvalidInputError(
            f"modality: got {modality!r}; expected one of {', '.join(get_args(Modality))}"
        )
    refuse_async(collection, "find_duplicates")
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    find_alike(np.zeros((0, 1)), threshold=threshold, block=block)  # what is out of range shows at once
    with store_errors(f"read the collection {collection.name!r}", "Check that the store is there"):
        listed = sorted(set(ids_of(collection, modality)))  # in pages: a row written meanwhile may repeat one
        with TemporaryFile() as file:
            ids = _copy(collection, listed, file, embedder, modality, show_progress)
            if not ids:
                return []
            vectors = np.memmap(file, np.float32, "r", shape=(len(ids), embedder.dimension))
            groups = find_alike(vectors, threshold=threshold, block=block)
            del vectors  # Windows deletes no file that is mapped
        members = [[ids[row] for row in group.rows] for group in groups]
        uris = _uris(collection, list(chain.from_iterable(members)))
    return [
        Duplicates(tuple(each), tuple(uris.get(id, "") for id in each), group.cosine)
        for each, group in zip(members, groups, strict=True)
    ]


def _copy(
    collection: chromadb.Collection,
    ids: Sequence[str],
    file: IO[bytes],
    embedder: CLIPEmbedder,
    modality: Modality,
    show_progress: bool,
) -> list[str]:
    """Write raw vectors to a file, row by row; returns the ids of the rows that are still there."""
    kept: list[str] = []
    for start in progress(range(0, len(ids), _PAGE), "Reading rows", show_progress):
        page = ids[start : start + _PAGE]
        found: Any = collection.get(ids=list(page), include=["embeddings"])
        place = {id: row for row, id in enumerate(found["ids"])}
        there = [id for id in page if id in place]  # the store has an order of its own
        if there:
            stored = np.asarray(found["embeddings"])[[place[id] for id in there]]
            raw: Embeddings = raw_vectors(stored, modality, embedder.calibration)
            file.write(raw.tobytes())
        kept += there
    file.flush()
    return kept


def _uris(collection: chromadb.Collection, ids: Sequence[str]) -> dict[str, str]:
    uris: dict[str, str] = {}
    for start in range(0, len(ids), _PAGE):
        found = collection.get(ids=list(ids[start : start + _PAGE]), include=["metadatas"])
        rows = zip(found["ids"], found["metadatas"] or [], strict=True)
        uris |= {id: str((metadata or {}).get("uri", "")) for id, metadata in rows}
    return uris
