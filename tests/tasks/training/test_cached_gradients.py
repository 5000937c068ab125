"""A step in several passes has the gradients of one large batch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from clip_embeddings.models.contrastive import contrastive_loss
from clip_embeddings.models.hub.locate import locate
from clip_embeddings.models.transformers.trainable import TrainableCLIP
from clip_embeddings.tasks.training.gradients import Chunk, accumulate, seeded

PAIRS = 12
CPU = torch.device("cpu")


@pytest.fixture
def clip(checkpoint: Path) -> TrainableCLIP:
    """The random checkpoint, to be trained."""
    return TrainableCLIP(locate(str(checkpoint)), CPU, torch.float32)


def batch(clip: TrainableCLIP, sizes: Sequence[int]) -> list[Chunk]:
    """The same pairs in chunks of these sizes; texts of many lengths, so that padding differs."""
    random = np.random.default_rng(0)
    texts = [" ".join(["a photo of a cat and two dogs"] * (1 + i % 4)) + str(i) for i in range(PAIRS)]
    ids = clip.tokenizer.windows(texts, "truncate").ids
    pixels = random.integers(0, 256, (PAIRS, 32, 32, 3)).astype(np.uint8)
    ends = np.cumsum(sizes)
    return [
        Chunk(ids[end - size : end], pixels[end - size : end]) for end, size in zip(ends, sizes, strict=True)
    ]


def gradients(clip: TrainableCLIP, sizes: Sequence[int], same: NDArray[np.bool_]) -> tuple[float, Any]:
    clip.model.zero_grad(set_to_none=True)
    loss = accumulate(clip, batch(clip, sizes), same, seed=[0])
    return loss, {n: w.grad.clone() for n, w in clip.model.named_parameters() if w.grad is not None}


@pytest.mark.parametrize("sizes", [[4, 4, 4], [7, 5], [1] * PAIRS])
def test_the_gradients_of_chunks_are_those_of_the_whole(clip: TrainableCLIP, sizes: list[int]) -> None:
    clip.model.double()
    clip._gain, clip._offset = clip._gain.double(), clip._offset.double()
    same = np.eye(PAIRS, dtype=bool)
    same[0, 5] = same[5, 0] = True
    whole_loss, whole = gradients(clip, [PAIRS], same)
    loss, ours = gradients(clip, sizes, same)
    assert loss == pytest.approx(whole_loss, rel=1e-6)
    assert set(ours) == set(whole) == {name for name, _ in clip.model.named_parameters()}
    largest = max(float(gradient.abs().max()) for gradient in whole.values())
    for name, gradient in whole.items():
        torch.testing.assert_close(ours[name], gradient, rtol=1e-4, atol=1e-6 * largest, msg=name)


def test_adding_up_the_losses_of_chunks_would_be_something_else(clip: TrainableCLIP) -> None:
    """The usual way to accumulate has fewer negatives, and so another loss."""
    same = np.eye(PAIRS, dtype=bool)
    whole, _ = gradients(clip, [4, 4, 4], same)
    alone = [accumulate(clip, [chunk], same[:4, :4], seed=[0]) for chunk in batch(clip, [4, 4, 4])]
    assert abs(float(np.mean(alone)) - whole) > 0.1


def test_dropout_falls_alike_in_both_passes(clip: TrainableCLIP) -> None:
    """Gradients through the cache are those of the chunks' own graphs, kept whole, at the same dropout."""
    for module in clip.model.modules():
        if hasattr(module, "dropout") and isinstance(module.dropout, float):
            module.dropout = 0.5
    clip.model.train()
    same = np.eye(PAIRS, dtype=bool)
    loss, ours = gradients(clip, [6, 6], same)
    clip.model.zero_grad(set_to_none=True)
    rows = []
    for number, chunk in enumerate(batch(clip, [6, 6])):
        with seeded(CPU, [0, number]):
            rows.append((clip.embed_texts(chunk.ids), clip.embed_pictures(chunk.pixels)))
    texts, pictures = (torch.cat(parts) for parts in zip(*rows, strict=True))
    whole = contrastive_loss(texts, pictures, clip.model.logit_scale)
    whole.backward()  # type: ignore[no-untyped-call]
    assert loss == pytest.approx(whole.item(), rel=1e-6)
    for name, weight in clip.model.named_parameters():
        torch.testing.assert_close(ours[name], weight.grad, rtol=1e-4, atol=1e-6, msg=name)
    clip.model.eval()
    assert accumulate(clip, batch(clip, [6, 6]), same, seed=[0]) != pytest.approx(loss, rel=1e-3)


def test_a_step_leaves_the_caller_s_random_numbers_alone(clip: TrainableCLIP) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    accumulate(clip, batch(clip, [6, 6]), np.eye(PAIRS, dtype=bool), seed=[0])
    assert torch.equal(torch.rand(3), expected)


def test_mixed_precision_gives_float32_rows_near_those_of_float32(checkpoint: Path) -> None:
    files = locate(str(checkpoint))
    exact, mixed = (TrainableCLIP(files, CPU, dtype) for dtype in (torch.float32, torch.bfloat16))
    chunk = batch(exact, [PAIRS])[0]
    with torch.no_grad():
        for ours, theirs in (
            (mixed.embed_texts(chunk.ids), exact.embed_texts(chunk.ids)),
            (mixed.embed_pictures(chunk.pixels), exact.embed_pictures(chunk.pixels)),
        ):
            assert ours.dtype == torch.float32
            assert 0.99 < (ours * theirs).sum(dim=1).min() < 1 - 1e-6
    assert all(weight.dtype == torch.float32 for weight in mixed.model.parameters())
