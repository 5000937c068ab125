"""Near-duplicates by blocks are those that brute force finds, in memory that their number hardly moves."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clip_embeddings import DuplicateGroup, InvalidInputError, find_duplicates
from clip_embeddings.tasks.duplicates import similar_pairs


def clustered(seed: int, number: int, dimension: int, clusters: int, spread: float) -> NDArray[np.float32]:
    """Rows of any length around a few directions."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, dimension))
    rows = centres[rng.integers(clusters, size=number)] + spread * rng.normal(size=(number, dimension))
    return (rows * rng.uniform(0.1, 10, size=(number, 1))).astype(np.float32)


def cosines_of(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    rows = vectors.astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosines: NDArray[np.float64] = rows @ rows.T
    return cosines


def brute_force(cosines: NDArray[np.float64], threshold: float) -> dict[tuple[int, ...], float]:
    """Groups by walking from row to row, and the lowest cosine of the pairs that are alike in each."""
    alike, seen, groups = cosines >= threshold, set[int](), {}
    for start in range(len(cosines)):
        group, todo = set[int](), [start]
        while todo:
            row = todo.pop()
            if row not in group | seen:
                group.add(row)
                todo += np.flatnonzero(alike[row]).tolist()
        seen |= group
        if len(group) > 1:
            rows = sorted(group)
            inner = cosines[np.ix_(rows, rows)]
            groups[tuple(rows)] = float(inner[inner >= threshold].min())
    return groups


def far_from_any(cosines: NDArray[np.float64], wanted: float) -> float:
    """A threshold near the wanted one in the widest gap there, so that rounding decides nothing."""
    near = np.sort(cosines[np.abs(cosines - wanted) < 0.05])
    values = np.concatenate([[wanted - 0.05], near, [wanted + 0.05]])
    widest = int(np.diff(values).argmax())
    return float(values[widest : widest + 2].mean())


@given(
    seed=st.integers(0, 2**32 - 1),
    number=st.integers(0, 60),
    dimension=st.integers(2, 24),
    clusters=st.integers(1, 12),
    spread=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    wanted=st.sampled_from([0.3, 0.8, 0.94]),
    block=st.integers(1, 70),
)
@settings(deadline=None, max_examples=150, derandomize=True)
def test_the_groups_are_those_of_brute_force_at_any_size_and_block(
    seed: int, number: int, dimension: int, clusters: int, spread: float, wanted: float, block: int
) -> None:
    vectors = clustered(seed, number, dimension, clusters, spread)
    cosines = cosines_of(vectors)
    threshold = far_from_any(cosines, wanted)
    found = find_duplicates(vectors, threshold=threshold, block=block)
    expected = brute_force(cosines, threshold)
    assert [group.rows for group in found] == list(expected)
    np.testing.assert_allclose([group.cosine for group in found], list(expected.values()), atol=1e-5)


def test_each_pair_comes_once_with_its_cosine_whatever_the_block() -> None:
    vectors = clustered(1, 100, 16, 8, 0.3)
    cosines = cosines_of(vectors)
    threshold = far_from_any(cosines, 0.8)
    expected = {(i, j) for i, j in np.argwhere(cosines >= threshold).tolist() if i < j}
    assert expected
    for block in (7, 100, 1000):
        parts = list(similar_pairs(vectors, threshold=threshold, block=block))
        first, second, values = (np.concatenate(column) for column in zip(*parts, strict=True))
        assert len(first) == len(expected)
        assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
        np.testing.assert_allclose(values, cosines[first, second], atol=1e-5)


def test_a_chain_is_one_group_though_its_ends_are_less_alike() -> None:
    angles = np.radians([0, 10, 20, 30, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    (group,) = find_duplicates(vectors, threshold=float(np.cos(np.radians(11))), block=2)
    assert group == DuplicateGroup((0, 1, 2, 3), group.cosine)
    assert group.cosine == pytest.approx(np.cos(np.radians(10)))


def test_a_long_chain_in_any_order_is_one_group() -> None:
    """The worst order for a union-find without short cuts."""
    order = np.random.default_rng(5).permutation(500)
    angles = np.radians(order * 0.1)
    vectors: NDArray[np.float64] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    limit = float(np.cos(np.radians(0.15)))
    (group,) = find_duplicates(vectors, threshold=limit, block=64)
    assert group.rows == tuple(range(500))


def test_a_threshold_of_one_finds_rows_of_one_direction_in_any_float_type() -> None:
    rows = np.random.default_rng(0).normal(size=(300, 96))
    rows[200:] = rows[:100] * 3
    for kind in (np.float16, np.float32, np.float64):
        stored: NDArray[Any] = rows[[*range(100, 300), 5]].astype(kind)
        found = find_duplicates(stored, threshold=1.0)
        assert [group.rows for group in found] == [(105, 200)]
    assert len(find_duplicates(rows.astype(np.float32), threshold=1.0)) == 100


def test_rows_of_zeros_and_no_rows_are_alike_nothing() -> None:
    assert find_duplicates(np.zeros((5, 8), np.float32), threshold=1e-3) == []
    assert find_duplicates(np.full((5, 8), 1e-45, np.float32)) == []
    assert find_duplicates(np.zeros((0, 8), np.float32)) == []
    assert find_duplicates(np.ones((1, 8), np.float32)) == []


def test_a_memory_map_is_read_where_it_lies(tmp_path: Path) -> None:
    vectors = clustered(2, 200, 16, 20, 0.05)
    vectors.tofile(tmp_path / "vectors")
    mapped = np.memmap(tmp_path / "vectors", np.float32, "r", shape=vectors.shape)
    found = find_duplicates(mapped, threshold=0.9, block=33)
    assert found
    assert found == find_duplicates(vectors, threshold=0.9, block=33)


@pytest.mark.parametrize(
    ("vectors", "options", "message"),
    [
        (np.ones(4), {}, r"shape \(4,\); expected \(N, D\)"),
        (np.array([[1.0, 2], [np.nan, 1], [np.inf, 1]]), {}, r"vectors\[1\]: .* not finite"),
        (np.ones((2, 2)), {"threshold": 0}, "threshold: got 0"),
        (np.ones((2, 2)), {"threshold": 1.5}, "threshold: got 1.5"),
        (np.ones((2, 2)), {"threshold": float("nan")}, "threshold: got nan"),
        (np.ones((2, 2)), {"block": 0}, "block: got 0"),
        (np.ones((2, 2)), {"block": 2.5}, "block: got 2.5"),
    ],
)
def test_what_cannot_be_compared_is_refused(vectors: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        find_duplicates(vectors, **options)


@pytest.mark.parametrize("alike", [False, True])
def test_memory_stays_within_the_bound_for_any_number_of_rows(tmp_path: Path, alike: bool) -> None:
    """numpy tells tracemalloc what it takes; a memory map is not in it. All alike is the worst case."""
    block, number, dimension = 256, 6000, 32
    vectors = np.random.default_rng(0).normal(size=(1 if alike else number, dimension)).astype(np.float32)
    np.repeat(vectors, number // len(vectors), axis=0).tofile(tmp_path / "vectors")
    mapped = np.memmap(tmp_path / "vectors", np.float32, "r", shape=(number, dimension))
    tracemalloc.start()
    try:
        groups = find_duplicates(mapped, threshold=0.99, block=block)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [len(group.rows) for group in groups] == ([number] if alike else [])
    of_rows, of_blocks = 100 * number, 3 * block * dimension * 8 + 80 * block**2
    assert peak < of_rows + of_blocks, f"{peak / 1e6:.1f} MB"  # all cosines at once: 144 MB
