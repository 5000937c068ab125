"""explain: the modality gap of a collection in numbers. Imports chromadb and the public core."""

from collections.abc import Sequence
from os import PathLike

import chromadb

from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from chroma_clip_embeddings.collection.sampling import draw_rows
from clip_embeddings import GapReport, InvalidInputError, ModalityCalibration, explain_vectors
from clip_embeddings.types import Modality

_MODALITIES: tuple[Modality, Modality] = ("text", "image")


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
    refuse_async(collection, "explain")
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    if size < 1:
        raise InvalidInputError(f"size: got {size}; expected at least 1")
    shown = (embedder if calibration is None else embedder.with_calibration(calibration)).calibration
    asked = embedder.with_calibration(None).embed_texts(queries, role="query")
    drawn = {name: draw_rows(collection, name, size, seed) for name in _MODALITIES}
    try:
        return explain_vectors(
            drawn["text"], drawn["image"], text_queries=asked if len(asked) else None, calibration=shown
        )
    except InvalidInputError as error:
        raise InvalidInputError(f"collection {collection.name!r}: {error}") from error
