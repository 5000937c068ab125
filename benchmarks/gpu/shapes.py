"""Models in the shape of released ones whose weights are drawn on the device: nothing large is written.

All but the reading of weights is the library's own. Imports torch, transformers and this library.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from safetensors.torch import save_file

from benchmarks.gpu.check import Check
from benchmarks.shared.random_clip import byte_tokenizer
from clip_embeddings.models.transformers import encoder as hf

_ENDS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}


@dataclass(frozen=True)
class Tower:
    """A transformer's sizes; `tokens` are those of a text, or patches and what is put before them."""

    width: int
    inner: int
    layers: int
    heads: int
    tokens: int


@dataclass(frozen=True)
class Shape:
    """A model's sizes.

    Attributes:
        siglip: SigLIP, which pools by attention; else CLIP, whose pictures have a token before the patches.
        edge, patch: pixels of a picture's side and of a patch's.
        dimension: of a vector.
        vocabulary: entries of the embedding table; the tokenizer has a few hundred.
    """

    siglip: bool
    edge: int
    patch: int
    vision: Tower
    text: Tower
    dimension: int
    vocabulary: int

    @property
    def patches(self) -> int:
        return int((self.edge // self.patch) ** 2)


SHAPES = {
    "CLIP ViT-B/32": Shape(
        False, 224, 32, Tower(768, 3072, 12, 12, 50), Tower(512, 2048, 12, 8, 77), 512, 49_408
    ),
    "CLIP ViT-L/14": Shape(
        False, 224, 14, Tower(1024, 4096, 24, 16, 257), Tower(768, 3072, 12, 12, 77), 768, 49_408
    ),
    "SigLIP 2 B/16": Shape(
        True, 224, 16, Tower(768, 3072, 12, 12, 196), Tower(768, 3072, 12, 12, 64), 768, 256_000
    ),
    "SigLIP So400m/14, 384": Shape(
        True, 384, 14, Tower(1152, 4304, 27, 16, 729), Tower(1152, 4304, 27, 16, 64), 1152, 32_000
    ),
}


def sized(name: str, check: Check) -> Shape:
    """The shape of this name, or of the same class with two layers where all is tiny."""
    shape = SHAPES[name]
    if not check.tiny:
        return shape
    vision, text = (Tower(32, 64, 2, 4, tokens) for tokens in (16 + (not shape.siglip), shape.text.tokens))
    return replace(shape, edge=32, patch=8, vision=vision, text=text, dimension=32, vocabulary=400)


def write_shape(folder: Path, shape: Shape) -> Path:
    """Such a model without weights, but for those that say how long vectors are and how they score."""
    import transformers

    folder.mkdir()
    text = {**_sizes(shape.text), **_ENDS, "vocab_size": shape.vocabulary}
    text["max_position_embeddings"] = shape.text.tokens
    vision = {**_sizes(shape.vision), "image_size": shape.edge, "patch_size": shape.patch}
    side = {"height": shape.edge, "width": shape.edge}
    numbers = {"logit_scale": torch.tensor(2.0)}
    if shape.siglip:
        text["projection_size"] = shape.dimension
        config: Any = transformers.SiglipConfig(text_config=text, vision_config=vision)
        pixels: dict[str, Any] = {"image_processor_type": "SiglipImageProcessor", "size": side}
        numbers |= {"logit_bias": torch.tensor(-3.0)}
    else:
        config = transformers.CLIPConfig(
            text_config=text, vision_config=vision, projection_dim=shape.dimension
        )
        pixels = {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": shape.edge}}
        pixels |= {"crop_size": side}
    config.save_pretrained(folder)
    tokenizer = byte_tokenizer()
    tokenizer.model_max_length = shape.text.tokens
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels), encoding="utf-8")
    width = "text_model.head.weight" if shape.siglip else "text_projection.weight"
    save_file({**numbers, width: torch.zeros(shape.dimension, 1)}, folder / "model.safetensors")
    return folder


def _sizes(tower: Tower) -> dict[str, int]:
    return {
        "hidden_size": tower.width,
        "intermediate_size": tower.inner,
        "num_hidden_layers": tower.layers,
        "num_attention_heads": tower.heads,
    }


@contextmanager
def drawn(device: torch.device) -> Iterator[None]:
    """Models that load meanwhile have random weights, drawn where they compute."""

    def draw(kind: Any, files: object, dtype: torch.dtype, config: Any) -> Any:
        torch.manual_seed(0)
        with torch.device(device):
            return kind(config).to(dtype)

    with patch.object(hf, "load_weights", draw):
        yield


def picture_operations(shape: Shape) -> float:
    """Floating-point operations for one picture; a multiplication and its sum are two.

    Source: Dosovitskiy et al. 2021, section 3.1, and Zhai et al. 2022, section 3.3, for pooling by attention:
    one query to all patches, and an MLP behind it. Of CLIP's last layer only one position has its MLP
    computed (models/running/last_mlp.py).
    """
    tower, patches = shape.vision, shape.patches
    split = patches * 3 * shape.patch**2 * tower.width
    if not shape.siglip:
        return 2.0 * (split + _layers(tower, one=True) + tower.width * shape.dimension)
    pooling = 2 * (patches + 1) * tower.width**2 + 2 * patches * tower.width + 2 * tower.width * tower.inner
    return 2.0 * (split + _layers(tower, one=False) + pooling)


def text_operations(shape: Shape, tokens: int) -> float:
    """The same for one text of so many tokens; SigLIP reads its last position alone after the last layer."""
    tower = replace(shape.text, tokens=tokens)
    return 2.0 * (_layers(tower, one=shape.siglip) + tower.width * shape.dimension)


def _layers(tower: Tower, *, one: bool) -> int:
    """Multiply-adds of all layers: attention's four projections and two products, and the MLP's two."""
    tokens, width = tower.tokens, tower.width
    attention = 4 * tokens * width**2 + 2 * tokens**2 * width
    mlp = 2 * width * tower.inner
    return tower.layers * (attention + tokens * mlp) - (tokens - 1) * mlp * one
