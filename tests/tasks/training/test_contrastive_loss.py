"""The contrastive loss against float64, at its limits, and as the bundled model was trained."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from clip_embeddings import contrastive_loss
from clip_embeddings.models.contrastive import MAX_LOGIT_SCALE, symmetric_cross_entropy


def rows(number: int, seed: int = 0, *, dimension: int = 64, noise: float | None = None) -> Tensor:
    """Unit rows; with noise, near those of the seed before."""
    made = torch.randn(number, dimension, generator=torch.Generator().manual_seed(seed))
    if noise is not None:
        made = rows(number, seed - 1, dimension=dimension) + noise * made
    return F.normalize(made, dim=-1)


def reference(
    texts: Tensor, pictures: Tensor, scale: float, same: NDArray[np.bool_] | None = None
) -> tuple[float, NDArray[np.float64]]:
    """The loss in numpy and float64, and its gradient with respect to the logits."""
    logits = scale * texts.double().numpy() @ pictures.double().numpy().T
    if same is not None:
        logits = np.where(same & ~np.eye(len(logits), dtype=bool), -np.inf, logits)
    loss, gradient = 0.0, np.zeros_like(logits)
    for axis in (0, 1):
        highest = logits.max(axis=axis, keepdims=True)
        shares = np.exp(logits - highest)
        total = shares.sum(axis=axis, keepdims=True)
        own = (logits - highest - np.log(total)).diagonal()
        loss -= own.mean() / 2
        gradient += (shares / total - np.eye(len(logits))) / (2 * len(logits))
    return float(loss), gradient


@pytest.mark.parametrize("batch", [1, 2, 512])
@pytest.mark.parametrize("stored", [-30.0, -5.0, 0.0, 2.6593, MAX_LOGIT_SCALE, 9.0, 80.0])
@pytest.mark.parametrize("noise", [0.0, 0.5, 50.0])
def test_the_loss_and_its_gradient_are_those_of_float64(batch: int, stored: float, noise: float) -> None:
    """At any temperature, for pairs that agree, that half agree and that do not."""
    texts, pictures = rows(batch), rows(batch, 1, noise=noise).requires_grad_()
    scale = math.exp(min(stored, math.log(100)))
    expected, gradient = reference(texts, pictures.detach(), scale)
    loss = contrastive_loss(texts, pictures, torch.tensor(stored))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert pictures.grad is not None
    wanted = scale * gradient.T @ texts.double().numpy()
    # What rounding of a logit of size `scale` makes of a share.
    np.testing.assert_allclose(pictures.grad, wanted, rtol=1e-3, atol=1e-5 * scale / batch)


def test_one_pair_alone_has_no_loss() -> None:
    assert contrastive_loss(rows(1), rows(1, 1), torch.tensor(4.0)).item() == 0


def test_the_temperature_learns_and_counts_as_a_hundred_at_most() -> None:
    texts, pictures = rows(8), rows(8, 1)
    below, beyond = torch.tensor(2.0, requires_grad=True), torch.tensor(7.0, requires_grad=True)
    contrastive_loss(texts, pictures, below).backward()  # type: ignore[no-untyped-call]
    contrastive_loss(texts, pictures, beyond).backward()  # type: ignore[no-untyped-call]
    assert below.grad is not None
    assert beyond.grad is not None
    assert below.grad.abs() > 0.01
    assert beyond.grad == 0
    at_bound = contrastive_loss(texts, pictures, torch.tensor(math.log(100)))
    torch.testing.assert_close(contrastive_loss(texts, pictures, beyond.detach()), at_bound)


def test_autocast_and_half_precision_do_not_coarsen_it() -> None:
    """In bfloat16 a logit near 100 is off by up to 0.25, which would be the loss of a trained model."""
    texts, pictures, scale = rows(64), rows(64, 1, noise=0.2), torch.tensor(MAX_LOGIT_SCALE)
    with torch.autocast("cpu", torch.bfloat16):
        inside = contrastive_loss(texts, pictures, scale)
        logits = scale.exp() * texts @ pictures.T
    assert logits.dtype == torch.bfloat16
    assert inside.dtype == torch.float32
    assert inside == contrastive_loss(texts, pictures, scale)
    halves = contrastive_loss(texts.half(), pictures.half(), scale)
    assert halves == contrastive_loss(texts.half().float(), pictures.half().float(), scale)
    assert contrastive_loss(texts.double(), pictures.double(), scale).dtype == torch.float64


def test_what_is_also_right_is_no_negative() -> None:
    texts, pictures = rows(4), rows(4, 1)
    pictures[1] = texts[0]  # the second picture, likened to the first text
    same = torch.eye(4, dtype=torch.bool)
    apart = contrastive_loss(texts, pictures, torch.tensor(4.0), same=same)
    same[0, 1] = True
    loss = contrastive_loss(texts, pictures, torch.tensor(4.0), same=same)
    expected, _ = reference(texts, pictures, math.exp(4.0), same.numpy())
    assert loss < apart - 5
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_a_batch_of_one_caption_alone_is_finite_and_moves_nothing() -> None:
    texts = rows(3).requires_grad_()
    loss = contrastive_loss(texts, rows(3, 1), torch.tensor(4.6), same=torch.ones(3, 3, dtype=torch.bool))
    loss.backward()  # type: ignore[no-untyped-call]
    assert texts.grad is not None
    assert (loss.item(), texts.grad.abs().max().item()) == (0, 0)


def test_an_unrelated_text_is_a_negative_of_every_picture() -> None:
    texts, pictures, scale = rows(4), rows(4), torch.tensor(3.0)
    without = contrastive_loss(texts, pictures, scale)
    near = contrastive_loss(texts, pictures, scale, unrelated=pictures[:1])
    assert near > without + 0.05
    torch.testing.assert_close(contrastive_loss(texts, pictures, scale, unrelated=texts[:0]), without)


def test_the_bundled_model_s_training_has_the_loss_that_it_had() -> None:
    """The arithmetic of the script before the loss had a module of its own, to the last bit."""
    texts, pictures, unrelated = rows(24), rows(24, 1, noise=0.3), rows(12, 2)
    true = torch.rand(24, 24, generator=torch.Generator().manual_seed(3)) < 0.1
    stored = torch.tensor(3.8477)
    scale = stored.exp()
    logits = (scale * texts @ pictures.T).masked_fill(true & ~torch.eye(24, dtype=torch.bool), float("-inf"))
    target = torch.arange(24)
    to_text = F.cross_entropy(torch.cat([logits.T, scale * pictures @ unrelated.T], dim=1), target)
    before = (F.cross_entropy(logits, target) + to_text) / 2
    assert contrastive_loss(texts, pictures, stored, same=true, unrelated=unrelated) == before
    assert before.item() == pytest.approx(0.7610206, rel=1e-5)


def test_logits_alone_give_the_same_loss() -> None:
    texts, pictures = rows(6), rows(6, 1)
    logits = torch.tensor(2.0).exp() * texts @ pictures.T
    assert symmetric_cross_entropy(logits) == contrastive_loss(texts, pictures, torch.tensor(2.0))
