"""Levels and score statistics, from a sample of raw vectors of each kind.

Imports numpy and the modules beside it.

Centred texts score wider with a text than pictures do (they share its tower's noise), so wrong texts still
crowd the top. A document of the wider modality therefore gets a part along the gap, where no text query has
any: its cosine with every one shrinks by one factor, 1 / |c + level gap|. That is about 1 / sqrt(1 + level^2)
= 1 / r, so level = sqrt(r^2 - 1). The factor differs a little between documents (c has a small part along the
gap itself), so the order inside the modality stays in the main, not to the last place: Kendall's tau 0.986 on
the bundled model's full captions.

The factor is chosen for text queries. A picture query gets a part of its own along the gap: it shifts the
scores of the modality with a level by about one number, such that both modalities are as often among the
best.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration.kinds import PICTURES, TEXTS, Kind, Pair
from clip_embeddings.calibration.modality import GRID, ModalityCalibration
from clip_embeddings.types import Modality

Samples = Mapping[Kind, NDArray[np.float32]]
# Where texts and pictures are about different things, the ratio is too large by what differs between the
# topics (1.5 was seen where 1.15 is right): more than this is not believed.
MOST_RATIO = 1.2
# Captions are about their own pictures, so theirs is believed; from the root of 2 on nothing could be taken
# back.
MOST_RATIO_OF_PAIRS = 1.4
MOST_SHIFT = 0.3
_TOP = 0.99  # the best one in a hundred random pairs is where searches look
SAME = 0.999  # cosine of two vectors of one item


def levels_of(
    centring: ModalityCalibration, samples: Samples, *, most: float = MOST_RATIO
) -> dict[Kind, float]:
    """What to add along the gap, for both modalities of documents and of queries.

    Args:
        centring: a calibration without levels.
        samples: raw unit rows (n, D) of each kind.
        most: the largest ratio of the spreads that is believed.
    """
    ratio = _spread(centring, samples, ("text", "text")) / _spread(centring, samples, ("text", "image"))
    ratio = min(max(ratio, 1 / most), most)
    # Away from each other: texts lie at the gap's lower end.
    levels: dict[Kind, float] = {
        TEXTS: -round(float(np.sqrt(max(ratio**2 - 1, 0))), 6),
        PICTURES: round(float(np.sqrt(max(ratio**-2 - 1, 0))), 6),
    }
    levelled = replace(centring, levels=levels)
    return {**levels, ("query", "image"): _shift(levelled, samples)}


def scores_of(calibration: ModalityCalibration, samples: Samples) -> dict[Pair, NDArray[np.float32]]:
    """Quantiles of the calibrated cosine of random pairs, for each (query, document) pair of modalities."""
    modalities: tuple[Modality, Modality] = ("text", "image")
    return {
        (query, document): np.quantile(_scores(calibration, samples, (query, document)), GRID).astype(
            np.float32
        )
        for query in modalities
        for document in modalities
    }


def _spread(calibration: ModalityCalibration, samples: Samples, pair: Pair) -> float:
    """Standard deviation of the scores; never 0, so that it can be divided by."""
    return max(float(_scores(calibration, samples, pair).std()), 1e-6)


def _shift(calibration: ModalityCalibration, samples: Samples) -> float:
    """The picture query's part along the gap that evens out both modalities' share of the best scores.

    With s and t along and across the gap, a score is (t . x_across + s x_along) / |(t, s)|; setting the two
    modalities' top quantiles equal gives s / t.
    """
    tops, along = [], []
    for kind in (TEXTS, PICTURES):
        pair: Pair = ("image", kind[1])
        tops.append(float(np.quantile(_scores(calibration, samples, pair), _TOP)))
        documents = calibration.apply(samples[kind], kind[1])
        along.append(float((documents @ calibration.direction).mean()))
    if abs(along[0] - along[1]) < 0.05:  # no levels: nothing to shift by
        return 0.0
    shift = (tops[1] - tops[0]) / (along[0] - along[1])
    return round(float(np.clip(shift, -MOST_SHIFT, MOST_SHIFT)), 6)


def _scores(calibration: ModalityCalibration, samples: Samples, pair: Pair) -> NDArray[np.float32]:
    """Cosines of all queries with all documents of a pair, without those of an item with itself.

    Where no queries were sampled, documents stand in for them.
    """
    query, document = pair
    asked = samples.get(("query", query), samples[("document", query)])
    there = samples[("document", document)]
    cosines = calibration.apply(asked, query, "query") @ calibration.apply(there, document).T  # (n, m)
    if query == document:
        cosines = cosines[asked @ there.T < SAME]
    return cosines.ravel()
