"""The script that trained the bundled model: its masks, a few steps from nothing to a folder."""

from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.scene import sample_scene
from tools.tiny_model import training_data as data
from tools.tiny_model.train import Trainer


def test_what_captions_claim_is_compared_with_every_scene() -> None:
    scenes = [sample_scene(seed) for seed in range(40)]
    attributes = np.array([data.scene_attributes(scene) for scene in scenes], np.int8)
    claims = np.array([data.encode_attributes({"thing": "cat"}), data.encode_attributes({})], np.int8)
    true = data.is_true(claims, attributes)
    assert true[0].tolist() == [scene.thing == "cat" for scene in scenes]
    assert true[1].all()


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"seed": 7, "width": 96, "sharpest": 10.0}])
def test_a_few_steps_give_a_folder_that_loads(tmp_path: Path, options: dict[str, Any]) -> None:
    trainer = Trainer(40, 8, 4, texts=400, **options)
    before = trainer.model.logit_scale.item()
    trainer.run(2, tmp_path / "model")
    scale = trainer.model.logit_scale.item()
    assert scale != before
    assert scale <= log(options.get("sharpest", 100)) + 1e-6
    embedder, width = (
        CLIPEmbedder(str(tmp_path / "model"), device="cpu", dtype="float32"),
        options.get("width", 128),
    )
    assert embedder.embed_texts(["a cat", "고양이"]).shape == (2, width)
    assert embedder.embed_images([np.zeros((20, 30, 3), np.uint8)]).shape == (1, width)
