"""A few examples that cannot be learnt from, and settings that cannot be, are refused by name."""

import sys
from pathlib import Path
from typing import Any

import pytest
from pictures import scene

from clip_embeddings import (
    CLIPEmbedder,
    ImageDecodeError,
    InvalidInputError,
    LinearProbe,
    MissingExtraError,
    TipAdapter,
    ZeroShotClassifier,
)


@pytest.fixture(scope="module")
def words(tiny: CLIPEmbedder) -> ZeroShotClassifier:
    return ZeroShotClassifier(tiny, ["dog", "horse", "rabbit"])


@pytest.mark.parametrize(
    ("number", "labels", "message"),
    [
        (3, ["a", "b"], "got 3 pictures and 2 labels; expected one label for each"),
        (0, [], "got no examples"),
        (2, ["a", " "], r"labels\[1\]: is blank"),
        (2, ["a", 1], r"labels\[1\]: got int; expected a string"),
        (2, "ab", "labels: got one str"),
        (2, ["a", "a"], "all 2 examples are of 'a'; expected at least two classes"),
        (3, ["a", "A", "b"], r"labels\[1\] 'A' is the same as labels\[0\] 'a'"),
    ],
)
def test_examples_that_cannot_be_learnt_from_are_refused(
    tiny: CLIPEmbedder, number: int, labels: Any, message: str
) -> None:
    pictures = [scene(seed) for seed in range(number)]
    with pytest.raises(InvalidInputError, match=message):
        LinearProbe(tiny).fit(pictures, labels)


def test_the_adapter_wants_an_example_of_each_class_and_no_other(
    tiny: CLIPEmbedder, words: ZeroShotClassifier
) -> None:
    pictures = [scene(seed) for seed in range(3)]
    with pytest.raises(InvalidInputError, match="no example of 'rabbit', which would lose"):
        TipAdapter(words).fit(pictures, ["dog", "horse", "dog"])
    with pytest.raises(InvalidInputError, match=r"labels\[2\] 'cat' is not a class; the classes: dog, horse"):
        TipAdapter(words).fit(pictures, ["dog", "horse", "cat"])


def test_an_example_that_cannot_be_read_is_named(tiny: CLIPEmbedder) -> None:
    with pytest.raises(ImageDecodeError, match=r"images\[1\]"):
        LinearProbe(tiny).fit([scene(1), b"no picture"], ["a", "b"])


def test_without_examples_there_is_no_answer_and_nothing_to_save(
    tiny: CLIPEmbedder, words: ZeroShotClassifier, tmp_path: Path
) -> None:
    for made in (LinearProbe(tiny), TipAdapter(words)):
        with pytest.raises(InvalidInputError, match="has no examples yet; call fit"):
            made.predict([scene(1)])
        with pytest.raises(InvalidInputError, match="has no examples yet; call fit"):
            made.save(tmp_path / "file.json")
    assert not list(tmp_path.iterdir())


def test_settings_out_of_range_are_refused(tiny: CLIPEmbedder, words: ZeroShotClassifier) -> None:
    with pytest.raises(InvalidInputError, match="c: got 0; expected a finite number above 0"):
        LinearProbe(tiny, c=0)
    for options in ({"alpha": -1.0}, {"beta": 0.0}, {"alpha": float("nan")}):
        with pytest.raises(InvalidInputError, match="expected a finite number"):
            TipAdapter(words, **options)


def test_a_probe_without_scikit_learn_names_the_extra(
    tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(MissingExtraError, match=r'pip install "clip-embeddings\[probe\]"'):
        LinearProbe(tiny).fit([scene(1), scene(2)], ["a", "b"])
