"""The symmetric contrastive loss of CLIP. Imports torch only.

It lies here and not among the tasks because the bundled model was trained with it too, and a model may not
import a task; `tasks/training` offers it under the same name.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

MAX_LOGIT_SCALE = math.log(100)
"""Bound of the learnt temperature, as the log that is stored; Radford et al. 2021, section 2.5."""


def contrastive_loss(
    texts: Tensor,
    pictures: Tensor,
    logit_scale: Tensor,
    *,
    same: Tensor | None = None,
    unrelated: Tensor | None = None,
) -> Tensor:
    """How badly a batch of pairs is told apart: each text among the pictures, each picture among the texts.

    Computed in float32 at least, also under autocast and for rows of half precision.

    Args:
        texts: (B, D) embeddings, unit rows; row i belongs to row i of `pictures`.
        pictures: (B, D) embeddings, unit rows.
        logit_scale: () log of what cosines are multiplied by; learnable. Above ln 100 it counts as ln 100.
        same: (B, B) bool; where text i (row) is also right for picture j (column), they are no negatives.
        unrelated: (M, D) unit rows of texts that belong to no picture: further negatives of every picture.
    Returns:
        () mean cross-entropy of both directions.
    Source: Radford et al. 2021, figure 3 and section 2.5.
    """
    with torch.autocast(texts.device.type, enabled=False):
        texts, pictures = _wide(texts), _wide(pictures)
        scale = _wide(logit_scale).clamp(max=MAX_LOGIT_SCALE).exp()
        others = None if unrelated is None else scale * pictures @ _wide(unrelated).T  # (B, M)
        return symmetric_cross_entropy(scale * texts @ pictures.T, same=same, unrelated=others)


def symmetric_cross_entropy(
    logits: Tensor, *, same: Tensor | None = None, unrelated: Tensor | None = None
) -> Tensor:
    """The loss of scaled cosines.

    Args:
        logits: (B, B) of texts (rows) and pictures (columns); pairs on the diagonal.
        same: (B, B) bool, text i is right for picture j.
        unrelated: (B, M) of pictures and texts that belong to none.
    """
    if same is not None:
        pairs = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(same & ~pairs, float("-inf"))
    target = torch.arange(len(logits), device=logits.device)
    to_picture = F.cross_entropy(logits, target)
    to_text = F.cross_entropy(
        logits.T if unrelated is None else torch.cat([logits.T, unrelated], dim=1), target
    )
    return (to_picture + to_text) / 2


def _wide(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
