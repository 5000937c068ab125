"""Zero-shot classes with thresholds: what is no class at all, or too close to call, is "other"."""

import numpy as np
import pytest
from pictures import shown

from clip_embeddings import (
    CLIPEmbedder,
    InvalidInputError,
    ScoreFunction,
    ZeroShotClassifier,
)


def test_a_picture_far_from_every_class_is_other(tiny: CLIPEmbedder) -> None:
    pictures, things = shown("cat", "dog", "boat", "flower")
    made = ZeroShotClassifier(tiny, ["cat", "dog"], min_cosine=0.3, other="neither")
    assert made.predict(pictures) == [x if x in ("cat", "dog") else "neither" for x in things]


def test_classes_too_close_to_call_are_other(tiny: CLIPEmbedder) -> None:
    pictures, _ = shown("boat", each=6)
    sure = ZeroShotClassifier(tiny, ["cat", "dog", "house"])
    unsure = ZeroShotClassifier(tiny, ["cat", "dog", "house"], min_probability=0.9)
    for label, kept, row in zip(
        sure.predict(pictures), unsure.predict(pictures), sure.predict_proba(pictures), strict=True
    ):
        assert kept == (label if row.max() >= 0.9 else "other")
    assert "other" in unsure.predict(pictures)


def test_one_label_needs_a_threshold_that_can_refuse_it(tiny: CLIPEmbedder) -> None:
    pictures, things = shown("cat", "boat")
    for options in ({}, {"min_probability": 0.5}):
        with pytest.raises(InvalidInputError, match="a softmax gives it probability 1 for any picture"):
            ZeroShotClassifier(tiny, ["cat"], **options).predict(pictures)  # type: ignore[arg-type]
    found = ZeroShotClassifier(tiny, ["cat"], min_cosine=0.3).predict(pictures)
    assert found == ["cat" if thing == "cat" else "other" for thing in things]


def test_a_sigmoid_model_judges_each_label_by_itself(
    tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sigmoid = ScoreFunction("sigmoid", scale=100.0, bias=-30.0)
    monkeypatch.setattr(CLIPEmbedder, "scoring", sigmoid)
    pictures, things = shown("cat", "boat")
    one = ZeroShotClassifier(tiny, ["cat"], min_probability=0.5)
    assert one.predict(pictures) == ["cat" if thing == "cat" else "other" for thing in things]
    both = ZeroShotClassifier(tiny, ["cat", "tree"])
    expected = sigmoid.probabilities(both.cosines_of(tiny.embed_images(pictures)))
    np.testing.assert_allclose(both.predict_proba(pictures), expected, rtol=1e-6)
    np.testing.assert_allclose(both.predict_proba(pictures)[:, :1], one.predict_proba(pictures), rtol=1e-5)
