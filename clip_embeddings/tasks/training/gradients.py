"""Gradients of a batch that does not fit into memory at once, with all of its negatives. Imports torch.

Source: Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup".
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clip_embeddings.models.contrastive import contrastive_loss
from clip_embeddings.models.transformers.trainable import TrainableCLIP


@dataclass(frozen=True, slots=True)
class Chunk:
    """Pairs that go through the model at once: B arrays of token ids, and (B, H, W, 3) uint8."""

    ids: Sequence[NDArray[np.int64]]
    pixels: NDArray[np.uint8]


def accumulate(
    clip: TrainableCLIP, chunks: Sequence[Chunk], same: NDArray[np.bool_], *, seed: Sequence[int]
) -> float:
    """Add a batch's gradients to those of the model and return its loss.

    The embeddings of all chunks are computed without a graph, the loss of the whole batch gives the gradient
    of each embedding, and a second pass takes that to the weights, one chunk at a time. So the gradients are
    those of one large batch, while activations of one chunk are in memory.

    Args:
        same: (B, B) bool over the whole batch, for `contrastive_loss`.
        seed: of this step; both passes of a chunk draw the same random numbers.
    """
    mask = torch.from_numpy(same).to(clip.device)
    scale: Tensor = clip.model.logit_scale
    if len(chunks) == 1:
        with seeded(clip.device, [*seed, 0]):
            loss = contrastive_loss(*_embed(clip, chunks[0]), scale, same=mask)
            _backward(loss)
        return float(loss.detach())
    cached = []
    for number, chunk in enumerate(chunks):
        with torch.no_grad(), seeded(clip.device, [*seed, number]):
            cached.append([rows.requires_grad_() for rows in _embed(clip, chunk)])
    texts, pictures = (torch.cat(rows) for rows in zip(*cached, strict=True))
    loss = contrastive_loss(texts, pictures, scale, same=mask)
    _backward(loss)  # to the cached rows and the temperature
    for number, (chunk, rows) in enumerate(zip(chunks, cached, strict=True)):
        with seeded(clip.device, [*seed, number]):
            again = _embed(clip, chunk)
        parts = [(new * old.grad).sum() for new, old in zip(again, rows, strict=True) if old.grad is not None]
        _backward(torch.stack(parts).sum())
    return float(loss.detach())


@contextmanager
def seeded(device: torch.device, seed: Sequence[int]) -> Iterator[None]:
    """Random numbers of torch from a seed; afterwards the caller's go on as if nothing had been drawn."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(np.random.SeedSequence(list(seed)).generate_state(1, np.uint64)[0]))
        yield


def _embed(clip: TrainableCLIP, chunk: Chunk) -> tuple[Tensor, Tensor]:
    return clip.embed_texts(chunk.ids), clip.embed_pictures(chunk.pixels)


def _backward(loss: Any) -> None:
    loss.backward()
