"""What the rows of a store say as vectors, for any store: drawn at random, their gap, near-duplicates.

Adapters have these of their own collections, by `adapting.of_collection`; docstrings are for both.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest
from itertools import chain
from os import PathLike
from tempfile import TemporaryFile
from typing import IO, get_args

import numpy as np

from clip_embeddings.calibration import (
    CalibrationEstimator,
    GapReport,
    ModalityCalibration,
    explain_vectors,
)
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.sample import SAMPLE_SIZE, check_size
from clip_embeddings.ingestion.store import RowStore
from clip_embeddings.pipeline import progress
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.tasks.duplicates import find_duplicates as find_alike
from clip_embeddings.types import Embeddings, Modality

_PAGE = 500  # vectors asked for at once


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Rows that are alike.

    Attributes:
        ids: two or more, in their order.
        uris: where each comes from; "" for a row without a uri.
        cosine: the lowest raw cosine of the pairs that reach the threshold. Rows are joined one by one, so
            two of a large group may be less alike than that.
    """

    ids: tuple[str, ...]
    uris: tuple[str, ...]
    cosine: float


def draw_rows(
    store: RowStore, embedder: CLIPEmbedder, modality: Modality, size: int, seed: int
) -> Embeddings:
    """Raw unit vectors of up to `size` rows of one modality: float32 (n, D), the same ones for the same seed.

    Every row is as likely as another; the first ones of a collection are often of one folder. Vectors of a
    calibrated collection are taken back to raw.
    """
    _check_modality(modality)
    check_size(size)
    chosen = nsmallest(size, store.ids(modality), key=lambda id: (_place(id, seed), id))
    drawn = [np.zeros((0, embedder.dimension), np.float32)]
    drawn += [vectors for _, vectors in _vectors(store, chosen, modality, embedder.calibration)]
    return np.concatenate(drawn)


def raw_vectors(
    stored: Embeddings, modality: Modality, calibration: ModalityCalibration | None
) -> Embeddings:
    """What the model gave for stored rows: (N, D) -> unit rows (N, D)."""
    rows = l2_normalize(np.asarray(stored, np.float32))
    return calibration.invert(rows, modality) if calibration else rows


def moved_vectors(
    stored: Embeddings,
    modalities: Sequence[str],
    before: ModalityCalibration | None,
    after: ModalityCalibration | None,
) -> Embeddings:
    """Stored vectors (N, D) of these N modalities, from one calibration to another."""
    moved, kinds = np.empty(stored.shape, np.float32), np.array(modalities)
    for modality in get_args(Modality):
        if (here := kinds == modality).any():
            raw = raw_vectors(stored[here], modality, before)
            moved[here] = after.apply(raw, modality) if after else raw
    return moved


def estimate(
    store: RowStore, embedder: CLIPEmbedder, *, size: int = SAMPLE_SIZE, seed: int = 0
) -> CalibrationEstimator:
    """Measure the modality gap on random rows; nothing is embedded.

    Vectors of calibrated rows are made raw again first: they give the same as raw ones of the same content.

    Args:
        store, embedder: where the rows are. Those without a modality, which we write, are left out.
        size: most rows of each modality.
        seed: another one takes other rows.
    Returns:
        An estimator; `.calibration(embedder.model_fingerprint)` makes the calibration.
    Raises:
        InvalidInputError: size is below 1.
        FingerprintMismatchError: the vectors are of another model.
        StoreError: the store does not answer, or the rows are none of ours.
    """
    check_size(size)
    estimator = CalibrationEstimator()
    for modality in get_args(Modality):
        estimator.add(draw_rows(store, embedder, modality, size, seed), modality)
    return estimator


def explain(
    store: RowStore,
    embedder: CLIPEmbedder,
    *,
    queries: Sequence[str] = (),
    size: int = 1000,
    seed: int = 0,
    calibration: ModalityCalibration | str | PathLike[str] | None = None,
) -> GapReport:
    """Measure how far apart stored pictures and texts lie, and what a calibration makes of it.

    Looks at rows that are drawn at random; nothing is written. "before" is what the model gives, also where
    the stored vectors are calibrated. Without queries no weights are loaded.

    Args:
        store, embedder: where the rows are. Those without a modality, which we write, are left out.
        queries: texts that people search for. Without any, stored texts stand in, each without itself;
            pictures always do.
        size: rows of each modality.
        seed: another one draws other rows.
        calibration: what to look through: a ModalityCalibration, the path of one, or "reference". None takes
            the one that the rows are stored under; without it the report has no "after".
    Raises:
        InvalidInputError: fewer than 10 rows of a modality, a calibration that cannot be read.
        FingerprintMismatchError: the vectors or the calibration are of another model.
        StoreError: the store does not answer.
    """
    check_size(size)
    shown = (embedder if calibration is None else embedder.with_calibration(calibration)).calibration
    asked = embedder.with_calibration(None).embed_texts(queries, role="query")
    texts, images = (draw_rows(store, embedder, kind, size, seed) for kind in get_args(Modality))
    return explain_vectors(texts, images, text_queries=asked if len(asked) else None, calibration=shown)


def find_duplicates(
    store: RowStore,
    embedder: CLIPEmbedder,
    *,
    threshold: float = 0.95,
    modality: Modality = "image",
    block: int = 1024,
    show_progress: bool = False,
) -> list[Duplicates]:
    """Group the stored pictures, or passages, that are nearly the same; nothing is changed.

    The threshold is a cosine of raw vectors, also where calibrated ones are stored: those are taken back to
    raw first, so both give the same groups. Every row is compared with every other one, so time grows with
    the square of their number. The vectors lie in a temporary file (4 bytes x N x D; the variable TMPDIR says
    where) and memory holds the ids, a page of rows, and what `clip_embeddings.find_duplicates` takes for its
    blocks.

    Args:
        store, embedder: where the rows are. Those without a modality, which we write, are left out.
        threshold: least cosine of a pair, above 0; docs/tasks/retrieval.md has figures.
        modality: "image" or "text"; a picture and a text are never compared.
        block: rows compared at once.
        show_progress: show a bar while rows are read.
    Returns:
        Groups in the order of their first id.
    Raises:
        InvalidInputError: unknown modality, a threshold or block out of range.
        FingerprintMismatchError: the vectors are of another model.
        StoreError: the store does not answer.
    """
    _check_modality(modality)
    find_alike(np.zeros((0, 1)), threshold=threshold, block=block)  # what is out of range shows at once
    listed = sorted(set(store.ids(modality)))  # in pages: a row written meanwhile may repeat one
    with TemporaryFile() as file:
        pages = _vectors(store, listed, modality, embedder.calibration)
        shown = progress(pages, "Reading rows", -(-len(listed) // _PAGE), show_progress)
        if not (ids := _copied(shown, file)):
            return []
        vectors = np.memmap(file, np.float32, "r", shape=(len(ids), embedder.dimension))
        groups = find_alike(vectors, threshold=threshold, block=block)
        del vectors  # Windows deletes no file that is mapped
    members = [[ids[row] for row in group.rows] for group in groups]
    uris = _uris(store, list(chain.from_iterable(members)))
    return [
        Duplicates(tuple(each), tuple(uris.get(id, "") for id in each), group.cosine)
        for each, group in zip(members, groups, strict=True)
    ]


def _check_modality(modality: object) -> None:
    if modality not in get_args(Modality):
        kinds = ", ".join(get_args(Modality))
        raise InvalidInputError(f"modality: got {modality!r}; expected one of {kinds}")


def _place(id: str, seed: int) -> bytes:
    """Where an id is in the order of a seed, whatever the order of the rows is."""
    return blake2b(f"{seed} {id}".encode(), digest_size=8).digest()


def _vectors(
    store: RowStore, ids: Sequence[str], modality: Modality, calibration: ModalityCalibration | None
) -> Iterator[tuple[list[str], Embeddings]]:
    """Pages of ids that are still there, in their order, and their raw vectors (n, D)."""
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        found = store.get(page, vectors=True)
        place = {id: row for row, id in enumerate(found.ids)}  # the store has an order of its own
        there = [id for id in page if id in place]
        if there and found.vectors is not None:
            stored = found.vectors[[place[id] for id in there]]
            yield there, raw_vectors(stored, modality, calibration)


def _copied(pages: Iterable[tuple[list[str], Embeddings]], file: IO[bytes]) -> list[str]:
    """Write vectors to a file, row by row; returns their ids."""
    kept: list[str] = []
    for ids, vectors in pages:
        file.write(vectors.tobytes())
        kept += ids
    file.flush()
    return kept


def _uris(store: RowStore, ids: Sequence[str]) -> dict[str, str]:
    uris: dict[str, str] = {}
    for start in range(0, len(ids), _PAGE):
        found = store.get(ids[start : start + _PAGE])
        rows = zip(found.ids, found.metadatas, strict=True)
        uris |= {id: str(metadata.get("uri", "")) for id, metadata in rows}
    return uris
