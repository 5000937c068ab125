"""Hits: what a search answers, in one list or by modality. Imports the public core."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chromadb.api.models.CollectionCommon import CollectionCommon

from clip_embeddings import ModalityCalibration

# Chroma gives distances; for unit vectors each is a function of the cosine.
_COSINE_OF: dict[str, Callable[[float], float]] = {
    "cosine": lambda distance: 1 - distance,
    "ip": lambda distance: 1 - distance,
    "l2": lambda distance: 1 - distance / 2,
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One row found.

    Attributes:
        id, uri, metadata: as stored.
        score: cosine of the query with the row, -1 to 1. Raw cosines compare within a modality only.
        percentile: of 100 random pairs of these modalities, how many score lower; None without a calibration.
            No probability of being relevant.
        modality: "image" or "text"; "" for a row that was stored without one.
        document: the passage, or the picture's caption or file name.
    """

    id: str
    score: float
    modality: str
    uri: str
    document: str
    metadata: dict[str, Any]
    percentile: float | None = None


@dataclass(frozen=True)
class SearchResult:
    """What was found.

    Attributes:
        hits: best first; pictures and texts in turn where their scores do not compare.
        ranked: whether `hits` is one ranking: under a calibration, or of one modality.
    """

    hits: tuple[Hit, ...]
    ranked: bool

    @cached_property
    def images(self) -> tuple[Hit, ...]:
        """The pictures among the hits, best first."""
        return tuple(hit for hit in self.hits if hit.modality == "image")

    @cached_property
    def texts(self) -> tuple[Hit, ...]:
        """The texts among the hits, best first."""
        return tuple(hit for hit in self.hits if hit.modality == "text")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of Chroma's answer to one query, as it came."""

    id: str
    distance: float
    document: str
    metadata: dict[str, Any]
    vector: Any

    @property
    def modality(self) -> str:
        return str(self.metadata.get("modality", ""))

    def hit(self, score: float, percentile: float | None) -> Hit:
        """The hit that it is, under a score of the caller's."""
        uri = str(self.metadata.get("uri", ""))
        return Hit(self.id, score, self.modality, uri, self.document, dict(self.metadata), percentile)


def rows_of(answer: Any) -> Iterator[Row]:
    """The rows of an answer, nearest first."""
    names = ("ids", "distances", "documents", "metadatas", "embeddings")
    if not answer["ids"]:
        return
    empty = [None] * len(answer["ids"][0])
    columns = [empty if answer.get(name) is None else answer[name][0] for name in names]
    for id, distance, document, metadata, vector in zip(*columns, strict=True):
        yield Row(id, distance, document or "", dict(metadata or {}), vector)


def cosine_of(collection: CollectionCommon[Any]) -> Callable[[float], float]:
    """How the collection's distances become cosines."""
    return _COSINE_OF[(collection.configuration_json.get("hnsw") or {}).get("space", "cosine")]


def percentile_of(
    calibration: ModalityCalibration | None, score: float, query: Any, document: Any
) -> float | None:
    """The percentile of a calibrated score, where there are statistics of this pair."""
    if calibration is None or (query, document) not in calibration.scores:
        return None
    return float(calibration.percentile(score, query, document))
