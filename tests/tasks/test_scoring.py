"""Caption scores are those of Hessel et al. 2021, and what cannot be scored is named."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import photo, scene
from PIL import Image
from reference import Reference

from clip_embeddings import (
    CLIPEmbedder,
    ImageDecodeError,
    InvalidInputError,
    TextTooLongError,
    TruncationWarning,
    clip_score,
    ref_clip_score,
)
from clip_embeddings.tasks.scoring import PREFIX, caption_scores

PICTURES = [scene(seed) for seed in (3, 4, 5)] + [photo(200, 120)]
CAPTIONS = ["a photo of a cat", "two dogs on the beach", "고양이가 해변에 있다", "a red car in the city"]
REFERENCES = [
    ["a cat"],
    ["dogs", "the sea and two dogs", "a beach at sunset"],
    ["a house"],
    ["a tree", "a car"],
]
CLOSE: dict[str, Any] = {"atol": 2e-5}


class Literal:
    """Section 3 of the paper word by word, for one picture and caption at a time, on the reference model.

    "we prefix candidates with the prompt: A photo depicts"; CLIP-S(c, v) = w * max(cos(c, v), 0), w = 2.5;
    RefCLIP-S(c, R, v) = H-Mean(CLIP-S(c, v), max(max_{r in R} cos(c, r), 0)).
    """

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    def text(self, text: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = self.reference.texts(["A photo depicts " + text])[0]
        return row

    def clip_s(self, c: str, v: Image.Image) -> float:
        cos = float(self.text(c) @ self.reference.images([v.convert("RGB")])[0])
        return 2.5 * max(cos, 0)

    def ref_clip_s(self, c: str, references: list[str], v: Image.Image) -> float:
        best = max(float(self.text(c) @ self.text(r)) for r in references)
        best = max(best, 0)
        clip_s = self.clip_s(c, v)
        return 0.0 if min(clip_s, best) == 0 else 2 / (1 / clip_s + 1 / best)


def test_scores_of_pairs_equal_a_literal_reading_of_the_paper(pair: tuple[CLIPEmbedder, Reference]) -> None:
    embedder, literal = pair[0], Literal(pair[1])
    clip = clip_score(embedder, PICTURES, CAPTIONS)
    ref = ref_clip_score(embedder, PICTURES, CAPTIONS, REFERENCES)
    assert clip.dtype == ref.dtype == np.float32
    expected = [literal.clip_s(c, v) for c, v in zip(CAPTIONS, PICTURES, strict=True)]
    with_references = zip(CAPTIONS, REFERENCES, PICTURES, strict=True)
    np.testing.assert_allclose(clip, expected, **CLOSE)
    np.testing.assert_allclose(ref, [literal.ref_clip_s(*each) for each in with_references], **CLOSE)


def test_scores_of_every_picture_with_every_caption_equal_it_too(
    pair: tuple[CLIPEmbedder, Reference],
) -> None:
    embedder, literal, captions = pair[0], Literal(pair[1]), CAPTIONS[:3]
    clip = clip_score(embedder, PICTURES, captions, pairwise=False)
    ref = ref_clip_score(embedder, PICTURES, captions, REFERENCES, pairwise=False)
    assert clip.shape == ref.shape == (4, 3)
    expected = [[literal.clip_s(c, v) for c in captions] for v in PICTURES]
    pictures = zip(PICTURES, REFERENCES, strict=True)
    with_references = [[literal.ref_clip_s(c, told, v) for c in captions] for v, told in pictures]
    np.testing.assert_allclose(clip, expected, **CLOSE)
    np.testing.assert_allclose(ref, with_references, **CLOSE)


def test_a_negative_cosine_scores_zero_and_so_does_its_harmonic_mean(embedder: CLIPEmbedder) -> None:
    """Random weights give cosines of both signs."""
    cosines = embedder.similarity(PICTURES, [f"{PREFIX} {caption}" for caption in CAPTIONS])
    assert (cosines < 0).any()
    assert (cosines > 0).any()
    clip = clip_score(embedder, PICTURES, CAPTIONS, pairwise=False)
    ref = ref_clip_score(embedder, PICTURES, CAPTIONS, REFERENCES, pairwise=False)
    np.testing.assert_allclose(clip, 2.5 * np.maximum(cosines, 0), **CLOSE)
    assert (clip[cosines < 0] == 0).all()
    assert (ref[cosines < 0] == 0).all()
    assert (ref[cosines > 0] > 0).all()


def test_the_prefix_is_the_papers_unless_another_is_given(tiny: CLIPEmbedder) -> None:
    default = clip_score(tiny, PICTURES, CAPTIONS)
    assert np.array_equal(default, clip_score(tiny, PICTURES, CAPTIONS, prefix="A photo depicts"))
    spelt_out = [f"A photo depicts {caption}" for caption in CAPTIONS]
    assert np.array_equal(default, clip_score(tiny, PICTURES, spelt_out, prefix=""))
    assert not np.allclose(default, clip_score(tiny, PICTURES, CAPTIONS, prefix=""), **CLOSE)


def test_the_right_caption_scores_above_wrong_ones_and_a_reference_lifts_it(tiny: CLIPEmbedder) -> None:
    from clip_embeddings.scenes.draw import render
    from clip_embeddings.scenes.scene import scenes

    shown = [each for each in scenes(40, 60) if each.thing in ("cat", "boat", "flower")][:6]
    things = [str(each.thing) for each in shown]
    assert len(set(things)) > 1
    wrong = [next(other for other in things if other != thing) for thing in things]
    pictures = [render(each, 96) for each in shown]
    right = caption_scores(
        tiny, pictures, [f"a {t}" for t in things], [[f"a picture of a {t}"] for t in things]
    )
    missed = caption_scores(
        tiny, pictures, [f"a {t}" for t in wrong], [[f"a picture of a {t}"] for t in things]
    )
    assert right.ref is not None
    assert missed.ref is not None
    assert (right.clip > missed.clip).all()
    assert (right.ref > missed.ref).all()


def test_a_calibrated_embedder_gives_the_scores_of_raw_vectors(
    tiny: CLIPEmbedder, calibrated: CLIPEmbedder
) -> None:
    for pairwise in (True, False):
        raw = caption_scores(tiny, PICTURES, CAPTIONS, REFERENCES, pairwise=pairwise)
        theirs = caption_scores(calibrated, PICTURES, CAPTIONS, REFERENCES, pairwise=pairwise)
        for ours, other in zip(raw, theirs, strict=True):
            assert ours is not None
            assert other is not None
            assert np.array_equal(ours, other)


def test_nothing_to_score_gives_nothing(tiny: CLIPEmbedder) -> None:
    assert clip_score(tiny, [], []).shape == (0,)
    assert ref_clip_score(tiny, [], [], []).shape == (0,)
    assert ref_clip_score(tiny, [], ["a cat"], [], pairwise=False).shape == (0, 1)
    assert ref_clip_score(tiny, PICTURES[:1], [], [["a cat"]], pairwise=False).shape == (1, 0)


@pytest.mark.parametrize(
    ("captions", "references", "message"),
    [
        (["a cat", " \n"], None, r"captions\[1\]: is empty"),
        (["a cat", 3], None, r"captions\[1\]: got int; expected a str"),
        (["a cat"], None, r"got 2 of images, 1 of captions; .* or pairwise=False"),
        ("a cat", None, r"captions: got one str; expected a list"),
        (["a cat", "a dog"], [["a cat"], []], r"references\[1\]: holds no reference"),
        (["a cat", "a dog"], [["a cat"], ["a dog", ""]], r"references\[1\]\[1\]: is empty"),
        (["a cat", "a dog"], [["a cat"], "a dog"], r"references\[1\]: got one str; expected a list"),
        (["a cat", "a dog"], [["a cat"]], r"got 2 of images, 1 of references"),
    ],
)
def test_what_cannot_be_scored_is_named(
    tiny: CLIPEmbedder, captions: Any, references: Any, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        caption_scores(tiny, PICTURES[:2], captions, references)


def test_no_references_at_all_are_refused_and_not_scored_without(tiny: CLIPEmbedder) -> None:
    with pytest.raises(InvalidInputError, match="references: got NoneType; expected a list"):
        ref_clip_score(tiny, PICTURES[:1], ["a cat"], None)  # type: ignore[arg-type]


def test_a_picture_that_is_not_there_is_named(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    with pytest.raises(ImageDecodeError, match=r"images\[1\].*nowhere\.png"):
        clip_score(tiny, [PICTURES[0], tmp_path / "nowhere.png"], ["a cat", "a dog"])


def test_a_caption_over_the_limit_goes_by_the_embedders_policy_and_says_so(tiny: CLIPEmbedder) -> None:
    long = "a red boat on the sea at night " * 20
    with pytest.warns(TruncationWarning, match="1 of 2 texts are longer"):
        cut = clip_score(tiny, PICTURES, ["a cat", long], pairwise=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        averaged = clip_score(with_policy(tiny, "chunk"), PICTURES, ["a cat", long], pairwise=False)
    np.testing.assert_allclose(cut[:, 0], averaged[:, 0], **CLOSE)
    assert not np.allclose(cut[:, 1], averaged[:, 1], **CLOSE)
    strict = with_policy(tiny, "error")
    with pytest.raises(TextTooLongError, match=r"^captions\[1\] has \d+ tokens; the model reads"):
        clip_score(strict, PICTURES[:2], ["a cat", long])
    with pytest.raises(TextTooLongError, match=r"^references\[1\]\[0\] has \d+ tokens"):
        ref_clip_score(strict, PICTURES[:2], ["a cat", "a dog"], [["one", "two"], [long, "three"]])


def with_policy(embedder: CLIPEmbedder, policy: Any) -> CLIPEmbedder:
    return CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", long_text=policy)
