"""Zero-shot classes as files: read again they answer alike; of another model or damaged they are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import shown
from PIL import Image

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, ZeroShotClassifier

LABELS = ["cat", "dog", "red car", "tree", "house"]


@pytest.fixture(scope="module")
def drawn() -> tuple[list[Image.Image], list[str]]:
    return shown("cat", "dog", "car", "house")


def test_a_saved_classifier_answers_alike_and_embeds_no_label_again(
    tiny: CLIPEmbedder,
    calibrated: CLIPEmbedder,
    drawn: tuple[list[Image.Image], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = {"cat": "imagenet-7", "개": "korean", "car": "imagenet-7"}
    made = ZeroShotClassifier(
        tiny, list(own), templates=own, min_cosine=0.3, min_probability=0.2, other="그 외"
    )
    made.save(tmp_path / "classes.json")
    expected, pictures = made.predict(drawn[0]), drawn[0]
    monkeypatch.setattr(CLIPEmbedder, "embed_texts", None)
    for embedder in (tiny, calibrated):  # a calibration is left out, so it does not matter
        read = ZeroShotClassifier.load(tmp_path / "classes.json", embedder)
        assert read.predict(pictures) == expected
        assert np.array_equal(read.class_vectors, made.class_vectors)
        assert (read.labels, read.templates) == (made.labels, made.templates)
        assert (read.min_cosine, read.min_probability, read.other) == (0.3, 0.2, "그 외")


def test_classes_of_another_model_are_refused_and_both_are_named(
    tiny: CLIPEmbedder, embedder: CLIPEmbedder, tmp_path: Path
) -> None:
    ZeroShotClassifier(tiny, LABELS).save(tmp_path / "classes.json")
    with pytest.raises(FingerprintMismatchError) as raised:
        ZeroShotClassifier.load(tmp_path / "classes.json", embedder)
    assert tiny.fingerprint in str(raised.value)
    assert embedder.fingerprint in str(raised.value)
    assert "'tiny'" in str(raised.value)


def _without(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda record: {key: value for key, value in record.items() if key != name}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda record: [], "holds list; expected an object"),
        (_without("format"), "format is None; expected 'clip-embeddings zero-shot classifier'"),
        (lambda record: {**record, "version": 2}, "is of version 2; this clip-embeddings reads 1"),
        (_without("vectors"), "is damaged"),
        (lambda record: {**record, "vectors": record["vectors"][:-8]}, "is damaged"),
        (lambda record: {**record, "vectors": "?"}, "is damaged"),
        (lambda record: {**record, "labels": record["labels"][:-1]}, "is damaged"),
        (lambda record: {**record, "set_of_label": [9] * 5}, "is damaged"),
        (lambda record: {**record, "min_cosine": "high"}, "is damaged"),
    ],
)
def test_a_file_that_is_no_classifier_is_refused(
    tiny: CLIPEmbedder, tmp_path: Path, damage: Callable[[Any], Any], message: str
) -> None:
    path = tmp_path / "classes.json"
    ZeroShotClassifier(tiny, LABELS).save(path)
    path.write_text(json.dumps(damage(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    with pytest.raises(InvalidInputError, match=message):
        ZeroShotClassifier.load(path, tiny)


def test_a_file_that_is_not_there_or_no_json_is_refused(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        ZeroShotClassifier.load(tmp_path / "none.json", tiny)
    (tmp_path / "binary.json").write_bytes(b"\x80\x04\x95")
    with pytest.raises(InvalidInputError, match="is not JSON"):
        ZeroShotClassifier.load(tmp_path / "binary.json", tiny)
