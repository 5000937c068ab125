"""What is compared: ways to bring texts and pictures into one ranking. Imports numpy and calibrations.

A method scores rows of one list, or merges two lists that were searched one modality at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.mixed.calibrations import estimated
from benchmarks.mixed.data import Pairs, Queries
from benchmarks.mixed.hubs import nearness, with_hubs
from benchmarks.mixed.metrics import DEPTH, Bools, best
from clip_embeddings import ModalityCalibration
from clip_embeddings.types import Embeddings, Modality

Scores = NDArray[np.float32]
Score = Callable[[Queries, Pairs], Scores]
Merge = Callable[[Scores, Scores, Bools], Scores]
RAW, SHIPPED = "raw", "centring + levels"
_RRF = 60
_HUB_ROWS, _HUB_WEIGHT = 32, 0.75


@dataclass(frozen=True)
class Method:
    """One way to rank.

    Attributes:
        name: as tables show it.
        score: queries and rows -> (Q, R), higher is nearer.
        merge: that score, the raw cosine (both (Q, C)) and which rows are pictures -> the score that
            ranks, minus infinity for rows that two filtered queries never fetched. None: one list.
    """

    name: str
    score: Score
    merge: Merge | None = None


def methods(sample: Pairs, model: str) -> list[Method]:
    """All of them, from one calibration split."""
    centring, levels = estimated(sample, model, level=False), estimated(sample, model)
    return [
        Method(RAW, raw),
        Method("two queries, RRF", raw, _reciprocal_ranks),
        Method("two queries, z-scores", z_scores(sample), _fetched),
        Method("query projection", projected(levels)),
        Method("centring", calibrated(centring)),
        Method("centring + hub bias", hub_biased(centring, sample)),
        Method("two queries, calibrated scores", calibrated(levels), _fetched),
        Method("levels + hubs inside", with_hubs(levels, sample)),
        Method(SHIPPED, calibrated(levels)),
    ]


def raw(queries: Queries, pairs: Pairs) -> Scores:
    """Cosines as the model gives them."""
    cosines: Scores = queries.vectors @ pairs.rows.T
    return cosines


def calibrated(calibration: ModalityCalibration) -> Score:
    """Cosines of calibrated vectors."""

    def score(queries: Queries, pairs: Pairs) -> Scores:
        asked = calibration.apply(queries.vectors, queries.modality, "query")
        return asked @ pairs.moved(calibration.apply).T

    return score


def projected(calibration: ModalityCalibration) -> Score:
    """Cosines of raw rows with queries that lost their part along the gap."""

    def score(queries: Queries, pairs: Pairs) -> Scores:
        return calibration.project(queries.vectors) @ pairs.rows.T

    return score


def z_scores(sample: Pairs) -> Score:
    """Raw cosines, minus the mean and over the deviation of random pairs of those modalities.

    Source: arXiv 2511.22141, with the statistics of the calibration split.
    """

    def score(queries: Queries, pairs: Pairs) -> Scores:
        asked = _bank(sample, queries.modality)
        texts, pictures = asked @ sample.texts.T, asked @ sample.pictures.T
        cosines = queries.vectors @ pairs.rows.T
        scores: Scores = np.where(
            pairs.picture,
            (cosines - pictures.mean()) / pictures.std(),
            (cosines - texts.mean()) / texts.std(),
        )
        return scores

    return score


def hub_biased(calibration: ModalityCalibration, sample: Pairs) -> Score:
    """Calibrated cosines, less a share of what each row scores with the queries nearest to it.

    Source: NNN, arXiv 2410.24114, on centred vectors.
    """

    def score(queries: Queries, pairs: Pairs) -> Scores:
        rows = pairs.moved(calibration.apply)
        bank = calibration.apply(_bank(sample, queries.modality), queries.modality, "query")
        bias = nearness(rows, bank, _HUB_ROWS)
        asked = calibration.apply(queries.vectors, queries.modality, "query")
        scores: Scores = asked @ rows.T - np.float32(_HUB_WEIGHT) * bias
        return scores

    return score


def _bank(sample: Pairs, modality: Modality) -> Embeddings:
    """Calibration queries of a modality; its documents where there are none."""
    banks = [each.vectors for each in sample.queries.values() if each.modality == modality]
    return banks[0] if banks else (sample.texts if modality == "text" else sample.pictures)


def _lists(raw: Scores, picture: Bools) -> Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The ten nearest of each modality that is there: (queries, columns), each (Q, up to 10)."""
    found = []
    for columns in (np.flatnonzero(~picture), np.flatnonzero(picture)):
        if columns.size:
            top = columns[best(raw[:, columns], min(DEPTH, columns.size))]
            found.append((np.arange(len(raw))[:, None], top))
    return found


def _reciprocal_ranks(scores: Scores, raw: Scores, picture: Bools) -> Scores:
    """1 / (60 + rank) in either list. Equal ranks meet at once: a seeded draw says which comes first."""
    merged = np.full_like(raw, -np.inf, dtype=np.float32)
    draws = np.random.default_rng(0)
    for rows, columns in _lists(raw, picture):
        ranks = np.arange(columns.shape[1])[None, :] + draws.random((len(raw), 1)) * 1e-3
        merged[rows, columns] = 1 / (_RRF + 1 + ranks)
    return merged


def _fetched(scores: Scores, raw: Scores, picture: Bools) -> Scores:
    """The score, of the rows that either query fetched."""
    merged = np.full_like(scores, -np.inf)
    for rows, columns in _lists(raw, picture):
        merged[rows, columns] = scores[rows, columns]
    return merged
