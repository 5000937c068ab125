"""Which device and precision to use, and smaller batches when memory runs out. Imports torch and errors."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clip_embeddings.errors import InvalidInputError

logger = logging.getLogger(__name__)

_CPU_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


def choose_device(name: str) -> torch.device:
    """Resolve "auto" to cuda, mps or cpu, whichever is there first; check any other name.

    Raises:
        InvalidInputError: the device is not on this machine.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InvalidInputError(f"device: got {name!r}; expected auto, cpu, mps, cuda or cuda:N") from error
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if not available.get(device.type) or (device.index or 0) >= count:
        there = ", ".join(kind for kind, is_there in available.items() if is_there)
        raise InvalidInputError(
            f"device: {name!r} is not on this machine; available: {there}; 'auto' chooses"
        )
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Resolve "auto" to bfloat16 where the hardware computes in it, else float32."""
    if name != "auto":
        dtype: torch.dtype = getattr(torch, name)
        return dtype
    return torch.bfloat16 if computes_bfloat16(device) else torch.float32


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device itself computes in bfloat16; where it is emulated, float32 is faster."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(name) for name in _CPU_BFLOAT16)
    return False


@dataclass(frozen=True, slots=True)
class BatchSizes:
    """What goes into one forward pass where the caller does not say.

    Attributes:
        images: pictures.
        tokens: of text, padding included.
    """

    images: int
    tokens: int


def batch_sizes(device: torch.device) -> BatchSizes:
    """The size from which on a larger batch of ViT-B/32 was no faster on a CPU; the fewer the texts, the more
    alike is their length, and the less is padding. Those for a GPU are chosen, not measured.
    """
    return BatchSizes(256, 16_384) if device.type == "cuda" else BatchSizes(32, 512)


def with_halving(
    encode: Callable[[NDArray[Any]], NDArray[np.float32]], batch: NDArray[Any]
) -> NDArray[np.float32]:
    """Encode a batch; where the device's memory is too small, encode its halves.

    Raises:
        torch.OutOfMemoryError: not even one item fits.
    """
    try:
        return encode(batch)
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
        logger.warning("out of memory with %d items in a batch; trying halves", len(batch))
    # Outside the except block: the exception holds the failed attempt's tensors.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    half = len(batch) // 2
    return np.concatenate([with_halving(encode, batch[:half]), with_halving(encode, batch[half:])])
