"""A method that was tried and is no default: hubs held back inside vectors of the same length.

    x" = unit(x' + bias(u) * spare)                     of a row; u is x' without its part along spare
    q" = unit(q' + along * spare + shift(q') * gap)     of a query, which has no other part along either

    bias(u)   = weight / along * min(0, usual - nearness of u to typical texts)    usual: of its modality
    shift(q') = what brings the nearest typical texts and pictures to one score, as far as it is no noise

So a score is nearly q . x less what the row is too near, as one plain cosine, and neither modality is ahead
for what a query is like. `spare` is where vectors are shortest; the bias depends on u alone, which x" still
shows, so it could be taken back. A row far from all typical texts gains nothing: what is stored later may be
about other things. Source: the bias is that of NNN (arXiv 2410.24114).

Imports numpy and calibrations.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.mixed.data import Pairs, Queries
from clip_embeddings import ModalityCalibration
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.types import Embeddings, Modality

_WEIGHT, _ALONG, _MOST_BIAS, _MOST_SHIFT = 0.75, 0.3, 0.9, 0.5
_HUBS_ONE_IN, _TOP_ONE_IN = 64, 32  # typical texts, and of either modality, that are looked at
_NOISE = 1.5  # standard deviations of what typical texts prefer

Floats = NDArray[np.float32]


class Hubs:
    """Measured on a calibration split, on top of a calibration with levels."""

    def __init__(self, levelled: ModalityCalibration, sample: Pairs) -> None:
        self.levelled = levelled
        stored: dict[Modality, Floats] = {
            "text": levelled.apply(sample.texts, "text"),
            "image": levelled.apply(sample.pictures, "image"),
        }
        gap = levelled.direction
        self.spare = _shortest(np.concatenate(list(stored.values())), gap)
        self.bank = {name: _across(_across(rows, gap), self.spare) for name, rows in stored.items()}
        self.levels = {name: float((rows @ gap).mean()) for name, rows in stored.items()}
        self.usual = {name: float(self._crowded(rows).mean()) for name, rows in stored.items()}
        self.noise = _NOISE * float(self._preference(self.bank["text"]).std())

    def store(self, vectors: Embeddings, modality: Modality) -> Floats:
        """Raw rows as a store would have them."""
        rows = self.levelled.apply(vectors, modality)
        bias = _WEIGHT / _ALONG * (self.usual[modality] - self._crowded(rows))
        return l2_normalize(rows + np.outer(np.clip(bias, -_MOST_BIAS, 0), self.spare))

    def ask(self, queries: Queries) -> Floats:
        """Queries as a store would be asked."""
        asked = self.levelled.apply(queries.vectors, queries.modality, "query")
        asked = _across(_across(asked, self.levelled.direction), self.spare)
        along = np.float32(_ALONG if queries.modality == "text" else 0.0)
        return l2_normalize(
            asked + along * self.spare + np.outer(self._shifts(asked, queries), self.levelled.direction)
        )

    def _shifts(self, asked: Floats, queries: Queries) -> Floats:
        apart = self.levels["text"] - self.levels["image"]
        if abs(apart) < 0.02:
            return np.zeros(len(asked), np.float32)
        noise = self.noise if queries.modality == "text" else 0.0  # a picture prefers pictures far beyond it
        prefers = self._preference(asked)
        certain = prefers**2 / np.maximum(prefers**2 + noise**2, 1e-12)
        shifts: Floats = np.clip(prefers * certain / apart, -_MOST_SHIFT, _MOST_SHIFT).astype(np.float32)
        return shifts

    def _preference(self, asked: Floats) -> Floats:
        tops = {
            name: _near(asked, rows, _TOP_ONE_IN) * np.sqrt(1 - self.levels[name] ** 2)
            for name, rows in self.bank.items()
        }
        prefers: Floats = tops["image"] - tops["text"]
        return prefers

    def _crowded(self, rows: Floats) -> Floats:
        """How near rows are to typical texts: (R, D) -> (R,)."""
        return _near(_across(rows, self.spare), self.bank["text"], _HUBS_ONE_IN)


def with_hubs(levelled: ModalityCalibration, sample: Pairs) -> Callable[[Queries, Pairs], Floats]:
    """The score of the method."""
    hubs = Hubs(levelled, sample)

    def score(queries: Queries, pairs: Pairs) -> Floats:
        scores: Floats = hubs.ask(queries) @ pairs.moved(hubs.store).T
        return scores

    return score


def _near(rows: Floats, bank: Floats, one_in: int) -> Floats:
    return nearness(rows, bank, max(1, len(bank) // one_in), but_first=True)


def nearness(rows: Floats, bank: Floats, kept: int, *, but_first: bool = False) -> Floats:
    """Mean cosine of each row with those of a bank that are nearest to it: (R, D), (B, D) -> (R,).

    Args:
        kept: how many of them, if there are as many.
        but_first: leaves the nearest one out, which may be the row itself.
    """
    kept = min(kept, len(bank) - but_first)
    nearest = np.partition(rows @ bank.T, len(bank) - kept - but_first, axis=1)[:, -kept - but_first :]
    mean: Floats = (nearest.sum(axis=1) - nearest.max(axis=1)) / kept if but_first else nearest.mean(axis=1)
    return mean


def _across(rows: Floats, direction: Floats) -> Floats:
    """Rows without their part along it, as unit rows."""
    return l2_normalize(rows - np.outer(rows @ direction, direction))


def _shortest(rows: Floats, gap: Floats) -> Floats:
    """The unit direction across the gap in which rows are shortest."""
    across = (rows - np.outer(rows @ gap, gap)).astype(np.float64)
    moments = across.T @ across / len(rows) + np.outer(gap, gap)  # the gap itself is not to be chosen
    shortest: Floats = np.linalg.eigh(moments)[1][:, 0].astype(np.float32)
    return shortest
