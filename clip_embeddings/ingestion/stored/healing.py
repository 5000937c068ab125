"""Rows that have lost their vector get it again."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.read.again import read_picture
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.report import Recorder
from clip_embeddings.ingestion.retry import Target
from clip_embeddings.ingestion.rows.ids import is_ingested, uris_of
from clip_embeddings.ingestion.store import Metadata

_TOGETHER = 64
logger = logging.getLogger(__name__)


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
        lost = self._target.lost()
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
        found = self._target.get(ids)
        done: list[str] = []
        vectors: list[NDArray[np.float32]] = []
        for id, document, metadata in zip(found.ids, found.documents, found.metadatas, strict=True):
            try:
                vectors.append(self._vector(id, document, metadata))  # (D,)
                done.append(id)
            except (InvalidInputError, UnusableFile) as error:
                named = next(iter(uris_of(metadata)), id)
                reason = f"the row {id} has lost its vector, and it cannot be made again: {error}"
                self._recorder.warned(named, reason)
        if done:
            self._target.heal(done, np.stack(vectors))
        return done

    def _vector(self, id: str, document: str, metadata: Metadata) -> NDArray[np.float32]:
        if metadata.get("modality") == "text":
            vector: NDArray[np.float32] = self._embedder.embed_texts([document])[0]
            return vector
        reason, edge = "it names no file", self._embedder.picture_edge
        for uri in uris_of(metadata):
            try:
                picture = read_picture(Path(uri), metadata, max_bytes=self._max_bytes, edge=edge)
            except UnusableFile as error:
                reason = f"{uri}: {error}"
                continue
            if not is_ingested(id, metadata) or picture.sha256 == metadata["content_sha256"]:
                vector = self._embedder.embed_images([picture.content])[0]
                return vector
            reason = f"{uri} has another content now"
        raise UnusableFile(reason)
