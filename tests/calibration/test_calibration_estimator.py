"""CalibrationEstimator: the same bits however the vectors came, and no calibration from too little."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scene_vectors import MEASURED, measured, scene_vectors

from clip_embeddings import CalibrationEstimator, InvalidInputError, l2_normalize
from clip_embeddings.calibration import MINIMUM
from clip_embeddings.calibration.kinds import PICTURES, TEXTS, Kind
from clip_embeddings.types import Embeddings

ASKED: Kind = ("query", "text")


def estimator_of(texts: Any, pictures: Any, queries: Any = None, **options: Any) -> CalibrationEstimator:
    estimator = CalibrationEstimator(**options)
    estimator.add(texts, "text")
    estimator.add(pictures, "image")
    if queries is not None:
        estimator.add(queries, "text", "query")
    return estimator


def test_means_are_those_of_the_rows_and_counts_say_how_many() -> None:
    vectors = scene_vectors(MEASURED, 300)
    assert measured().counts == {PICTURES: 300, TEXTS: 300, ASKED: 300}
    made = measured().calibration("model", source="300 scenes")
    assert (made.model, made.source, made.counts) == ("model", "300 scenes", measured().counts)
    given = {TEXTS: vectors.texts, PICTURES: vectors.pictures, ASKED: vectors.queries}
    assert made.means.keys() == given.keys()
    for kind, rows in given.items():
        np.testing.assert_allclose(made.means[kind], rows.mean(axis=0, dtype=np.float64), atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_neither_order_nor_batches_nor_merging_change_a_bit(random: Any, workers: int) -> None:
    """A sample smaller than what went by, so that which rows are kept is tested too."""
    vectors = scene_vectors()
    whole = estimator_of(vectors.texts, vectors.pictures, vectors.queries, sample=40)
    parts = [CalibrationEstimator(sample=40) for _ in range(workers)]
    jobs: list[Any] = [(row, "text", "document") for row in vectors.texts]
    jobs += [(row, "image", "document") for row in vectors.pictures]
    jobs += [(row, "text", "query") for row in vectors.queries]
    random.shuffle(jobs)
    while jobs:
        (_, modality, role), size = jobs[0], random.randint(1, 60)
        batch = [job for job in jobs[:size] if job[1:] == (modality, role)]
        jobs = [job for job in jobs[:size] if job[1:] != (modality, role)] + jobs[size:]
        random.choice(parts).add([row for row, *_ in batch], modality, role)
    merged = CalibrationEstimator(sample=40)
    for part in parts:
        merged.merge(part)
    ours, theirs = (each.calibration("model", minimum=2) for each in (merged, whole))
    assert ours.id == theirs.id
    assert ours.to_record() == theirs.to_record()


def test_merged_with_a_smaller_sample_it_is_one_pass_with_that_size() -> None:
    vectors = scene_vectors()
    whole = estimator_of(vectors.texts, vectors.pictures, sample=20)
    larger = estimator_of(vectors.texts[:100], vectors.pictures, sample=40)
    smaller = CalibrationEstimator(sample=20)
    smaller.add(vectors.texts[100:], "text")
    larger.merge(smaller)
    ours, theirs = (each.calibration("model", minimum=2) for each in (larger, whole))
    assert ours.to_record() == theirs.to_record()


def test_merging_leaves_the_other_as_it_was_and_nothing_changes_nothing() -> None:
    vectors = scene_vectors()
    estimator = estimator_of(vectors.texts, vectors.pictures)
    before = estimator.calibration("model", minimum=2)
    estimator.merge(CalibrationEstimator())
    estimator.add(np.zeros((0, 128)), "text")
    assert estimator.calibration("model", minimum=2).to_record() == before.to_record()
    taken = CalibrationEstimator()
    taken.merge(estimator)
    taken.add(vectors.queries, "text")
    assert estimator.counts == {TEXTS: 150, PICTURES: 150}
    assert taken.counts == {TEXTS: 300, PICTURES: 150}
    assert estimator.calibration("model", minimum=2) == before


def test_too_few_are_refused_with_their_number_and_how_far_off_their_mean_is() -> None:
    vectors = scene_vectors()
    estimator = estimator_of(scene_vectors(MEASURED, 300).texts, vectors.pictures)
    with pytest.raises(InvalidInputError) as caught:
        estimator.calibration("model")
    assert str(caught.value) == (
        "150 pictures (document); a calibration needs at least 300. The mean of 150 is off by about 0.07. "
        "Add more, or allow it with minimum=150"
    )
    assert estimator.calibration("model", minimum=150).counts[PICTURES] == 150
    estimator.add(vectors.pictures, "image")
    estimator.add(scene_vectors(MEASURED, 300).queries[:20], "text", "query")
    with pytest.raises(InvalidInputError, match=r"20 texts \(query\); .* at least 300\. .*minimum=20"):
        estimator.calibration("model")
    assert MINIMUM == 300


@pytest.mark.parametrize(
    ("texts", "pictures", "message"),
    [
        (0, 0, r"0 texts \(document\); a calibration needs at least 300\. Add more$"),
        (300, 0, r"0 pictures \(document\); a calibration needs at least 300\. Add more$"),
        (1, 300, r"1 texts .*at least 300\. The mean of 1 is off by about .*Add more$"),
    ],
)
def test_a_modality_that_is_missing_is_named(texts: int, pictures: int, message: str) -> None:
    vectors = scene_vectors(MEASURED, 300)
    with pytest.raises(InvalidInputError, match=message):
        estimator_of(vectors.texts[:texts], vectors.pictures[:pictures]).calibration("model")
    with pytest.raises(InvalidInputError, match="at least 2"):
        estimator_of(vectors.texts[:1], vectors.pictures).calibration("model", minimum=0)


def test_one_item_many_times_is_no_sample() -> None:
    vectors = scene_vectors(MEASURED, 300)
    for texts, pictures, noun in (
        (vectors.texts[:1].repeat(400, axis=0), vectors.pictures, "400 texts"),
        (vectors.texts, vectors.pictures[:1].repeat(400, axis=0), "400 pictures"),
    ):
        with pytest.raises(InvalidInputError, match=rf"all {noun} \(document\) have the same vector"):
            estimator_of(texts, pictures).calibration("model")
    noise = np.random.default_rng(0).normal(0, 1e-4, (400, 128))
    nearly = l2_normalize(vectors.texts[:1] + noise)
    with pytest.raises(InvalidInputError, match="same vector"):
        estimator_of(nearly, vectors.pictures).calibration("model")
    few = vectors.texts[:3].repeat(200, axis=0)
    assert np.isfinite(estimator_of(few, vectors.pictures).calibration("model").levels[TEXTS])


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda to: to.add(2 * np.eye(128), "text"), r"vectors\[0\] has length 2\.000.*l2_normalize"),
        (lambda to: to.add(np.eye(128) * ([1] * 9 + [0.5] * 119), "text"), r"vectors\[9\] has length 0\.500"),
        (lambda to: to.add(np.full((1, 128), np.nan), "text"), r"vectors\[0\] has length nan"),
        (lambda to: to.add(np.full((1, 128), np.inf), "text"), r"vectors\[0\] has length inf"),
        (lambda to: to.add(np.zeros((1, 128)), "text"), r"vectors\[0\] has length 0\.000"),
        (lambda to: to.add(np.eye(12), "text"), "vectors of 12 numbers after some of 128"),
        (
            lambda to: to.merge(estimator_of(np.eye(12), np.eye(12))),
            "vectors of 12 numbers after some of 128",
        ),
        (lambda to: to.add(np.eye(128)[0], "text"), r"shape \(128,\); expected \(N, D\)"),
        (lambda to: to.add(np.eye(128), "video"), "modality 'video'"),
        (lambda to: to.add(np.eye(128), "text", "answer"), "role 'answer'"),
        (lambda to: CalibrationEstimator(sample=1), "sample: got 1; expected at least 2"),
    ],
)
def test_what_is_no_raw_vector_is_refused_and_nothing_of_it_is_kept(
    add: Callable[[CalibrationEstimator], object], message: str
) -> None:
    vectors = scene_vectors()
    estimator = estimator_of(vectors.texts, vectors.pictures)
    before = estimator.calibration("model", minimum=2).to_record()
    with pytest.raises(InvalidInputError, match=message):
        add(estimator)
    assert estimator.counts == {TEXTS: 150, PICTURES: 150}
    assert estimator.calibration("model", minimum=2).to_record() == before


def cone(random: np.random.Generator, center: NDArray[np.float64], count: int) -> Embeddings:
    """Unit rows around a direction, as a modality of CLIP lies."""
    return l2_normalize(center + random.normal(size=(count, len(center))) / np.sqrt(len(center)))


@pytest.mark.parametrize("count", [50, 300])
def test_the_error_that_a_refusal_names_is_the_one_that_happens(count: int) -> None:
    """Over thirty samples of a population whose mean is known."""
    random = np.random.default_rng(5)
    center = np.zeros(64)
    center[0] = 0.8
    true = cone(random, center, 200_000).mean(axis=0, dtype=np.float64)
    errors = []
    for _ in range(30):
        estimator = estimator_of(cone(random, center, count), np.eye(64))
        mean = estimator.calibration("model", minimum=2).means[TEXTS]
        errors.append(float(np.linalg.norm(mean - true)))
    with pytest.raises(InvalidInputError) as caught:
        estimator.calibration("model", minimum=count + 1000)
    said = float(str(caught.value).split("off by about ")[1].split(". ")[0])
    assert said == pytest.approx(np.sqrt((1 - true @ true) / count), abs=0.006)
    assert said == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=0.1, abs=0.006)
