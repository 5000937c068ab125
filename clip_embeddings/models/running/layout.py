"""A tower laid out for inference, where that pays. Imports torch."""

import torch
from torch import nn

from clip_embeddings.models.running.packed import can_pack, pack


def lay_out(model: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
    """Change a model's layers in place, for inference alone; it gives what it gave, up to rounding."""
    if can_pack(device, dtype):
        pack(model)
