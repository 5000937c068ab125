"""The last layer's MLP at the one position that is read: same vectors, and only where a tower ends in one."""

from pathlib import Path
from typing import Any

import pytest
import torch
from families.cases import CASES, write_model
from torch import nn

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.running.last_mlp import MLPOfOne, only_what_is_read

SIZES: dict[str, Any] = {
    "hidden_size": 24,
    "intermediate_size": 48,
    "num_hidden_layers": 12,
    "num_attention_heads": 4,
}
# Family -> which towers end in one position; the parity table compares their vectors with transformers' own.
ENDS = {
    "siglip 2, NaFlex": ["text_model"],
    "metaclip 2": ["vision_model"],
    "chinese clip": ["vision_model"],
    "align": [],
    "dual encoder with RoBERTa": ["vision_model"],
}


@pytest.mark.parametrize("position", [0, -1])
def test_the_position_that_is_read_is_as_from_the_whole_layer(position: int) -> None:
    torch.manual_seed(0)
    mlp, rows = nn.Sequential(nn.Linear(6, 9), nn.GELU(), nn.Linear(9, 6)), torch.randn(3, 5, 6)
    with torch.inference_mode():
        whole, found = mlp(rows), MLPOfOne(mlp, position)(rows)
    assert found.shape == whole.shape
    assert torch.allclose(found[:, position], whole[:, position], atol=1e-6)
    others = [place for place in range(5) if place != position % 5]
    assert not found[:, others].any()


def test_it_is_the_last_of_more_than_ten_layers() -> None:
    from transformers import SiglipTextConfig, SiglipTextModel

    tower = SiglipTextModel(SiglipTextConfig(**SIZES, vocab_size=30))
    only_what_is_read(tower, -1)
    kinds = [name for name, each in tower.named_modules() if isinstance(each, MLPOfOne)]
    assert [name.rpartition("layers.")[2] for name in kinds] == ["11.mlp"]


def test_other_towers_stay_as_they_are() -> None:
    tower = nn.Sequential(nn.Linear(3, 3))
    only_what_is_read(tower, 0)
    assert [type(each) for each in tower.modules()] == [nn.Sequential, nn.Linear]


@pytest.mark.parametrize("name", ENDS)
def test_which_towers_end_in_one_position(name: str, tmp_path: Path) -> None:
    write_model(tmp_path, CASES[name])
    assert ending(CLIPEmbedder(tmp_path, device="cpu", dtype="float32")) == ENDS[name]


def test_clip_ends_in_the_first_position_of_a_picture_and_in_any_of_a_text() -> None:
    assert ending(CLIPEmbedder("tiny", device="cpu")) == ["vision_model"]


def ending(embedder: CLIPEmbedder) -> list[str]:
    """The towers that compute their last MLP at one position."""
    encoder: Any = embedder._encoder
    return [
        tower
        for tower in ("text_model", "vision_model")
        if any(isinstance(each, MLPOfOne) for each in encoder._tower(tower).modules())
    ]
