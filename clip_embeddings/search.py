"""Search across modalities, in one ranking where the vectors allow it: the same for every store.

In a calibrated collection one request without a filter is right. In a raw one the modality gap puts every
text nearer to a text than any picture: there each modality is asked for apart, which a filter makes slower,
and what comes back is merged by calibrated scores if a calibration is given, else left in turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest
from os import PathLike
from typing import Any, Literal, cast, get_args

import numpy as np

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.cards.results import Hit, SearchResult
from clip_embeddings.conditions import Condition, conditions_of
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_count
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.types import Embeddings, ImageInput

__all__ = [
    "AnyModality",
    "Calibration",
    "Found",
    "Hit",
    "Like",
    "Method",
    "Query",
    "Request",
    "SearchResult",
    "percentile_of",
]

AnyModality = Literal["any", "image", "text"]
Method = Literal["filtered", "projected"]
Calibration = ModalityCalibration | str | PathLike[str]


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


@dataclass(frozen=True, slots=True)
class Like:
    """A stored row that others are to be like: its vector (D,), and its modality."""

    vector: Embeddings
    modality: Literal["text", "image"]


@dataclass(frozen=True)
class Query:
    """What is looked for, checked when it is made.

    A store answers each of `requests`, and `result` makes one result of the answers.

    Args:
        name: of the collection, for messages.
        embedder: the collection's.
        like: a row of the collection in place of a text or a picture; nothing is embedded.
    Raises:
        InvalidInputError: no query or two, k no int from 1 on, unknown modality or method, or a `where` that
            cannot be read.
    """

    name: str
    embedder: CLIPEmbedder
    text: str | None
    image: ImageInput | None
    k: int
    modality: AnyModality
    calibration: Calibration | None
    method: Method
    where: str | None = None
    like: Like | None = None

    def __post_init__(self) -> None:
        if [self.text is None, self.image is None, self.like is None].count(False) != 1:
            raise InvalidInputError("search: give exactly one of text=... and image=...")
        check_count("k", self.k)
        _ = self.conditions
        for name, options in (("modality", AnyModality), ("method", Method)):
            if getattr(self, name) not in get_args(options):
                expected = ", ".join(get_args(options))
                raise InvalidInputError(f"{name}: got {getattr(self, name)!r}; expected one of {expected}")

    @cached_property
    def late(self) -> ModalityCalibration | None:
        """The calibration to use on raw vectors that are stored already.

        Raises:
            InvalidInputError: one is given and the collection has its own.
        """
        if self.calibration is not None and self.embedder.calibration is not None:
            raise InvalidInputError(
                f"collection {self.name!r} is calibrated already ({self.embedder.calibration.id}); search it "
                "without calibration=, or change it with recalibrate"
            )
        return self.embedder.with_calibration(self.calibration).calibration

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """What `where` asks."""
        return () if self.where is None else conditions_of(self.where)

    @property
    def kind(self) -> Literal["text", "image"]:
        """The modality of the query itself."""
        if self.like is not None:
            return self.like.modality
        return "image" if self.text is None else "text"

    @property
    def _projected(self) -> bool:
        return self.late is not None and self.method == "projected"

    @property
    def _in_one(self) -> bool:
        """Whether one request without a filter ranks both modalities."""
        return self.modality == "any" and (self.embedder.calibration is not None or self._projected)

    @cached_property
    def vector(self) -> Embeddings:
        """(1, D)"""
        if self.like is not None:
            return self._as_query(self.like)
        if self.text is not None:
            return self.embedder.embed_texts([self.text], role="query")
        return self.embedder.embed_images([cast(ImageInput, self.image)], role="query")

    def _as_query(self, like: Like) -> Embeddings:
        """(1, D): a calibration moves a query elsewhere than the row that it is stored as."""
        stored, calibration = l2_normalize(like.vector[None]), self.embedder.calibration
        if calibration is None:
            return stored
        return calibration.apply(calibration.invert(stored, like.modality), like.modality, "query")

    def requests(self) -> list[Request]:
        """What to ask of the store."""
        vector, vectors = self.vector, False
        if self.late and self._projected:
            vector = self.late.project(vector)
        elif self.late:
            vectors = True
        kinds: Sequence[str | None] = ("image", "text") if self.modality == "any" else (self.modality,)
        kinds = [None] if self._in_one else kinds
        return [Request(vector[0], self.k, kind, vectors, self.conditions) for kind in kinds]

    def result(self, answers: Iterable[Iterable[Found]]) -> SearchResult:
        """What the answers to `requests`, nearest first, come to."""
        if self.late and not self._projected:
            hits = sorted(map(self._rescored, chain.from_iterable(answers)), key=lambda hit: -hit.score)
            return SearchResult(tuple(hits[: self.k]), True)
        lists = [[self._scored(row) for row in answer] for answer in answers]
        in_turn = chain.from_iterable(zip_longest(*lists))
        return SearchResult(tuple(hit for hit in in_turn if hit is not None), len(lists) == 1)

    def _scored(self, row: Found) -> Hit:
        percentile = percentile_of(self.embedder.calibration, row.cosine, self.kind, row.modality)
        return row.hit(row.cosine, percentile)

    def _rescored(self, row: Found) -> Hit:
        """By the cosine that both would have in a calibrated collection."""
        late = cast(ModalityCalibration, self.late)
        stored = late.apply(l2_normalize(row.vector), cast(Any, row.modality))
        score = float(np.sum(stored * late.apply(self.vector, self.kind, "query")))
        return row.hit(score, percentile_of(late, score, self.kind, row.modality))


def percentile_of(
    calibration: ModalityCalibration | None, score: float, query: Any, document: Any
) -> float | None:
    """The percentile of a calibrated score, where there are statistics of this pair."""
    if calibration is None or (query, document) not in calibration.scores:
        return None
    return float(calibration.percentile(score, query, document))
