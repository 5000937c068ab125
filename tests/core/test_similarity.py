"""Cosines, unit rows and probabilities, at their edges too."""

import numpy as np
import pytest

from clip_embeddings import InvalidInputError, ScoreFunction, cosine_similarity, l2_normalize, softmax


def test_rows_are_scaled_to_unit_length_and_a_row_of_zeros_stays_zero() -> None:
    rows = l2_normalize([[3.0, 4.0], [0.0, 0.0], [1e-30, 0.0], [-1e30, 1e30]])
    assert rows.dtype == np.float32
    assert np.allclose(rows, [[0.6, 0.8], [0.0, 0.0], [1.0, 0.0], [-(0.5**0.5), 0.5**0.5]])


def test_one_vector_is_one_row() -> None:
    assert l2_normalize([3.0, 4.0]).shape == (1, 2)
    assert cosine_similarity([1, 0], [0, 2]).tolist() == [[0.0]]


def test_cosines_are_of_every_row_with_every_row() -> None:
    cosines = cosine_similarity([[1, 0], [1, 1]], [[2, 0], [0, 5], [-3, 0]])
    assert cosines.shape == (2, 3)
    assert np.allclose(cosines, [[1.0, 0.0, -1.0], [0.5**0.5, 0.5**0.5, -(0.5**0.5)]])


def test_cosines_never_leave_minus_one_to_one() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 512)).astype(np.float32)
    cosines = cosine_similarity(rows, np.concatenate([rows, -rows]))
    assert cosines.max() <= 1
    assert cosines.min() >= -1
    assert cosine_similarity(np.zeros((1, 4)), np.ones((1, 4))).tolist() == [[0.0]]


def test_no_rows_give_no_cosines() -> None:
    assert cosine_similarity(np.zeros((0, 4)), np.ones((3, 4))).shape == (0, 3)


def test_rows_of_different_models_are_refused_with_both_lengths() -> None:
    with pytest.raises(InvalidInputError, match="rows of 128 and 512 numbers cannot be compared"):
        cosine_similarity(np.ones((2, 128)), np.ones((3, 512)))


@pytest.mark.parametrize("shape", [(), (2, 3, 4)])
def test_what_is_no_list_of_vectors_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match=r"expected \(N, D\)"):
        l2_normalize(np.ones(shape))


def test_probabilities_sum_to_one_and_large_logits_do_not_overflow() -> None:
    probabilities = softmax([[0.0, 0.0], [1000.0, 0.0], [-1000.0, -1000.0 + np.log(3)]])
    assert np.allclose(probabilities, [[0.5, 0.5], [1.0, 0.0], [0.25, 0.75]])
    assert probabilities.dtype == np.float32
    assert softmax([1.0, 1.0]).shape == (2,)


def test_a_sigmoid_judges_each_pair_by_itself_and_a_softmax_shares_one() -> None:
    cosines = [[0.3, 0.1], [-0.9, 0.9]]
    sigmoid, shared = ScoreFunction("sigmoid", 100.0, -10.0), ScoreFunction("softmax", 100.0)
    expected = 1 / (1 + np.exp(-(100.0 * np.array(cosines, np.float64) - 10.0)))
    np.testing.assert_allclose(sigmoid.probabilities(cosines), expected, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(shared.probabilities(cosines), softmax(100.0 * np.array(cosines)), rtol=1e-6)


def test_scores_do_not_overflow_at_any_scale() -> None:
    for scale in (1e4, 1e300):
        assert ScoreFunction("sigmoid", scale).probabilities([[-1.0, 1.0]]).tolist() == [[0.0, 1.0]]
