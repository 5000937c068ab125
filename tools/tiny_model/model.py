"""The bundled model before it is trained, and what it takes: pictures to pixels, texts to vectors.

Imports torch, transformers and the training data.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

from tools.tiny_model import training_data as data

SIZE, PATCH = 96, 12
_KEPT = 7  # bits of the mantissa
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def build_model(vocabulary: int, end: int, *, width: int = 128) -> CLIPModel:
    """A CLIPModel with random weights; about 2.4 M parameters at the width of the bundled one.

    Args:
        width: of the text tower and of the vectors, a multiple of 4; the picture tower is a quarter wider.
    """
    text = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=data.CONTEXT,
        projection_dim=width,
        bos_token_id=0,
        eos_token_id=end,
        pad_token_id=end,
    )
    vision = CLIPVisionConfig(
        image_size=SIZE,
        patch_size=PATCH,
        hidden_size=width // 4 * 5,
        intermediate_size=width * 5,
        num_hidden_layers=4,
        num_attention_heads=5,
        projection_dim=width,
    )
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=width)
    # Much faster than the fused kernel where the sequence is this short and the processor trains.
    config._attn_implementation = "eager"
    return CLIPModel(config)


class AttributeHeads(nn.Module):
    """Linear read-outs of the scene's attributes from the picture's features; used early in training only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(width, len(options)) for options in data.ATTRIBUTES.values())

    def forward(self, features: Tensor, attributes: Tensor) -> Tensor:
        """Mean cross-entropy over attributes: (B, W), (B, A) -> ()."""
        losses = [
            F.cross_entropy(head(features), attributes[:, a], ignore_index=-1)
            for a, head in enumerate(self.heads)
        ]
        return torch.stack(losses).mean()


def encode_texts(model: CLIPModel, ids: np.ndarray, end: int, parts: int = 4) -> Tensor:
    """Unit text embeddings in order; texts of like length run together: (N, 77) -> (N, D)."""
    length = data.lengths(ids, end)
    order = np.argsort(length, kind="stable")
    rows = []
    for part in np.array_split(order, parts):
        tokens = torch.from_numpy(ids[part, : length[part].max()].astype(np.int64))
        rows.append(model.get_text_features(input_ids=tokens).pooler_output)
    features = torch.cat(rows)[torch.from_numpy(np.argsort(order))]
    return F.normalize(features.float(), dim=-1)


def augment(pixels: np.ndarray, generator: np.random.Generator) -> Tensor:
    """Random zoom, shift and brightness: (B, S, S, 3) uint8 -> normalised (B, 3, S, S) float32."""
    parts = []
    for part in np.array_split(pixels, 8):
        side = int(generator.integers(round(0.9 * SIZE), SIZE + 1))
        top, left = generator.integers(0, SIZE - side + 1, 2)
        crop = (
            torch.from_numpy(part[:, top : top + side, left : left + side]).permute(0, 3, 1, 2).float() / 255
        )
        crop = F.interpolate(crop, (SIZE, SIZE), mode="bilinear", antialias=True)
        parts.append(crop * generator.uniform(0.92, 1.08) + generator.uniform(-0.03, 0.03))
    return _standardise(torch.cat(parts))


def normalise(pixels: np.ndarray) -> Tensor:
    """(B, S, S, 3) uint8 -> normalised (B, 3, S, S) float32."""
    return _standardise(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255)


def _standardise(pixels: Tensor) -> Tensor:
    return (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def rounded(weights: Tensor) -> Tensor:
    """Float16 with the precision of bfloat16: nothing is found worse, and the file packs a sixth smaller."""
    dropped = 10 - _KEPT
    bits = weights.half().view(torch.int16).int()
    return ((bits + (1 << (dropped - 1))) & -(1 << dropped)).short().view(torch.float16)
