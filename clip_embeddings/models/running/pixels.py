"""Inputs and results on their way between numpy and a device. Imports torch and numpy."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clip_embeddings.inputs.patches import PatchPreprocessing
from clip_embeddings.inputs.preprocess import Preprocessing


def gain_and_offset(
    preprocessing: Preprocessing | PatchPreprocessing, device: torch.device
) -> tuple[Tensor, Tensor]:
    """(p * scale - mean) / std as one multiplication and one addition: (3,) each."""
    std = torch.tensor(preprocessing.std, device=device)
    return preprocessing.scale / std, -torch.tensor(preprocessing.mean, device=device) / std


def normalised(pixels: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Pixels times gain plus offset: uint8 (B, H, W, 3) -> float (B, 3, H, W).

    Patches, uint8 (B, P, N) with the channels of one pixel side by side, stay (B, P, N).
    """
    if pixels.ndim == 3:
        repeats = pixels.shape[2] // len(gain)
        return pixels.float() * gain.repeat(repeats) + offset.repeat(repeats)
    width = pixels.shape[2]
    # (B, H, W * 3): with the three channels alone as the last axis it takes six times as long on a CPU.
    rows = pixels.float().flatten(2) * gain.repeat(width) + offset.repeat(width)
    return rows.view(pixels.shape).permute(0, 3, 1, 2)


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A copy on the device; on its way while others are computed."""
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def to_numpy(features: Tensor) -> NDArray[np.float32]:
    """float32, on the CPU."""
    rows: NDArray[np.float32] = features.float().cpu().numpy()
    return rows
