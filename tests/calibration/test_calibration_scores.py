"""Calibrated scores: how levels are chosen, what they do to an order, and percentiles."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from scene_vectors import MEASURED, documents, measured, queries, scene_vectors

from clip_embeddings import CalibrationEstimator, InvalidInputError, ModalityCalibration
from clip_embeddings.calibration.kinds import PICTURES, TEXTS
from clip_embeddings.calibration.levels import MOST_RATIO, MOST_SHIFT
from clip_embeddings.types import Modality

MODALITIES: tuple[Modality, ...] = get_args(Modality)
PAIRS = [(query, document) for query in MODALITIES for document in MODALITIES]


@pytest.fixture(scope="module")
def levelled() -> ModalityCalibration:
    """Measured on 300 scenes of the bundled model."""
    return measured().calibration("model")


def scores(calibration: ModalityCalibration, query: Modality, document: Modality) -> NDArray[np.float32]:
    """Calibrated cosines (150, 150) of queries with documents of other scenes; those of its own are NaN."""
    cosines: NDArray[np.float32] = (
        calibration.apply(queries(query), query, "query") @ calibration.apply(documents(document), document).T
    )
    np.fill_diagonal(cosines, np.nan)
    return cosines


def agreement(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Kendall's tau of each row of a with that of b: (N, M), (N, M) -> (N,)."""
    left, right = np.triu_indices(a.shape[1], 1)
    signs = np.sign(a[:, left] - a[:, right]) * np.sign(b[:, left] - b[:, right])
    taus: NDArray[np.float64] = signs.mean(axis=1, dtype=np.float64)
    return taus


def test_a_level_turns_no_score_of_a_text_query_to_the_other_side(levelled: ModalityCalibration) -> None:
    """Exactly: centred score / |c + level gap|, a factor of the document that is the same for all queries."""
    centred = replace(levelled, levels={})
    asked = centred.apply(queries("text"), "text", "query")
    before = asked.astype(np.float64) @ centred.apply(documents("text"), "text").T
    after = asked.astype(np.float64) @ levelled.apply(documents("text"), "text").T
    far = np.abs(before) > 0.05  # from a division of near-zeros nothing is to be seen
    factors = np.where(far, after, np.nan) / before
    np.testing.assert_allclose(np.nanmin(factors, axis=0), np.nanmax(factors, axis=0), rtol=1e-4)
    assert np.nanmin(factors) > 0.7
    assert np.nanmedian(factors) < 0.9


@pytest.mark.parametrize(("query", "document"), PAIRS)
def test_levels_hardly_change_an_order_inside_a_modality(
    levelled: ModalityCalibration, query: Modality, document: Modality
) -> None:
    """Not exactly: the factor of each document is a little its own. Measured: tau 0.956 to 1 on average."""
    centred = replace(levelled, levels={})
    before, after = (np.nan_to_num(scores(each, query, document), nan=-2) for each in (centred, levelled))
    assert agreement(before, after).mean() > 0.94
    best = [set(np.argsort(-rows, axis=1)[i, :10]) for rows in (before, after) for i in range(len(rows))]
    shared = [len(a & b) for a, b in zip(best[: len(before)], best[len(before) :], strict=True)]
    assert np.mean(shared) > 9


@pytest.mark.parametrize(("query", "document"), PAIRS)
def test_the_percentile_keeps_the_order_of_a_modality_and_runs_from_0_to_100(
    levelled: ModalityCalibration, query: Modality, document: Modality
) -> None:
    along = levelled.percentile(np.linspace(-1.2, 1.2, 3001), query, document)
    assert along.dtype == np.float32
    assert (along[0], along[-1]) == (0, 100)
    assert (np.diff(along) >= 0).all()
    quantiles = levelled.scores[query, document].astype(np.float64)
    inside = np.linspace(quantiles[0], quantiles[-1], 500)
    assert (np.diff(levelled.percentile(inside, query, document)) > 0).all()


@pytest.mark.parametrize(("query", "document"), PAIRS)
def test_random_pairs_of_other_scenes_spread_evenly_over_the_percentiles(
    levelled: ModalityCalibration, query: Modality, document: Modality
) -> None:
    """So 90 means: nine of ten random pairs score lower. Measured: 0.016 to 0.018 off."""
    cosines = scores(levelled, query, document)
    shares = np.sort(levelled.percentile(cosines[~np.isnan(cosines)], query, document)) / 100
    expected = (np.arange(len(shares)) + 0.5) / len(shares)
    assert np.abs(shares - expected).max() < 0.05
    matching = np.diag(
        levelled.apply(queries("text"), "text", "query") @ levelled.apply(documents("image"), "image").T
    )
    assert np.median(levelled.percentile(matching, "text", "image")) > 99


def test_a_percentile_has_the_shape_of_its_scores_and_needs_statistics(
    levelled: ModalityCalibration,
) -> None:
    assert levelled.percentile(0.3, "text", "image").shape == ()
    assert levelled.percentile([[0.1, 0.2]], "text", "image").shape == (1, 2)
    only = replace(levelled, scores={("text", "image"): levelled.scores["text", "image"]})
    with pytest.raises(InvalidInputError, match="image -> text; there are: text -> image"):
        only.percentile([0.1], "image", "text")
    with pytest.raises(InvalidInputError, match="there are: none"):
        replace(levelled, scores={}).percentile([0.1], "image", "text")


def test_levels_widen_what_scores_narrower_and_centring_alone_has_none() -> None:
    assert measured().calibration("model", level=False).levels == {}
    made = measured().calibration("model")
    assert made.levels[TEXTS] < -0.3  # texts score wider with a text: they are shrunk, away from the pictures
    assert made.levels[PICTURES] == 0
    spreads = [np.nanstd(scores(made, "text", document)) for document in MODALITIES]
    assert spreads[0] / spreads[1] == pytest.approx(1, abs=0.1)


def test_texts_and_pictures_of_different_topics_get_a_level_within_bounds() -> None:
    """Pictures of one topic spread far less than texts of all; the ratio is not taken for the modalities'."""
    vectors, estimator = scene_vectors(MEASURED, 300), CalibrationEstimator()
    one_topic = np.argsort(-(vectors.pictures @ vectors.pictures[0]))[:60]
    estimator.add(vectors.texts, "text")
    estimator.add(vectors.queries, "text", "query")
    estimator.add(vectors.pictures[one_topic], "image")
    levels = estimator.calibration("model", minimum=60).levels
    assert levels[TEXTS] == pytest.approx(-np.sqrt(MOST_RATIO**2 - 1))
    assert -MOST_SHIFT <= levels["query", "image"] < 0
