"""What `sample_files` collects while it reads: pictures embedded as they come, passages kept as text.

Imports numpy and the public core.
"""

import random
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chroma_clip_embeddings.items import Row
from chroma_clip_embeddings.sources import Source, named_as_picture, rows_of
from clip_embeddings import CalibrationEstimator, CLIPEmbedder

_TOGETHER = 128  # pictures embedded together
_BYTES = 64_000_000  # of pictures that wait together
_SHARE = 20  # at first no file gives more than one passage in so many of the sample

Vectors = dict[str, NDArray[np.float32]]


class Gathering:
    """Pictures and passages up to a number of each.

    One long text would fill a sample with one topic, so each file gives a share at first; what is left of it
    is used only where the files end before there are enough.
    """

    def __init__(self, embedder: CLIPEmbedder, size: int, seed: int) -> None:
        self._embedder, self._size, self._random = embedder, size, random.Random(seed)
        self._waiting: dict[str, Row] = {}
        self._pictures: Vectors = {}
        self._captions: dict[str, str] = {}  # of pictures, by row id
        self._passages: dict[str, str] = {}
        self._spare: dict[str, str] = {}

    def shuffled(self, files: list[Path]) -> list[Path]:
        return self._random.sample(files, len(files))

    @property
    def full(self) -> bool:
        return self._enough_pictures() and self._enough_passages()

    def wants(self, path: Path) -> bool:
        """Whether to read a file: not one whose name promises what there is enough of."""
        if not path.suffix:
            return True
        return not (self._enough_pictures() if named_as_picture(path) else self._enough_passages())

    def take(self, source: Source, caption: str | None) -> None:
        """Take in what there is not yet enough of."""
        if source.text is not None:
            if not self._enough_passages():
                self._take_passages([(row.id, row.document) for row in rows_of(source, self._embedder, None)])
            return
        if self._enough_pictures():
            return
        for row in rows_of(source, self._embedder, caption):
            if row.id not in self._pictures:
                self._waiting[row.id] = row
            if caption:
                self._captions[row.id] = caption
        weight = sum(len(row.item) for row in self._waiting.values() if isinstance(row.item, bytes))
        if len(self._waiting) >= _TOGETHER or weight >= _BYTES or self._enough_pictures():
            self._embed()

    def result(self) -> tuple[Vectors, CalibrationEstimator, Literal["captions", "text passages"]]:
        """Raw vectors by row id, what was measured, and on which texts."""
        self._embed()
        pictures, estimator = self._pictures, CalibrationEstimator()
        captioned = [id for id in pictures if id in self._captions]
        if captioned and 2 * len(captioned) >= len(pictures):
            estimator.add(np.stack([pictures[id] for id in captioned]), "image")
            estimator.add(self._embedder.embed_texts([self._captions[id] for id in captioned]), "text")
            return pictures, estimator, "captions"
        if pictures:
            estimator.add(np.stack(list(pictures.values())), "image")
        passages = self._embedded_passages()
        if passages:
            estimator.add(np.stack(list(passages.values())), "text")
        return pictures | passages, estimator, "text passages"

    def _enough_pictures(self) -> bool:
        return len(self._pictures) + len(self._waiting) >= self._size

    def _enough_passages(self) -> bool:
        return len(self._passages) >= self._size

    def _take_passages(self, rows: list[tuple[str, str]]) -> None:
        self._random.shuffle(rows)
        rows = [row for row in rows[: self._size] if row[0] not in self._passages]
        share = min(max(self._size // _SHARE, 1), self._size - len(self._passages))
        self._passages.update(rows[:share])
        self._spare.update(rows[share:])

    def _embed(self) -> None:
        """Embed the pictures that wait; one that cannot be decoded makes room for another."""
        rows = list(self._waiting.values())
        self._waiting.clear()
        for batch in self._embedder.iter_images(row.item for row in rows):
            ids = (rows[i].id for i in batch.indices)
            self._pictures.update(zip(ids, batch.embeddings, strict=True))

    def _embedded_passages(self) -> Vectors:
        spare = [row for row in self._spare.items() if row[0] not in self._passages]
        wanted = self._size - len(self._passages)
        self._passages.update(self._random.sample(spare, min(wanted, len(spare))))
        vectors = self._embedder.embed_texts(list(self._passages.values()))
        return dict(zip(self._passages, vectors, strict=True))
