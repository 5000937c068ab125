"""Whether a model knows the pictures of a sample, by their captions. Imports numpy and modality."""

import numpy as np
from numpy.typing import ArrayLike

from clip_embeddings.calibration.modality import ModalityCalibration

CHANCE = 0.1
HARDLY = 0.25
"""Where fewer captions than this find their picture, no calibration helps: what it shows is mostly chance."""


def share_known(texts: ArrayLike, pictures: ArrayLike, calibration: ModalityCalibration) -> float:
    """How many captions find their own picture among the tenth of the pictures nearest to them, 0 to 1.

    Args:
        texts, pictures: raw unit rows (N, D); row i of both belong together.
    """
    asked = calibration.apply(texts, "text", "query")
    cosines = asked @ calibration.apply(pictures, "image").T  # (N, N)
    nearer = (cosines > np.diag(cosines)[:, None]).mean(axis=1)
    return float((nearer < CHANCE).mean())


def hardly_known(share: float) -> str:
    """A sentence about a share that is too low, "" about any other."""
    if share >= HARDLY:
        return ""
    return (
        f"the model hardly knows such pictures, or their captions say little of them: {share:.0%} of the "
        f"captions find their own one among the nearest tenth, where {CHANCE:.0%} is chance. No calibration "
        "mends that"
    )
