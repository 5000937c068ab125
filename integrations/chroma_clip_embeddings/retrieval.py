"""Search across modalities, in one ranking where the vectors allow it.

In a calibrated collection one query without a filter is right. In a raw one the modality gap puts every text
nearer to a text than any picture: there each modality is asked for apart, which a filter makes slower, and
what comes back is merged by calibrated scores if a calibration is given, else left in turn. Imports
chromadb, numpy and the public core.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, zip_longest
from os import PathLike
from typing import Any, Literal, cast, get_args

import chromadb
import numpy as np
from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.clients import refuse_async
from chroma_clip_embeddings.hits import Hit, Row, SearchResult, cosine_of, percentile_of, rows_of
from chroma_clip_embeddings.identity import check_identity, embedder_of
from chroma_clip_embeddings.reopening import asked
from chroma_clip_embeddings.store import store_errors
from clip_embeddings import CLIPEmbedder, InvalidInputError, ModalityCalibration, l2_normalize
from clip_embeddings.ingestion.rows.checks import check_count
from clip_embeddings.types import Embeddings, ImageInput

Modality = Literal["any", "image", "text"]
Method = Literal["filtered", "projected"]
Calibration = ModalityCalibration | str | PathLike[str]
FIX = "Check that the store is there and the collection exists"


@dataclass(frozen=True)
class Query:
    """What is looked for; checked when it is made. `search` and `asearch` share it.

    `requests` are the arguments of Chroma's `query`, one call each, and `result` makes one result of the
    answers.
    """

    collection: CollectionCommon[Any]
    text: str | None
    image: ImageInput | None
    k: int
    modality: Modality
    calibration: Calibration | None
    method: Method

    def __post_init__(self) -> None:
        if (self.text is None) == (self.image is None):
            raise InvalidInputError("search: give exactly one of text=... and image=...")
        check_count("k", self.k)
        for name, options in (("modality", Modality), ("method", Method)):
            if getattr(self, name) not in get_args(options):
                expected = ", ".join(get_args(options))
                raise InvalidInputError(f"{name}: got {getattr(self, name)!r}; expected one of {expected}")

    @cached_property
    def embedder(self) -> CLIPEmbedder:
        """That of the collection.

        Raises:
            FingerprintMismatchError: the collection holds vectors of another model.
        """
        embedder = embedder_of(self.collection)
        check_identity(self.collection, embedder)
        return embedder

    @cached_property
    def late(self) -> ModalityCalibration | None:
        """The calibration to use on raw vectors that are stored already."""
        if self.calibration is not None and self.embedder.calibration is not None:
            raise InvalidInputError(
                f"collection {self.collection.name!r} is calibrated already "
                f"({self.embedder.calibration.id}); search it without calibration=, "
                "or change it with recalibrate"
            )
        return self.embedder.with_calibration(self.calibration).calibration

    @property
    def kind(self) -> Literal["text", "image"]:
        """The modality of the query itself."""
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
        if self.text is not None:
            return self.embedder.embed_texts([self.text], role="query")
        return self.embedder.embed_images([cast(ImageInput, self.image)], role="query")

    def requests(self) -> list[dict[str, Any]]:
        """The arguments of each call of the collection's `query`."""
        included = ["documents", "metadatas", "distances"]
        vector = self.vector
        if self.late and self._projected:
            vector = self.late.project(vector)
        elif self.late:
            included.append("embeddings")
        request = {"query_embeddings": vector, "n_results": self.k, "include": included}
        if self._in_one:
            return [request]
        kinds = ("image", "text") if self.modality == "any" else (self.modality,)
        return [{**request, "where": {"modality": kind}} for kind in kinds]

    def result(self, answers: list[Any]) -> SearchResult:
        """What the answers to `requests` come to."""
        if self.late and not self._projected:
            rows = chain.from_iterable(map(rows_of, answers))
            hits = sorted((self._rescored(row) for row in rows), key=lambda hit: -hit.score)
            return SearchResult(tuple(hits[: self.k]), True)
        lists = [[self._scored(row) for row in rows_of(answer)] for answer in answers]
        in_turn = chain.from_iterable(zip_longest(*lists))
        return SearchResult(tuple(hit for hit in in_turn if hit is not None), len(lists) == 1)

    def _scored(self, row: Row) -> Hit:
        score = cosine_of(self.collection)(row.distance)
        return row.hit(score, percentile_of(self.embedder.calibration, score, self.kind, row.modality))

    def _rescored(self, row: Row) -> Hit:
        """By the cosine that both would have in a calibrated collection."""
        late = cast(ModalityCalibration, self.late)
        stored = late.apply(l2_normalize(row.vector), cast(Any, row.modality))
        score = float(np.sum(stored * late.apply(self.vector, self.kind, "query")))
        return row.hit(score, percentile_of(late, score, self.kind, row.modality))


def search(
    collection: chromadb.Collection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: Modality = "any",
    calibration: Calibration | None = None,
    method: Method = "filtered",
) -> SearchResult:
    """Find the rows nearest to a text or a picture.

    Args:
        collection: filled by `ingest` or `add_items`, which write what rows are found by.
        text, image: the query; exactly one of them.
        k: how many; of each modality where they cannot be ranked in one list.
        modality: which to look for.
        calibration: for a raw collection: ranks both modalities in one list, with nothing embedded again.
        method: how: "filtered" asks for each modality apart and ranks by calibrated scores; "projected" asks
            once without a filter, with a query freed of the gap, which is faster and a little worse. See
            benchmarks/RESULTS.md.
    Raises:
        InvalidInputError: no query or two, k no int from 1 on, unknown modality or method, or a calibration
            for a collection that has its own.
        ImageDecodeError: the picture cannot be read.
        FingerprintMismatchError: the collection holds vectors of another model, or the calibration is of one.
        StoreError: the store does not answer.
    """
    refuse_async(collection, "search", "asearch")
    query = Query(collection, text, image, k, modality, calibration, method)
    requests = query.requests()
    with store_errors("search", FIX):
        answers = [asked(collection, partial(collection.query, **request)) for request in requests]
    return query.result(answers)
