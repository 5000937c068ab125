"""Zero-shot classes: the reference pipeline's probabilities, prompt ensembles, streams, and mistakes."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest
from pictures import photo, scene, shown
from PIL import Image
from reference import Reference
from transformers import pipeline

from clip_embeddings import (
    TEMPLATES,
    CLIPEmbedder,
    ImageDecodeError,
    InvalidInputError,
    ZeroShotClassifier,
    l2_normalize,
)

LABELS = ["cat", "dog", "red car", "tree", "house"]
KOREAN = {"cat": "고양이", "dog": "개", "car": "자동차", "house": "집"}


@pytest.fixture(scope="module")
def drawn() -> tuple[list[Image.Image], list[str]]:
    return shown(*KOREAN)


@pytest.mark.parametrize("template", ["a photo of a {}.", "This is a photo of {}.", "{}"])
def test_probabilities_are_those_of_the_pipeline_of_transformers(
    pair: tuple[CLIPEmbedder, Reference], template: str
) -> None:
    embedder, reference = pair
    pictures = [photo(64, 64, 1), photo(90, 60, 2), scene(3)]
    theirs: Any = pipeline(
        "zero-shot-image-classification",
        model=reference.model,
        tokenizer=reference.tokenizer,
        image_processor=reference.processor,
        device="cpu",
    )
    ours = ZeroShotClassifier(embedder, LABELS, templates=template)
    answers = theirs(pictures, candidate_labels=LABELS, hypothesis_template=template)
    for answer, row, best in zip(answers, ours.predict_proba(pictures), ours.top_k(pictures, 5), strict=True):
        expected = {each["label"]: each["score"] for each in answer}
        np.testing.assert_allclose(row, [expected[label] for label in LABELS], rtol=2e-3, atol=1e-5)
        assert best[0][0] == answer[0]["label"]


def test_a_class_is_the_mean_of_its_unit_prompts_made_a_unit_again(
    pair: tuple[CLIPEmbedder, Reference],
) -> None:
    embedder, reference = pair
    made = ZeroShotClassifier(embedder, LABELS, templates="imagenet-7").class_vectors
    prompts = [[t.replace("{}", label) for t in TEMPLATES["imagenet-7"].templates] for label in LABELS]
    means = np.stack([reference.texts(each).astype(np.float64).mean(axis=0) for each in prompts])
    np.testing.assert_allclose(made, means / np.linalg.norm(means, axis=1, keepdims=True), atol=2e-5)


def test_labels_in_english_korean_and_both_name_what_a_picture_shows(
    tiny: CLIPEmbedder, drawn: tuple[list[Image.Image], list[str]]
) -> None:
    pictures, things = drawn
    assert ZeroShotClassifier(tiny, list(KOREAN)).predict(pictures) == things
    assert ZeroShotClassifier(tiny, list(KOREAN.values())).predict(pictures) == [KOREAN[x] for x in things]
    mixed = {"cat": "cat", "dog": "개", "car": "car", "house": "집"}
    assert ZeroShotClassifier(tiny, list(mixed.values())).predict(pictures) == [mixed[x] for x in things]


def test_a_label_gets_the_template_of_its_language() -> None:
    made = ZeroShotClassifier(CLIPEmbedder("tiny"), ["cat", "고양이", "LG 세탁기"])
    assert made.templates == {
        "cat": ("a photo of a {}.",),
        "고양이": ("{} 사진",),
        "LG 세탁기": ("{} 사진",),
    }


def test_a_label_in_templates_of_another_language_is_warned_of(tiny: CLIPEmbedder) -> None:
    with pytest.warns(UserWarning, match="label '개' and 1 more in templates of another language"):
        ZeroShotClassifier(tiny, ["cat", "개", "집"], templates="imagenet")
    with pytest.warns(UserWarning, match="label 'cat' in templates"):
        ZeroShotClassifier(tiny, ["cat", "개"], templates="korean")
    ZeroShotClassifier(tiny, ["cat", "개"], templates="{}")


def test_each_label_may_have_templates_of_its_own(
    tiny: CLIPEmbedder, drawn: tuple[list[Image.Image], list[str]]
) -> None:
    own = {"cat": "imagenet-7", "개": ["{} 사진", "{}의 사진"], "car": "a photo of a {}.", "house": "{}"}
    made = ZeroShotClassifier(tiny, list(own), templates=own)
    assert [len(made.templates[label]) for label in made.labels] == [7, 2, 1, 1]
    pictures, things = drawn
    assert made.predict(pictures) == [{"dog": "개"}.get(thing, thing) for thing in things]


def test_a_calibrated_embedder_classifies_by_its_raw_vectors(
    tiny: CLIPEmbedder, calibrated: CLIPEmbedder, drawn: tuple[list[Image.Image], list[str]]
) -> None:
    pictures, _ = drawn
    raw, moved = (ZeroShotClassifier(each, LABELS).predict_proba(pictures) for each in (tiny, calibrated))
    np.testing.assert_allclose(raw, moved, atol=1e-6)


def test_labels_are_embedded_once(
    tiny: CLIPEmbedder, drawn: tuple[list[Image.Image], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, calls = CLIPEmbedder.embed_texts, list[int]()

    def counted(self: CLIPEmbedder, texts: list[str], **options: Any) -> Any:
        calls.append(len(texts))
        return embed(self, texts, **options)

    monkeypatch.setattr(CLIPEmbedder, "embed_texts", counted)
    made = ZeroShotClassifier(tiny, LABELS, templates="imagenet-7")
    assert calls == []  # creating one is free
    made.predict(drawn[0][:2])
    made.predict_proba(drawn[0][:2])
    assert calls == [35]


def test_many_prompts_are_embedded_in_parts_and_give_the_same_classes(
    tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ZeroShotClassifier(tiny, LABELS, templates="imagenet-7").class_vectors
    monkeypatch.setattr("clip_embeddings.tasks.zero_shot._TOGETHER", 4)  # parts end within a label
    np.testing.assert_allclose(
        ZeroShotClassifier(tiny, LABELS, templates="imagenet-7").class_vectors, whole, atol=1e-6
    )


def test_top_k_is_best_first_and_never_longer_than_the_labels(
    tiny: CLIPEmbedder, drawn: tuple[list[Image.Image], list[str]]
) -> None:
    made, pictures = ZeroShotClassifier(tiny, LABELS), drawn[0]
    shares = made.predict_proba(pictures)
    assert np.allclose(shares.sum(axis=1), 1)
    assert shares.shape == (len(pictures), 5)
    for row, best in zip(shares, made.top_k(pictures, 3), strict=True):
        assert [share for _, share in best] == pytest.approx(sorted(row.tolist(), reverse=True)[:3])
        assert best[0][0] == LABELS[row.argmax()]
    assert len(made.top_k(pictures[:1], 99)[0]) == 5
    with pytest.raises(InvalidInputError, match="k: got 0"):
        made.top_k(pictures, 0)


def test_no_pictures_give_no_answers(tiny: CLIPEmbedder) -> None:
    made = ZeroShotClassifier(tiny, LABELS)
    assert made.predict([]) == []
    assert made.predict_proba([]).shape == (0, 5)


def test_a_stream_goes_on_after_an_unreadable_picture_and_is_read_no_further_than_needed(
    tiny: CLIPEmbedder,
) -> None:
    pulled = 0

    def endless() -> Iterator[Image.Image | bytes]:
        nonlocal pulled
        for pulled in count(1):
            yield b"no picture" if pulled == 2 else scene(3)

    made = ZeroShotClassifier(tiny.from_config(tiny.config), LABELS)
    stream = made.iter_predictions(endless())
    part = next(stream)
    stream.close()
    assert part.indices.tolist()[:3] == [0, 2, 3]
    assert [failure.index for failure in part.failures] == [1]
    assert len(part.labels) == len(part.probabilities) == len(part.indices)
    assert pulled < 200


def test_predict_raises_for_an_unreadable_picture_and_names_it(tiny: CLIPEmbedder) -> None:
    with pytest.raises(ImageDecodeError, match=r"images\[1\]"):
        ZeroShotClassifier(tiny, LABELS).predict([scene(3), b"no picture"])


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([], {}, "labels: got none"),
        ("cat", {}, "labels: got one str"),
        (["cat", " "], {}, r"labels\[1\]: is blank"),
        (["cat", ""], {}, r"labels\[1\]: is blank"),
        (["cat", 3], {}, r"labels\[1\]: got int"),
        (["cat", "dog", "cat"], {}, r"labels\[2\] 'cat' is the same as labels\[0\] 'cat'"),
        (["red cat", " Red  CAT"], {}, r"labels\[1\] 'Red  CAT' is the same as"),
        (["가", "\u1100\u1161"], {}, r"labels\[1\] .* is the same as labels\[0\]"),
        (["cat", "dog"], {"templates": "a photo"}, "template 'a photo' has no {} for the label"),
        (["cat", "dog"], {"templates": ["{}", "a {label}"]}, "template 'a {label}' has no {}"),
        (["cat", "dog"], {"templates": []}, "templates: got none"),
        (["cat", "dog"], {"templates": {"cat": "{}"}}, "templates: none for the label 'dog'"),
        (["cat", "dog"], {"templates": {"cat": "{}", "dog": "{}", "x": "{}"}}, "'x' is not a label"),
        (["cat", "dog"], {"min_probability": 1.5}, "min_probability: got 1.5; expected 0 to 1"),
        (["cat", "dog"], {"min_cosine": float("nan")}, "min_cosine: got nan; expected -1 to 1"),
        (["cat", "other"], {}, "other: 'other' is a label too"),
    ],
)
def test_what_cannot_be_classes_is_refused_before_anything_is_loaded(
    labels: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        ZeroShotClassifier(CLIPEmbedder("tiny"), labels, **options)


def test_vectors_of_another_length_are_refused(tiny: CLIPEmbedder) -> None:
    with pytest.raises(InvalidInputError, match=r"shape \(2, 512\); expected \(N, 128\)"):
        ZeroShotClassifier(tiny, LABELS).labels_of(np.ones((2, 512)))


def test_braces_in_a_label_stay(tiny: CLIPEmbedder) -> None:
    made = ZeroShotClassifier(tiny, ["a {0} set", "{}", "dog"], templates="a photo of {}")
    expected = l2_normalize(tiny.embed_texts(["a photo of a {0} set", "a photo of {}", "a photo of dog"]))
    np.testing.assert_allclose(made.class_vectors, expected, atol=1e-6)


def test_the_published_template_sets_have_their_published_sizes() -> None:
    sizes = {name: len(each.templates) for name, each in TEMPLATES.items()}
    assert (sizes["imagenet"], sizes["imagenet-7"], sizes["cifar"], sizes["photo"]) == (80, 7, 18, 1)
    assert set(TEMPLATES["imagenet-7"].templates) < set(TEMPLATES["imagenet"].templates)
    for name, each in TEMPLATES.items():
        assert len(set(each.templates)) == len(each.templates), name
        assert all(template.count("{}") == 1 == template.count("{") for template in each.templates), name
        assert each.source
