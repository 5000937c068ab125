"""What `sample_files` collects while it reads: pictures embedded as they come, passages kept as text."""

import random
from collections.abc import Iterable
from heapq import heappush, heappushpop
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration import CalibrationEstimator
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.ingestion.find.entries import Entry
from clip_embeddings.ingestion.read.sources import Source
from clip_embeddings.ingestion.rows.ids import name_of
from clip_embeddings.ingestion.rows.making import rows_of
from clip_embeddings.ingestion.rows.row import Row, caption_row
from clip_embeddings.inputs.formats import named_as_picture

_TOGETHER = 128  # pictures embedded together
_BYTES = 64_000_000  # of pictures that wait together
_LISTED = 50_000  # files named as pictures that are kept to choose from, and as many others
SHARE = 20  # at first no file gives more than one passage in so many of the sample

Vectors = dict[str, NDArray[np.float32]]
Pairs = tuple[
    NDArray[np.float32], NDArray[np.float32]
]  # raw unit rows (N, D) of captions and of their pictures


class Gathering:
    """Pictures and passages up to a number of each.

    One long text would fill a sample with one topic, so each file gives a share at first; what is left of it
    is used only where the files end before there are enough.
    """

    def __init__(self, embedder: CLIPEmbedder, size: int, seed: int) -> None:
        self._embedder, self._size, self._random = embedder, size, random.Random(seed)
        self._waiting: dict[str, Row] = {}
        self._pictures: Vectors = {}
        self._captions: dict[str, Row] = {}  # by the row id of their picture
        self._passages: dict[str, str] = {}
        self._spare: dict[str, str] = {}

    def shuffled(self, entries: Iterable[Entry]) -> list[Entry]:
        """`shuffled`, by the seed of this one."""
        return shuffled(entries, self._random)

    @property
    def full(self) -> bool:
        return self._enough_pictures() and self._enough_passages()

    def wants(self, entry: Entry) -> bool:
        """Whether to read a file: not one whose name promises what there is enough of."""
        name = Path(name_of(entry.uri))
        if not name.suffix:
            return True
        return not (self._enough_pictures() if named_as_picture(name) else self._enough_passages())

    def take(self, source: Source, caption: str | None) -> None:
        """Take in what there is not yet enough of."""
        texts = source.text is not None and not self._enough_passages()
        rows = list(rows_of(source, self._embedder, caption, texts=texts))
        self._take_passages([(row.id, row.document) for row in rows if not row.is_picture])
        if self._enough_pictures():
            return
        for row in rows:
            if row.is_picture and row.id not in self._pictures:
                self._waiting[row.id] = row
            if row.is_picture and caption and source.text is None:
                self._captions[row.id] = caption_row(source.uri, source.sha256, caption)
        weight = sum(len(row.item) for row in self._waiting.values() if isinstance(row.item, bytes))
        if len(self._waiting) >= _TOGETHER or weight >= _BYTES or self._enough_pictures():
            self._embed()

    def result(self) -> tuple[Vectors, CalibrationEstimator, Pairs | None]:
        """Raw vectors by row id, what was measured, and the pairs that it was measured on, if it was."""
        self._embed()
        pictures, estimator = self._pictures, CalibrationEstimator()
        captioned = [id for id in pictures if id in self._captions]
        if captioned and 2 * len(captioned) >= len(pictures):
            shown = np.stack([pictures[id] for id in captioned])
            estimator.add(shown, "image")
            captions = [self._captions[id] for id in captioned]
            words = self._embedder.embed_texts([row.document for row in captions])
            estimator.add(words, "text")
            told = dict(zip((row.id for row in captions), words, strict=True))
            return pictures | told, estimator, (words, shown)
        if pictures:
            estimator.add(np.stack(list(pictures.values())), "image")
        passages = self._embedded_passages()
        if passages:
            estimator.add(np.stack(list(passages.values())), "text")
        return pictures | passages, estimator, None

    def _enough_pictures(self) -> bool:
        return len(self._pictures) + len(self._waiting) >= self._size

    def _enough_passages(self) -> bool:
        return len(self._passages) >= self._size

    def _take_passages(self, rows: list[tuple[str, str]]) -> None:
        self._random.shuffle(rows)
        rows = [row for row in rows[: self._size] if row[0] not in self._passages]
        share = min(max(self._size // SHARE, 1), self._size - len(self._passages))
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


def shuffled(entries: Iterable[Entry], chance: random.Random) -> list[Entry]:
    """In random order; of very many, a random part. Of a file that is named twice, what has a caption."""
    kept: dict[bool, list[tuple[float, int, Entry]]] = {True: [], False: []}
    for number, entry in enumerate(entries):
        heap = kept[named_as_picture(Path(name_of(entry.uri)))]
        put = heappush if len(heap) < _LISTED else heappushpop
        put(heap, (chance.random(), number, entry))
    chosen = [entry for *_, entry in sorted(kept[True] + kept[False])]
    captioned = {entry.uri: entry for entry in chosen if entry.words}
    return list(({entry.uri: entry for entry in chosen} | captioned).values())
