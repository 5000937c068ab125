"""What a store is asked, and the rows that it answers. Imports conditions, cards and types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clip_embeddings.cards.results import Hit
from clip_embeddings.conditions import Condition
from clip_embeddings.types import Embeddings


@dataclass(frozen=True, slots=True)
class Found:
    """A row as a store answers it; `vector` (D,) only where the request wants it."""

    id: str
    cosine: float
    document: str
    metadata: dict[str, Any]
    vector: Any = None

    @property
    def modality(self) -> str:
        return str(self.metadata.get("modality", ""))

    def hit(self, score: float, percentile: float | None) -> Hit:
        """The hit that it is, under a score of the caller's."""
        uri = str(self.metadata.get("uri", ""))
        return Hit(self.id, score, self.modality, uri, self.document, dict(self.metadata), percentile)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a store: its `k` rows nearest to a vector (D,).

    Attributes:
        modality: rows of this one only; None for all.
        vectors: whether the rows are to come with theirs.
        where: what the rows' metadata is to be.
    """

    vector: Embeddings
    k: int
    modality: str | None
    vectors: bool
    where: tuple[Condition, ...] = ()

    def wants(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a row of this metadata is of the modality, and as `where` says."""
        if self.modality is not None and metadata.get("modality") != self.modality:
            return False
        return all(each.holds(metadata) for each in self.where)


@dataclass(frozen=True, slots=True)
class Like:
    """A stored row that others are to be like: its vector (D,), and its modality."""

    vector: Embeddings
    modality: Literal["text", "image"]
