"""ModalityCalibration: the mathematics of moving vectors, and of taking that back."""

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scene_vectors import documents, measured, queries

from clip_embeddings import InvalidInputError, ModalityCalibration, l2_normalize
from clip_embeddings.calibration.kinds import PICTURES, TEXTS
from clip_embeddings.types import Embeddings, Modality

MODALITIES: tuple[Modality, ...] = get_args(Modality)


@pytest.fixture(scope="module", params=["centred", "with levels"])
def calibration(request: pytest.FixtureRequest) -> ModalityCalibration:
    """Measured on 300 scenes of the bundled model."""
    return measured().calibration("model", level=request.param == "with levels")


@pytest.fixture(scope="module")
def levelled() -> ModalityCalibration:
    return measured().calibration("model")


@st.composite
def random_calibrations(draw: st.DrawFn) -> tuple[ModalityCalibration, Embeddings]:
    """Any means and levels that are allowed, in any dimension, and unit rows."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([2, 3, 24, 128, 512]))
    lengths = draw(st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)))
    units = l2_normalize(random.normal(size=(2, size)))
    means = {kind: units[i] * np.float32(lengths[i]) for i, kind in enumerate((TEXTS, PICTURES))}
    levels = {TEXTS: draw(st.floats(-0.9, 0.9)), PICTURES: draw(st.floats(-0.9, 0.9))}
    counts = dict.fromkeys(means, 300)
    return ModalityCalibration("model", means, counts, levels), l2_normalize(random.normal(size=(20, size)))


@pytest.mark.parametrize("modality", MODALITIES)
def test_documents_come_back_exactly(calibration: ModalityCalibration, modality: Modality) -> None:
    raw = documents(modality)
    moved = calibration.apply(raw, modality)
    assert np.abs(moved - raw).max() > 0.05
    np.testing.assert_allclose(calibration.invert(moved, modality), raw, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(random_calibrations(), st.sampled_from(MODALITIES))
def test_any_unit_rows_come_back_from_any_calibration(
    made: tuple[ModalityCalibration, Embeddings], modality: Modality
) -> None:
    calibration, rows = made
    # The nearer mean and level are to 1, the more float32 loses; 0.9 is beyond what any model has.
    np.testing.assert_allclose(
        calibration.invert(calibration.apply(rows, modality), modality), rows, atol=2e-5
    )


@settings(deadline=None, max_examples=60)
@given(random_calibrations(), st.sampled_from(MODALITIES), st.sampled_from(["document", "query"]))
def test_rows_stay_float32_and_of_unit_length_in_their_order(
    made: tuple[ModalityCalibration, Embeddings], modality: Modality, role: Any
) -> None:
    calibration, rows = made
    moved = calibration.apply(rows, modality, role)
    assert moved.shape == rows.shape
    assert moved.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(calibration.apply(rows[3:4], modality, role), moved[3:4], atol=1e-6)
    assert calibration.apply(rows[:0], modality, role).shape == (0, rows.shape[1])


def test_the_given_vectors_are_not_written_to(levelled: ModalityCalibration) -> None:
    raw = documents("text").copy()
    levelled.apply(raw, "text")
    levelled.apply(raw, "text", "query")
    levelled.invert(raw, "text")
    levelled.project(raw)
    np.testing.assert_array_equal(raw, documents("text"))


def test_centring_puts_both_modalities_on_one_mean_and_levels_part_them_along_the_gap_alone() -> None:
    raw = documents("image").mean(axis=0) - documents("text").mean(axis=0)
    assert np.linalg.norm(raw) > 0.7
    for level in (False, True):
        made = measured().calibration("model", level=level)
        texts, pictures = (made.apply(documents(kind), kind).mean(axis=0) for kind in ("text", "image"))
        apart = pictures - texts
        along = float(apart @ made.direction)
        across = np.linalg.norm(apart - along * made.direction)
        assert across < 0.1
        assert (abs(along) > 0.3) is level
        # A text query has no part along the gap: it sees nothing of that.
        found = made.apply(queries("text"), "text", "query")
        assert np.abs(found @ made.direction).max() < 1e-6
        assert abs(float((found @ apart).mean())) < 0.02


def test_the_gap_is_the_distance_of_the_means(levelled: ModalityCalibration) -> None:
    apart = levelled.means[PICTURES] - levelled.means[TEXTS]
    assert levelled.gap == pytest.approx(float(np.linalg.norm(apart)), abs=1e-6)
    np.testing.assert_allclose(levelled.direction * levelled.gap, apart, atol=1e-6)
    raw = documents("image").mean(axis=0) - documents("text").mean(axis=0)
    assert levelled.gap == pytest.approx(float(np.linalg.norm(raw)), abs=0.05)


def test_a_projected_query_scores_the_two_mean_documents_alike(levelled: ModalityCalibration) -> None:
    found = levelled.project(queries("text"))
    np.testing.assert_allclose(found @ levelled.means[TEXTS], found @ levelled.means[PICTURES], atol=1e-6)

    def offset(rows: Embeddings) -> float:
        return float((rows @ documents("image").T).mean() - (rows @ documents("text").T).mean())

    assert offset(queries("text")) < -0.2
    assert abs(offset(found)) < 0.02


def test_without_a_gap_nothing_is_projected_off() -> None:
    mean = np.full(4, 0.2, np.float32)
    same = ModalityCalibration("model", {TEXTS: mean, PICTURES: mean}, {}, {})
    rows = l2_normalize(np.eye(4) + 0.1)
    assert same.gap == 0
    np.testing.assert_allclose(same.project(rows), rows, atol=1e-6)
    np.testing.assert_allclose(same.invert(same.apply(rows, "text"), "text"), rows, atol=1e-6)


def test_queries_of_a_kind_without_a_mean_are_centred_as_documents_are(
    calibration: ModalityCalibration,
) -> None:
    assert ("query", "image") not in calibration.means
    means = {**calibration.means, ("query", "image"): calibration.means[PICTURES]}
    given = replace(calibration, means=means)
    rows = queries("image")
    np.testing.assert_array_equal(
        calibration.apply(rows, "image", "query"), given.apply(rows, "image", "query")
    )


@pytest.mark.parametrize(
    ("rows", "modality", "role", "message"),
    [
        (np.eye(3), "text", "document", r"shape \(3, 3\); expected \(N, 128\)"),
        (np.zeros(128), "text", "document", r"shape \(128,\); expected \(N, 128\)"),
        (np.eye(128), "video", "document", "modality 'video'; expected one of .*'text', 'image'"),
        (np.eye(128), "text", "answer", "role 'answer' and modality 'text'; expected one of .*'document'"),
    ],
)
def test_what_cannot_be_moved_is_refused(
    levelled: ModalityCalibration, rows: Any, modality: Any, role: Any, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        levelled.apply(rows, modality, role)
    if role == "document":
        with pytest.raises(InvalidInputError, match=message):
            levelled.invert(rows, modality)
