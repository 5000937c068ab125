"""What any collection of any store can be asked to do: take files, answer queries, tell of its vectors."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Unpack

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.ingestion import (
    AnyPath,
    IngestOptions,
    IngestReport,
    Plan,
    RowStore,
    check_sample,
    run_plan,
)
from clip_embeddings.search import AnyModality, Calibration, Method, Query, SearchResult
from clip_embeddings.stores.protocol import Collection
from clip_embeddings.tasks import stored
from clip_embeddings.tasks.adapting import of_collection
from clip_embeddings.types import ImageInput


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


@contextmanager
def _rows_of(collection: Collection, called: str) -> Iterator[tuple[RowStore, CLIPEmbedder]]:
    rows, embedder = collection.rows, collection.embedder
    with rows.errors(f"read the collection {collection.name!r}", "Check that the store is there"):
        yield rows, embedder


explain = of_collection(stored.explain, _rows_of, "explain")
find_duplicates = of_collection(stored.find_duplicates, _rows_of, "find_duplicates")
draw_rows = of_collection(stored.draw_rows, _rows_of, "draw_rows")
