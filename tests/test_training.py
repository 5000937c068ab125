"""The script that trained the bundled model: its loss, its masks, a few steps from nothing to a folder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.tiny import training_data as data
from clip_embeddings.models.tiny.scenes import sample_scene
from clip_embeddings.models.tiny.train import Trainer, contrastive_loss

NONE = torch.zeros((4, 0))


def test_the_loss_is_that_of_clip_where_every_pair_is_apart() -> None:
    logits = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    target = torch.arange(4)
    expected = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    torch.testing.assert_close(
        contrastive_loss(logits, torch.eye(4, dtype=torch.bool), NONE.double()), expected
    )


def test_a_caption_that_is_true_of_another_picture_is_no_negative_of_it() -> None:
    logits = torch.zeros(4, 4)
    logits[0, 1] = 50.0  # the first text, likened to the second picture
    apart = torch.eye(4, dtype=torch.bool)
    true = apart.clone()
    true[0, 1] = True
    assert contrastive_loss(logits, apart, NONE) > 5
    assert contrastive_loss(logits, true, NONE) < 1.5


def test_an_unrelated_text_is_a_negative_of_every_picture() -> None:
    logits, apart = 10 * torch.eye(4), torch.eye(4, dtype=torch.bool)
    assert (
        contrastive_loss(logits, apart, torch.full((4, 1), 20.0)) > contrastive_loss(logits, apart, NONE) + 4
    )


def test_what_captions_claim_is_compared_with_every_scene() -> None:
    scenes = [sample_scene(seed) for seed in range(40)]
    attributes = np.array([data.scene_attributes(scene) for scene in scenes], np.int8)
    claims = np.array([data.encode_attributes({"thing": "cat"}), data.encode_attributes({})], np.int8)
    true = data.is_true(claims, attributes)
    assert true[0].tolist() == [scene.thing == "cat" for scene in scenes]
    assert true[1].all()


@pytest.mark.slow
def test_a_few_steps_give_a_folder_that_loads(tmp_path: Path) -> None:
    trainer = Trainer(40, 8, 4, texts=400)
    before = trainer.model.logit_scale.item()
    trainer.run(3, tmp_path / "model")
    assert trainer.model.logit_scale.item() != before
    embedder = CLIPEmbedder(str(tmp_path / "model"), device="cpu", dtype="float32")
    assert embedder.embed_texts(["a cat", "고양이"]).shape == (2, 128)
    assert embedder.embed_images([np.zeros((20, 30, 3), np.uint8)]).shape == (1, 128)
