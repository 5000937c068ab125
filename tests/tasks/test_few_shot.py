"""A few examples: the linear probe and the Tip-Adapter, on classes that words confuse."""

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import scene

from benchmarks.quality import few_shot as benchmark
from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    InvalidInputError,
    LinearProbe,
    TipAdapter,
    ZeroShotClassifier,
)
from tools.tiny_model.training_data import VALIDATION_SEED

BROWN = ["dog", "horse", "rabbit"]
Vectors = benchmark.Vectors


@dataclass(frozen=True)
class Brown:
    """Brown animals, which words confuse: 16 examples and 24 tests of each."""

    examples: Vectors
    tests: Vectors


@cache
def drawn() -> Brown:
    model = CLIPEmbedder("tiny", device="cpu", dtype="float32")
    return Brown(
        benchmark.draw(model, benchmark.BROWN, benchmark.EXAMPLE_SEED, 16),
        benchmark.draw(model, benchmark.BROWN, benchmark.TEST_SEED, 24),
    )


@pytest.fixture(scope="module")
def brown(tiny: CLIPEmbedder) -> Brown:
    return drawn()


@pytest.fixture(scope="module")
def words(tiny: CLIPEmbedder) -> ZeroShotClassifier:
    return ZeroShotClassifier(tiny, BROWN)


@pytest.fixture(scope="module")
def probe(tiny: CLIPEmbedder, brown: Brown) -> LinearProbe:
    return LinearProbe(tiny).fit_vectors(brown.examples.rows, brown.examples.labels)


@pytest.fixture(scope="module")
def adapter(words: ZeroShotClassifier, brown: Brown) -> TipAdapter:
    return TipAdapter(words, alpha=100).fit_vectors(brown.examples.rows, brown.examples.labels)


def right(classifier: Any, tests: Vectors) -> float:
    pairs = zip(classifier.labels_of(tests.rows), tests.labels, strict=True)
    return float(np.mean([found == label for found, label in pairs]))


def test_sixteen_examples_tell_apart_what_words_confuse(
    words: ZeroShotClassifier, probe: LinearProbe, adapter: TipAdapter, brown: Brown
) -> None:
    assert right(words, brown.tests) < 0.8
    assert right(probe, brown.tests) > 0.9
    assert right(adapter, brown.tests) > right(words, brown.tests) + 0.05


def test_examples_tests_and_training_have_no_scene_in_common() -> None:
    for task in benchmark.TASKS:
        examples, tests = (
            {each.seed for each in benchmark.scenes_of(task, first, number)}
            for first, number in ((benchmark.EXAMPLE_SEED, 48), (benchmark.TEST_SEED, 100))
        )
        assert max(examples) < min(tests)
        assert max(tests) < VALIDATION_SEED


def test_draws_of_examples_have_none_in_common() -> None:
    labels = ["a"] * 48 + ["b"] * 48
    vectors = Vectors(np.arange(96, dtype=np.float32)[:, None], labels)
    rows = [vectors.part(draw, 16).rows[:, 0].tolist() for draw in range(3)]
    assert sorted(number for each in rows for number in each) == list(range(96))
    assert vectors.part(1, 2).labels == ["a", "a", "b", "b"]


@pytest.mark.parametrize("names", [BROWN, ["dog", "dog", "rabbit"]], ids=["three classes", "two classes"])
def test_the_probe_gives_the_probabilities_of_scikit_learn(
    tiny: CLIPEmbedder, brown: Brown, names: list[str]
) -> None:
    from sklearn.linear_model import LogisticRegression

    labels = [names[BROWN.index(label)] for label in brown.examples.labels]
    ours = LinearProbe(tiny, c=3).fit_vectors(brown.examples.rows, labels)
    theirs = LogisticRegression(C=3, max_iter=5000, tol=1e-8).fit(brown.examples.rows.astype(float), labels)
    assert list(ours.labels) == theirs.classes_.tolist()
    np.testing.assert_allclose(
        ours.probabilities_of(brown.tests.rows), theirs.predict_proba(brown.tests.rows), atol=1e-5
    )


def test_the_adapter_adds_what_the_paper_says(
    tiny: CLIPEmbedder, words: ZeroShotClassifier, brown: Brown
) -> None:
    """logits = scale f W + alpha exp(-beta (1 - f F)) L: Zhang et al. 2022, equations 5 and 6."""
    made = TipAdapter(words, alpha=2.0, beta=5.5).fit_vectors(brown.examples.rows, brown.examples.labels)
    tests = brown.tests.rows.astype(np.float64)
    one_hot = np.array([[label == name for name in BROWN] for label in brown.examples.labels], np.float64)
    cache = np.exp(-5.5 * (1 - tests @ brown.examples.rows.T)) @ one_hot
    logits = tiny.logit_scale * tests @ words.class_vectors.T + 2.0 * cache
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        made.probabilities_of(brown.tests.rows), exponents / exponents.sum(axis=1, keepdims=True), atol=1e-4
    )


def test_examples_of_no_weight_leave_the_words_alone(words: ZeroShotClassifier, brown: Brown) -> None:
    made = TipAdapter(words, alpha=0).fit_vectors(brown.examples.rows, brown.examples.labels)
    np.testing.assert_allclose(
        made.probabilities_of(brown.tests.rows), words.probabilities_of(brown.tests.rows), atol=1e-6
    )


def test_a_class_with_more_examples_than_others_has_no_advantage(
    words: ZeroShotClassifier, adapter: TipAdapter, brown: Brown
) -> None:
    rows, labels = brown.examples.rows, brown.examples.labels
    dogs = [place for place, label in enumerate(labels) if label == "dog"]
    more = np.concatenate([rows, rows[dogs], rows[dogs]])
    made = TipAdapter(words, alpha=100).fit_vectors(more, labels + ["dog"] * 2 * len(dogs))
    # The same dogs three times; the mean number is higher, so all classes weigh more, and alike.
    np.testing.assert_allclose(
        made._cache(brown.tests.rows), adapter._cache(brown.tests.rows) * 5 / 3, rtol=1e-6
    )


def test_pictures_are_learnt_from_as_their_vectors_are(tiny: CLIPEmbedder, words: ZeroShotClassifier) -> None:
    pictures, labels = [scene(seed) for seed in range(6)], ["dog", "horse", "rabbit"] * 2
    vectors = tiny.embed_images(pictures)
    for made, same in (
        (LinearProbe(tiny).fit(pictures, labels), LinearProbe(tiny).fit_vectors(vectors, labels)),
        (TipAdapter(words).fit(pictures, labels), TipAdapter(words).fit_vectors(vectors, labels)),
    ):
        assert np.array_equal(made.probabilities_of(vectors), same.probabilities_of(vectors))
        assert made.predict(pictures) == same.labels_of(vectors)


def test_a_calibrated_embedder_learns_from_raw_vectors(tiny: CLIPEmbedder, calibrated: CLIPEmbedder) -> None:
    pictures, labels = [scene(seed) for seed in range(4)], ["a", "b", "a", "b"]
    raw, moved = (
        LinearProbe(each).fit(pictures, labels).predict_proba(pictures) for each in (tiny, calibrated)
    )
    np.testing.assert_allclose(raw, moved, atol=1e-6)


def test_fitting_again_replaces_what_was_learnt(tiny: CLIPEmbedder, brown: Brown) -> None:
    made = LinearProbe(tiny).fit_vectors(brown.examples.rows, brown.examples.labels)
    made.fit_vectors(brown.examples.rows[:32], ["x"] * 16 + ["y"] * 16)
    assert made.labels == ("x", "y")
    assert made.probabilities_of(brown.tests.rows).shape == (72, 2)


def test_a_saved_probe_answers_alike_and_needs_no_scikit_learn(
    tiny: CLIPEmbedder, probe: LinearProbe, brown: Brown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe.save(tmp_path / "probe.json")
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    read = LinearProbe.load(tmp_path / "probe.json", tiny)
    assert read.labels == probe.labels
    assert np.array_equal(read.probabilities_of(brown.tests.rows), probe.probabilities_of(brown.tests.rows))


def test_a_saved_adapter_answers_alike(
    tiny: CLIPEmbedder, adapter: TipAdapter, brown: Brown, tmp_path: Path
) -> None:
    adapter.save(tmp_path / "adapter.json")
    read = TipAdapter.load(tmp_path / "adapter.json", tiny)
    assert (read.alpha, read.beta, read.labels) == (100, 5.5, adapter.labels)
    np.testing.assert_allclose(
        read.probabilities_of(brown.tests.rows), adapter.probabilities_of(brown.tests.rows), atol=1e-6
    )


def test_what_was_learnt_with_another_model_is_refused_and_both_are_named(
    tiny: CLIPEmbedder, embedder: CLIPEmbedder, probe: LinearProbe, adapter: TipAdapter, tmp_path: Path
) -> None:
    probe.save(tmp_path / "probe.json")
    adapter.save(tmp_path / "adapter.json")
    for load, name in ((LinearProbe.load, "probe"), (TipAdapter.load, "adapter")):
        with pytest.raises(FingerprintMismatchError) as raised:
            load(tmp_path / f"{name}.json", embedder)
        assert tiny.fingerprint in str(raised.value)
        assert embedder.fingerprint in str(raised.value)


def test_one_kind_of_file_is_not_taken_for_another_and_a_damaged_one_is_refused(
    tiny: CLIPEmbedder, probe: LinearProbe, adapter: TipAdapter, tmp_path: Path
) -> None:
    probe.save(tmp_path / "probe.json")
    adapter.save(tmp_path / "adapter.json")
    with pytest.raises(InvalidInputError, match="format is 'clip-embeddings linear probe'"):
        TipAdapter.load(tmp_path / "probe.json", tiny)
    for load, name, field in (
        (LinearProbe.load, "probe", "weights"),
        (LinearProbe.load, "probe", "biases"),
        (TipAdapter.load, "adapter", "examples"),
        (TipAdapter.load, "adapter", "classes"),
    ):
        record = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        (tmp_path / "cut.json").write_text(json.dumps({**record, field: record[field][:-8]}))
        with pytest.raises(InvalidInputError, match="is damaged"):
            load(tmp_path / "cut.json", tiny)
