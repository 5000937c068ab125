"""Rows that have lost their vector, as two processes that wrote into one folder leave them: found, healed.

Nothing that reads their vectors works, and Chroma can neither delete them. Imports numpy and the public core.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.ledger import is_ingested, uris_of
from chroma_clip_embeddings.local import UnusableFile, read_file
from chroma_clip_embeddings.report import Recorder
from chroma_clip_embeddings.sources import digest
from chroma_clip_embeddings.target import Target
from clip_embeddings import CLIPEmbedder, InvalidInputError

_PAGE = 1000
_TOGETHER = 64
Get = Callable[..., Any]
logger = logging.getLogger(__name__)


def rows_without_vectors(get: Get) -> Iterator[str]:
    """Ids of the rows of a collection that have no vector.

    Args:
        get: the collection's method, or one that calls it.
    """
    start = 0
    while ids := get(limit=_PAGE, offset=start, include=[])["ids"]:
        yield from _among(ids, get)
        start += len(ids)


def _among(ids: Sequence[str], get: Get) -> Iterator[str]:
    """By halves: one request for many rows fails where one of them has none."""
    try:
        found = get(ids=list(ids), include=["embeddings"])
        if found["embeddings"] is not None and len(found["embeddings"]) == len(found["ids"]):
            return
    except Exception:
        if len(ids) == 1:
            # The row itself is there, so it is the vector that is not; else the store has failed.
            if get(ids=list(ids), include=["documents"])["ids"]:
                yield ids[0]
            return
    half = (len(ids) + 1) // 2
    if len(ids) > 1:
        yield from _among(ids[:half], get)
        yield from _among(ids[half:], get)


class Healer:
    """Gives rows their vectors again: texts from their documents, pictures from their files."""

    def __init__(self, target: Target, embedder: CLIPEmbedder, recorder: Recorder, *, max_bytes: int) -> None:
        self._target, self._embedder, self._recorder = target, embedder, recorder
        self._max_bytes = max_bytes

    def run(self) -> set[str]:
        """Heal what can be; returns the ids of the other rows, which are reported.

        Raises:
            StoreError: the store refused or went away.
        """
        lost = list(rows_without_vectors(lambda **asked: self._target.call("check rows", "get", **asked)))
        if not lost:
            return set()
        healed: set[str] = set()
        for start in range(0, len(lost), _TOGETHER):
            healed.update(self._heal(lost[start : start + _TOGETHER]))
        self._recorder.report.updated += len(healed)
        logger.warning(
            "%d rows had no vector, as when two processes write into one folder; %d are embedded again",
            len(lost),
            len(healed),
        )
        return set(lost) - healed

    def _heal(self, ids: list[str]) -> list[str]:
        include = ["documents", "metadatas"]
        found = self._target.call("look up stored rows", "get", ids=ids, include=include)
        done: list[str] = []
        vectors: list[NDArray[np.float32]] = []
        for id, document, metadata in zip(found["ids"], found["documents"], found["metadatas"], strict=True):
            try:
                vectors.append(self._vector(id, document or "", metadata or {}))  # (D,)
                done.append(id)
            except (InvalidInputError, UnusableFile) as error:
                named = next(iter(uris_of(metadata or {})), id)
                reason = f"the row {id} has lost its vector, and it cannot be made again: {error}"
                self._recorder.warned(named, reason)
        if done:
            # `update` passes over what the index does not know; `upsert` leaves the rest of a row alone.
            self._target.call("update rows", "upsert", ids=done, embeddings=np.stack(vectors))
        return done

    def _vector(self, id: str, document: str, metadata: dict[str, Any]) -> NDArray[np.float32]:
        if metadata.get("modality") == "text":
            vector: NDArray[np.float32] = self._embedder.embed_texts([document])[0]
            return vector
        reason = "it names no file"
        for uri in uris_of(metadata):
            try:
                content = read_file(Path(uri), max_bytes=self._max_bytes)
            except UnusableFile as error:
                reason = f"{uri}: {error}"
                continue
            if not is_ingested(id, metadata) or digest(content) == metadata["content_sha256"]:
                vector = self._embedder.embed_images([content])[0]
                return vector
            reason = f"{uri} has another content now"
        raise UnusableFile(reason)


def make_deletable(target: Target, ids: Sequence[str], dimension: int) -> None:
    """Chroma cannot delete a row without a vector, and is of no use after it has tried: it gets one first."""
    if ids:
        target.call("remove rows", "upsert", ids=list(ids), embeddings=np.ones((len(ids), dimension)))


def checked(collection: Any) -> tuple[int, list[str]]:
    """How many rows a collection has, and the ids of those without a vector.

    Raises:
        StoreError: the store does not answer.
    """
    lost = list(rows_without_vectors(collection.get))
    return collection.count(), lost
