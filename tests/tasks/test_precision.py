"""compare_precision from Python: what it refuses, what it says, and searches in blocks."""

import numpy as np
import pytest
from PIL import Image

from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    ImageDecodeError,
    InvalidInputError,
    compare_precision,
)
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.tasks.precision import nearest
from clip_embeddings.tasks.precision.nearest import nearest_kept

TEXTS = ["바다 위의 배", "a red car", "a dog on the beach", "눈 덮인 산"]


def test_a_report_says_in_words_what_stays(tiny: CLIPEmbedder) -> None:
    fast = CLIPEmbedder("tiny", device="cpu", dtype="bfloat16")
    pictures = [Image.new("RGB", (96, 96), colour) for colour in ("red", "green", "blue")]
    report = compare_precision(tiny, fast, texts=TEXTS, images=[*pictures, b"no picture"], k=1)
    assert [each.index for each in report.failures] == [3]
    first, pictures_line, texts_line, *pairs, rates = str(report).splitlines()
    assert first == "bfloat16 against float32"
    assert pictures_line.startswith("3 pictures: cosine 0.99")
    assert texts_line.startswith("4 texts: cosine 0.99")
    assert len(pairs) == 4
    assert "text -> pictures: " in str(pairs)
    assert rates.startswith("Items a second, measured once")
    assert repr(report) == "<PrecisionReport of 3 pictures, 4 texts: bfloat16 against float32>"
    assert report.to_record()["failures"][0]["at"] == 3


def test_a_calibration_is_left_aside(tiny: CLIPEmbedder, calibrated: CLIPEmbedder) -> None:
    assert compare_precision(calibrated, tiny, texts=TEXTS).cosines["text"].is_same


def test_two_models_are_not_compared(tiny: CLIPEmbedder, embedder: CLIPEmbedder) -> None:
    with pytest.raises(FingerprintMismatchError, match="expected one model with two settings"):
        compare_precision(tiny, embedder, texts=TEXTS)


def test_nothing_and_nothing_readable_are_refused(tiny: CLIPEmbedder) -> None:
    with pytest.raises(InvalidInputError, match="expected at least one item"):
        compare_precision(tiny, tiny)
    with pytest.raises(ImageDecodeError, match=r"images\[0\]"):
        compare_precision(tiny, tiny, images=[b"no picture"])
    with pytest.raises(InvalidInputError, match="k: got 0"):
        compare_precision(tiny, tiny, texts=TEXTS, k=0)


def test_searches_in_blocks_find_what_one_search_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(0)
    rows = l2_normalize(chance.normal(size=(50, 8)))
    moved = l2_normalize(rows + chance.normal(scale=0.05, size=rows.shape))
    at_once = nearest_kept(rows, moved, rows, moved, k=10, own=True)
    assert at_once is not None
    assert 0.5 < at_once.overlap < 1
    assert 0.5 < at_once.first < 1
    assert 0 < at_once.worse < 0.5
    monkeypatch.setattr(nearest, "_BLOCK", 7)
    in_blocks = nearest_kept(rows, moved, rows, moved, k=10, own=True)
    assert in_blocks is not None
    assert in_blocks.to_record() == at_once.to_record()


def test_k_is_at_most_half_of_what_can_be_found() -> None:
    rows = l2_normalize(np.random.default_rng(1).normal(size=(7, 4)))
    own, others = (nearest_kept(rows, rows, rows, rows, k=10, own=own) for own in (True, False))
    assert own is not None
    assert others is not None
    assert (own.k, others.k) == (3, 3)
    assert (own.overlap, own.first, own.worse) == (1, 1, 0)
    assert nearest_kept(rows, rows, rows[:1], rows[:1], k=10, own=False) is None
    assert nearest_kept(rows[:2], rows[:2], rows[:2], rows[:2], k=10, own=True) is None
