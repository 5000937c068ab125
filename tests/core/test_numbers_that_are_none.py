"""Vectors with numbers that are none, and settings that mean nothing, are refused before they answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clip_embeddings import (
    CLIPEmbedder,
    InvalidInputError,
    LinearProbe,
    ModalityCalibration,
    TipAdapter,
    ZeroShotClassifier,
    cosine_similarity,
    find_duplicates,
    l2_normalize,
    token_states,
)

LABELS = ["cat", "dog"]


@pytest.fixture(scope="module")
def vectors(tiny: CLIPEmbedder) -> Any:
    return tiny.embed_texts(["a cat", "a dog", "a cat at night", "two dogs"])


def spoilt(vectors: Any, value: float) -> Any:
    copy = vectors.copy()
    copy[2, 5] = value
    return copy


USES: dict[str, Callable[[CLIPEmbedder, Any, Any], Any]] = {
    "labels_of": lambda tiny, good, bad: ZeroShotClassifier(tiny, LABELS).labels_of(bad),
    "probabilities_of": lambda tiny, good, bad: ZeroShotClassifier(tiny, LABELS).probabilities_of(bad),
    "labels_of under a threshold": lambda tiny, good, bad: ZeroShotClassifier(
        tiny, LABELS, min_cosine=0.9
    ).labels_of(bad),
    "a probe's fit": lambda tiny, good, bad: LinearProbe(tiny).fit_vectors(bad, LABELS * 2),
    "a probe's answer": lambda tiny, good, bad: (
        LinearProbe(tiny).fit_vectors(good, LABELS * 2).probabilities_of(bad)
    ),
    "an adapter's fit": lambda tiny, good, bad: TipAdapter(ZeroShotClassifier(tiny, LABELS)).fit_vectors(
        bad, LABELS * 2
    ),
    "an adapter's answer": lambda tiny, good, bad: (
        TipAdapter(ZeroShotClassifier(tiny, LABELS)).fit_vectors(good, LABELS * 2).labels_of(bad)
    ),
    "cosine_similarity": lambda tiny, good, bad: cosine_similarity(good, bad),
    "l2_normalize": lambda tiny, good, bad: l2_normalize(bad),
    "find_duplicates": lambda tiny, good, bad: find_duplicates(bad),
}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("use", USES)
def test_what_takes_vectors_refuses_a_row_that_is_not_finite(
    tiny: CLIPEmbedder, vectors: Any, use: str, value: float
) -> None:
    with pytest.raises(InvalidInputError, match=r"vectors\[2\].* finite"):
        USES[use](tiny, vectors, spoilt(vectors, value))


def test_a_calibration_refuses_it_too(reference: ModalityCalibration, vectors: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"vectors\[2\]"):
        reference.apply(spoilt(vectors, np.nan), "text")


@pytest.mark.parametrize("given", [[["a", "b"]], [[1.0, 2.0], [3.0]], object()])
def test_what_is_no_array_of_numbers_is_named_as_that(given: Any) -> None:
    with pytest.raises(InvalidInputError, match="got what is no array of numbers"):
        l2_normalize(given)


def test_settings_that_are_no_numbers_are_refused(tiny: CLIPEmbedder) -> None:
    words = ZeroShotClassifier(tiny, LABELS)
    makers: dict[str, Callable[[], Any]] = {
        "c": lambda: LinearProbe(tiny, c=float("inf")),
        "alpha": lambda: TipAdapter(words, alpha=float("nan")),
        "beta": lambda: TipAdapter(words, beta=float("inf")),
        "templates": lambda: ZeroShotClassifier(tiny, LABELS, templates=3),  # type: ignore[arg-type]
        "token_states: got layer": lambda: token_states(tiny, ["a"], layer="x"),  # type: ignore[arg-type]
        "duplicates": lambda: ZeroShotClassifier(tiny, LABELS, duplicates="keep"),  # type: ignore[arg-type]
    }
    for name, make in makers.items():
        with pytest.raises(InvalidInputError, match=name):
            make()


def test_a_probe_is_at_the_optimum_of_scikit_learn(tiny: CLIPEmbedder) -> None:
    """Its default tolerance stops well before it where the penalty is weak."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    rows = l2_normalize(rng.normal(size=(120, tiny.dimension)) + 2)
    names = [str(number % 4) for number in range(120)]
    probe = LinearProbe(tiny, c=1000.0).fit_vectors(rows[:90], names[:90])
    exact = LogisticRegression(C=1000.0, max_iter=100_000, tol=1e-11).fit(rows[:90].astype(float), names[:90])
    order = [list(exact.classes_).index(label) for label in probe.labels]
    expected = exact.predict_proba(rows[90:].astype(float))[:, order]
    assert np.abs(probe.probabilities_of(rows[90:]) - expected).max() < 0.005


def test_labels_that_are_one_can_be_merged(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    """As in OpenAI's own 1,000 names for ImageNet."""
    names = ["missile", "cat", "sunglasses", "Missile", "sunglasses "]
    with pytest.raises(InvalidInputError, match='make them one class with duplicates="merge"'):
        ZeroShotClassifier(tiny, names)
    merged = ZeroShotClassifier(tiny, names, duplicates="merge")
    assert merged.labels == ("missile", "cat", "sunglasses")
    plain = ZeroShotClassifier(tiny, ["missile", "cat", "sunglasses"])
    assert np.array_equal(merged.class_vectors, plain.class_vectors)
    merged.save(tmp_path / "classes.json")
    assert json.loads((tmp_path / "classes.json").read_text())["labels"] == list(plain.labels)
    assert ZeroShotClassifier.load(tmp_path / "classes.json", tiny).labels == plain.labels
