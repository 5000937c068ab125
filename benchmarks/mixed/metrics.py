"""What counts: NDCG and its kin, exposure of pictures, bootstrap intervals. Imports numpy only.

Every list is a row of column numbers, best first, with NOTHING where it ends early.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

DEPTH = 10
NOTHING = -1
_GAINS = 1 / np.log2(np.arange(DEPTH) + 2)
_IDEAL = np.concatenate([[0.0], np.cumsum(_GAINS)])

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Columns = NDArray[np.int64]


def best(scores: NDArray[np.float32], depth: int = DEPTH) -> Columns:
    """Columns of the highest scores of each row, best first: (Q, C) -> (Q, depth).

    A score of minus infinity is no candidate.
    """
    queries, columns = scores.shape
    kept = min(depth, columns)
    top = np.argpartition(-scores, kept - 1, axis=1)[:, :kept]  # (Q, C) -> (Q, kept)
    values = np.take_along_axis(scores, top, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    top, values = np.take_along_axis(top, order, axis=1), np.take_along_axis(values, order, axis=1)
    padded = np.full((queries, depth), NOTHING, np.int64)
    padded[:, :kept] = np.where(np.isneginf(values), NOTHING, top)
    return padded


@dataclass(frozen=True)
class Judged:
    """Ranked lists of Q queries, judged one by one.

    Attributes:
        ndcg: (Q,) NDCG@10; its ideal ranks all relevant rows, also those that were not retrieved. NaN for a
            query without any.
        first: (Q,) whether the first row is relevant (R@1).
        found: (Q,) whether any of the ten is (R@10).
        reciprocal: (Q,) 1 / rank of the first relevant one of the ten, or 0 (MRR@10).
        exposure: share of pictures in all lists, over the share of pictures among all relevant rows.
    """

    ndcg: Floats
    first: Floats
    found: Floats
    reciprocal: Floats
    exposure: float


def judge(lists: Columns, relevant: Bools, picture: Bools) -> Judged:
    """Judge ranked lists.

    Args:
        lists: (Q, 10) columns, as `best` gives them.
        relevant: (Q, C) which rows are right for which query.
        picture: (C,) which rows are pictures.
    """
    shown = lists != NOTHING  # (Q, 10)
    hits = np.take_along_axis(relevant, np.where(shown, lists, 0), axis=1) & shown
    wanted = relevant.sum(axis=1)  # (Q,)
    ideal = _IDEAL[np.minimum(wanted, DEPTH)]
    with np.errstate(invalid="ignore"):
        ndcg = np.where(wanted > 0, (hits * _GAINS).sum(axis=1) / ideal, np.nan)
    found = hits.any(axis=1)
    return Judged(
        ndcg=ndcg,
        first=hits[:, 0].astype(np.float64),
        found=found.astype(np.float64),
        reciprocal=np.where(found, 1 / (hits.argmax(axis=1) + 1), 0.0),
        exposure=exposure(picture[lists[shown]], np.repeat(picture[None], len(lists), 0)[relevant]),
    )


def exposure(shown: ArrayLike, relevant: ArrayLike) -> float:
    """Share of pictures among the rows shown, over their share among the relevant rows; NaN where that is 0.

    Args:
        shown: for each row shown, whether it is a picture.
        relevant: for each relevant row, the same.
    """
    given, due = np.asarray(shown, bool), np.asarray(relevant, bool)
    return float(given.mean() / due.mean()) if given.size and due.any() else float("nan")


def interval(differences: ArrayLike, *, resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of paired differences (n,); NaN are left out.

    Queries of one pair are not independent: give one difference a pair.
    """
    values = np.asarray(differences, np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def mean(values: ArrayLike) -> float:
    """Mean of what is not NaN; NaN if all is."""
    numbers = np.asarray(values, np.float64)
    numbers = numbers[~np.isnan(numbers)]
    return float(numbers.mean()) if numbers.size else float("nan")
