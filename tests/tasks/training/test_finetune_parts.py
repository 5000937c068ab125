"""The parts of fine-tuning by themselves: what is a negative, recall, the learning rate, and settings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_pairs import drawn

from clip_embeddings import (
    InvalidInputError,
    finetune,
)
from clip_embeddings.models.hub.locate import locate
from clip_embeddings.models.transformers.trainable import TrainableCLIP
from clip_embeddings.tasks.training.dataset import PairSet
from clip_embeddings.tasks.training.pairs import read_pairs
from clip_embeddings.tasks.training.recall import recall
from clip_embeddings.tasks.training.settings import rate_at


def test_recall_counts_the_best_right_answer_and_no_tie() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(12, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    own = np.arange(12)
    assert set(recall(rows, rows, own, own).values()) == {1.0}
    moved = recall(rows, np.roll(rows, 1, axis=0), own, own)
    assert (moved["text to picture R@1"], moved["picture to text R@1"]) == (0, 0)
    pictures = np.stack([-rows, rows], axis=1).reshape(24, 64)  # of each caption one far off, one right
    twice = recall(np.repeat(rows, 2, axis=0), pictures, np.repeat(own, 2), np.arange(24))
    assert twice["text to picture R@1"] == 1
    assert twice["picture to text R@1"] == 0.5
    for vectors in (np.ones((12, 64), np.float32), np.full((12, 64), np.nan, np.float32)):
        assert recall(vectors, vectors, own, own)["mean"] == 0


def pair_set(checkpoint: Path, pairs: list[tuple[Any, str]]) -> PairSet:
    clip = TrainableCLIP(locate(str(checkpoint)), torch.device("cpu"), torch.float32)
    return PairSet(read_pairs(pairs)[0], clip.tokenizer, clip.preprocessing)


def test_what_repeats_is_no_negative(checkpoint: Path) -> None:
    """The first picture has a second caption, and its first caption stands beside another picture too."""
    (first, text), (second, _), (third, other) = drawn(3)
    pairs = [(first, text), (first.copy(), "another caption"), (second, f"  {text.upper()} "), (third, other)]
    same = pair_set(checkpoint, pairs).same(np.arange(4))
    assert same.astype(int).tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1]]


def test_a_picture_is_trained_on_or_measured_with_but_never_both(checkpoint: Path) -> None:
    pictures = [picture for picture, _ in drawn(8)]
    made = pair_set(checkpoint, [(pictures[i // 3], f"caption {i}") for i in range(24)])
    splits = [made.split(0.4, seed) for seed in range(6)]
    for training, validation in splits:
        assert not set(made.picture[training]) & set(made.picture[validation])
        assert sorted([*training, *validation]) == list(range(24))
        assert len(validation) == 9
    assert len({tuple(validation) for _, validation in splits}) > 1


def test_the_learning_rate_rises_for_a_tenth_and_falls_to_nothing() -> None:
    rates = [rate_at(step, 100, 2.0) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert rates[9] == pytest.approx(2.0)
    assert max(rates) == pytest.approx(2.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.01
    assert rate_at(0, 1, 2.0) == 2.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs: got 0; expected a whole number of at least 1"),
        ({"batch_size": 2.5}, "batch_size: got 2.5"),
        ({"seed": -1}, "seed: got -1"),
        ({"method": "adapter"}, "method: got 'adapter'; expected one of lora, last-layers, full"),
        ({"precision": "float16"}, "precision: got 'float16'; expected one of auto, bfloat16, float32"),
        ({"validation": 0.9}, "validation: got 0.9; expected a share from 0 to 0.5"),
        ({"learning_rate": 0.0}, "learning_rate: got 0.0; expected a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate: got nan"),
        ({"weight_decay": -1.0}, "weight_decay: got -1.0"),
        ({"checkpoint_steps": 0}, "checkpoint_steps: got 0"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        finetune("tiny", [], output=tmp_path / "model", **settings)
    assert message in str(caught.value)
