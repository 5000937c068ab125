"""What any collection of any store can be asked to do: take files, answer queries, show its modality gap."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import Unpack

from clip_embeddings.calibration import GapReport
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion import AnyPath, IngestOptions, IngestReport, Plan, check_sample, run_plan
from clip_embeddings.search import AnyModality, Calibration, Method, Query, SearchResult
from clip_embeddings.stores.protocol import Collection
from clip_embeddings.tasks import stored
from clip_embeddings.types import Embeddings, ImageInput, Modality


def ingest(
    paths: AnyPath | Iterable[AnyPath], collection: Collection, **options: Unpack[IngestOptions]
) -> IngestReport:
    """Store the pictures and texts at and under `paths`, and bring their rows up to date.

    The same as `ingest` of the store's own adapter.

    Args:
        collection: from `Store.open`.
        options: those of `clip_embeddings.ingestion.IngestOptions`.
    Raises:
        InvalidInputError: before anything is stored: a path or manifest that cannot be used.
        FingerprintMismatchError: the sample holds vectors of another model.
        MissingExtraError: a manifest or an address without what reads it.
        StoreError: the store refused or went away, a disk is full, or the cache cannot be used; says how
            many rows are safe.
    """
    plan, embedder = Plan.of(paths, options), collection.embedder
    if plan.sample is not None:
        check_sample(plan.sample, embedder, collection.name)
    plan.roots()  # refused before anything is written
    return run_plan(plan, collection.rows, embedder, plan.found(), Event())


def search(
    collection: Collection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: AnyModality = "any",
    calibration: Calibration | None = None,
    method: Method = "filtered",
) -> SearchResult:
    """Find the rows nearest to a text or a picture, as `search` of the store's own adapter.

    Args:
        collection: from `Store.open`.
        text, image: the query; exactly one of them.
        k: how many; of each modality where they cannot be ranked in one list.
        modality: which to look for.
        calibration: for a raw collection: ranks both modalities in one list, with nothing embedded again.
        method: how it does: "filtered" or "projected".
    Raises:
        InvalidInputError: no query or two, k no int from 1 on, unknown modality or method, or a calibration
            for a collection that has its own.
        ImageDecodeError: the picture cannot be read.
        FingerprintMismatchError: the calibration is of another model.
        StoreError: the store does not answer.
    """
    query = Query(collection.name, collection.embedder, text, image, k, modality, calibration, method)
    return query.result([collection.nearest(request) for request in query.requests()])


def explain(
    collection: Collection,
    *,
    queries: Sequence[str] = (),
    size: int = 1000,
    seed: int = 0,
    calibration: Calibration | None = None,
) -> GapReport:
    """Measure how far apart pictures and texts lie, and what a calibration makes of it; nothing is written.

    Args:
        collection: from `Store.open`.
        queries: texts that people search for; without any, texts of the collection stand in.
        size: rows of each modality, drawn at random.
        seed: another one draws other rows.
        calibration: what to look through; None takes the collection's own.
    Raises:
        InvalidInputError: fewer than 10 rows of a modality, a calibration that cannot be read.
        FingerprintMismatchError: the calibration is of another model.
        StoreError: the store does not answer.
    """
    rows, embedder = collection.rows, collection.embedder
    with _reading(collection):
        try:
            return stored.explain(
                rows, embedder, queries=queries, size=size, seed=seed, calibration=calibration
            )
        except InvalidInputError as error:
            raise InvalidInputError(f"collection {collection.name!r}: {error}") from error


def draw_rows(collection: Collection, modality: Modality, size: int, seed: int) -> Embeddings:
    """Raw unit vectors of up to `size` rows of one modality: float32 (n, D), the same for the same seed.

    Raises:
        StoreError: the store does not answer.
    """
    with _reading(collection):
        return stored.draw_rows(collection.rows, collection.embedder, modality, size, seed)


def _reading(collection: Collection) -> AbstractContextManager[None]:
    return collection.rows.errors(f"read the collection {collection.name!r}", "Check that the store is there")
