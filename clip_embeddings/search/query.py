"""One query: what to ask of a store for it, and what the answers come to. Imports the core below stores."""

from collections.abc import Callable, Iterable, Sequence
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
from clip_embeddings.search.request import Found, Like, Request
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.types import Embeddings, ImageInput, Modality

AnyModality = Literal["any", "image", "text"]
Method = Literal["filtered", "projected"]
Calibration = ModalityCalibration | str | PathLike[str]


@dataclass(frozen=True)
class Query:
    """What is looked for, checked when it is made.

    A store answers each of `requests`, and `result` makes one result of the answers.

    Args:
        name: of the collection, for messages.
        embedder: the collection's.
        text, image: one of them or both, each of which counts half.
        like: a row of the collection in place of a text or a picture; nothing is embedded.
    Raises:
        InvalidInputError: no query, k no int from 1 on, unknown modality or method, or a `where` that
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
        if self.like is None and self.text is None and self.image is None:
            raise InvalidInputError("search: give text=..., image=..., or both")
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
    def kind(self) -> Modality | None:
        """The modality of the query itself; None of words with a picture."""
        if self.like is not None:
            return self.like.modality
        given: list[Modality] = [kind for kind in get_args(Modality) if getattr(self, kind) is not None]
        return given[0] if len(given) == 1 else None

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
        return self._as_query(self.like) if self.like is not None else self._joined()

    @cached_property
    def _embedded(self) -> dict[Modality, Embeddings]:
        """The text and the picture, (1, D) each, of which there may be one."""
        parts: dict[Modality, Embeddings] = {}
        if self.text is not None:
            parts["text"] = self.embedder.embed_texts([self.text], role="query")
        if self.image is not None:
            parts["image"] = self.embedder.embed_images([self.image], role="query")
        return parts

    def _joined(self, move: Callable[[Embeddings, Modality], Embeddings] | None = None) -> Embeddings:
        """(1, D): one vector of what is given, each moved first; a calibration is of one modality."""
        parts = [move(row, kind) if move else row for kind, row in self._embedded.items()]
        return parts[0] if len(parts) == 1 else joined(parts[0], parts[1])

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
            late = self.late
            vector = self._joined(lambda row, _: late.project(row))
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

    @cached_property
    def _calibrated(self) -> Embeddings:
        """(1, D) under `late`."""
        late = cast(ModalityCalibration, self.late)
        return self._joined(lambda row, kind: late.apply(row, kind, "query"))

    def _rescored(self, row: Found) -> Hit:
        """By the cosine that both would have in a calibrated collection."""
        late = cast(ModalityCalibration, self.late)
        stored = late.apply(l2_normalize(row.vector), cast(Any, row.modality))
        score = float(np.sum(stored * self._calibrated))
        return row.hit(score, percentile_of(late, score, self.kind, row.modality))


def joined(
    of_text: Embeddings, of_image: Embeddings, weights: tuple[float, float] = (0.5, 0.5)
) -> Embeddings:
    """One query of words and a picture, (1, D) each: the unit vector of their weighted sum."""
    return l2_normalize(weights[0] * of_text + weights[1] * of_image)


def percentile_of(
    calibration: ModalityCalibration | None, score: float, query: Any, document: Any
) -> float | None:
    """The percentile of a calibrated score, where there are statistics of this pair."""
    if calibration is None or (query, document) not in calibration.scores:
        return None
    return float(calibration.percentile(score, query, document))
