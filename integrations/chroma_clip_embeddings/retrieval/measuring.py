"""What a collection's vectors say: the modality gap, a sample of it, near-duplicates.

The work is in `clip_embeddings.tasks.stored`; nothing is written or embedded, but for queries.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike

import chromadb

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings import (
    CalibrationEstimator,
    CLIPEmbedder,
    GapReport,
    InvalidInputError,
    ModalityCalibration,
)
from clip_embeddings.ingestion.sample import SAMPLE_SIZE
from clip_embeddings.tasks import stored
from clip_embeddings.tasks.stored import Duplicates
from clip_embeddings.types import Embeddings, Modality


def explain(
    collection: chromadb.Collection,
    *,
    queries: Sequence[str] = (),
    size: int = 1000,
    seed: int = 0,
    calibration: ModalityCalibration | str | PathLike[str] | None = None,
) -> GapReport:
    """Measure how far apart the pictures and texts of a collection lie, and what a calibration makes of it.

    Looks at rows that are drawn at random; nothing is written. "before" is what the model gives, also where
    the collection holds calibrated vectors. Without queries no weights are loaded.

    Args:
        collection: filled by `ingest` or `add_items`, which write each row's modality.
        queries: texts that people search for. Without any, texts of the collection stand in, each without
            itself; pictures always do.
        size: rows of each modality.
        seed: another one draws other rows.
        calibration: what to look through: a ModalityCalibration, the path of one, or "reference". None takes
            the collection's own; if it has none the report has no "after".
    Raises:
        InvalidInputError: fewer than 10 rows of a modality, a calibration that cannot be read.
        FingerprintMismatchError: the collection or the calibration is of another model.
        StoreError: the store does not answer.
    """
    with _rows_of(collection, "explain") as (store, embedder):
        try:
            return stored.explain(
                store, embedder, queries=queries, size=size, seed=seed, calibration=calibration
            )
        except InvalidInputError as error:
            raise InvalidInputError(f"collection {collection.name!r}: {error}") from error


def sample_collection(
    collection: chromadb.Collection, *, size: int = SAMPLE_SIZE, seed: int = 0
) -> CalibrationEstimator:
    """Measure the modality gap on random rows of a collection; nothing is embedded.

    Rows without a `modality` (those not stored by this package) are left out. Vectors of a calibrated
    collection are made raw again first, so it gives the same as a raw one of the same content.

    Args:
        collection: embedded or over HTTP, made with `open_collection` or with a `CLIPEmbeddingFunction`.
        size: most rows of each modality.
        seed: another one takes other rows.
    Returns:
        An estimator; `.calibration(embedder_of(collection).model_fingerprint)` makes the calibration.
    Raises:
        InvalidInputError: size is below 1.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store does not answer, or the collection is not one of ours.
    """
    with _rows_of(collection, "sample_collection") as (store, embedder):
        return stored.estimate(store, embedder, size, seed)


def find_duplicates(
    collection: chromadb.Collection,
    *,
    threshold: float = 0.95,
    modality: Modality = "image",
    block: int = 1024,
    show_progress: bool = False,
) -> list[Duplicates]:
    """Group the pictures, or the passages, of a collection that are nearly the same; nothing is changed.

    The threshold is a cosine of raw vectors, also where the collection is calibrated: those vectors are taken
    back to raw first, so both give the same groups. Every row is compared with every other one, so time grows
    with the square of their number. The vectors lie in a temporary file (4 bytes x N x D; the variable
    TMPDIR says where) and memory holds the ids, a page of rows, and what `clip_embeddings.find_duplicates`
    takes for its blocks.

    Args:
        collection: filled by `ingest` or `add_items`, which write each row's modality; rows without one are
            left out.
        threshold: least cosine of a pair, above 0; docs/tasks/retrieval.md has figures.
        modality: "image" or "text"; a picture and a text are never compared.
        block: rows compared at once.
        show_progress: show a bar while rows are read.
    Returns:
        Groups in the order of their first id.
    Raises:
        InvalidInputError: unknown modality, a threshold or block out of range.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store does not answer.
    """
    with _rows_of(collection, "find_duplicates") as (store, embedder):
        return stored.find_duplicates(
            store, embedder, threshold=threshold, modality=modality, block=block, show_progress=show_progress
        )


def draw_rows(collection: chromadb.Collection, modality: Modality, size: int, seed: int) -> Embeddings:
    """Raw unit vectors of up to `size` rows of one modality: float32 (n, D), the same for the same seed."""
    with _rows_of(collection, "draw_rows") as (store, embedder):
        return stored.draw_rows(store, embedder, modality, size, seed)


@contextmanager
def _rows_of(collection: chromadb.Collection, called: str) -> Iterator[tuple[ChromaRows, CLIPEmbedder]]:
    refuse_async(collection, called)
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    with store_errors(f"read the collection {collection.name!r}", "Check that the store is there"):
        yield ChromaRows(collection, embedder.dimension), embedder
