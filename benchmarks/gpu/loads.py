"""Embedders of random models, and what is given to them. Imports numpy and this library."""

from typing import Any

import numpy as np

from benchmarks.gpu.check import Check
from benchmarks.gpu.shapes import drawn, sized, write_shape
from clip_embeddings import CLIPEmbedder
from clip_embeddings.types import DecodedImage

_THINGS = ("cat", "dog", "bus", "sea", "hat", "cup", "map", "bed")


class InLanes(CLIPEmbedder):
    """With as many batches under way at once as is asked for, whatever the device."""

    lanes: int | None = None

    @property
    def _lanes(self) -> int:
        return self.lanes or super()._lanes


def embedder(check: Check, name: str, *, lanes: int | None = None, **settings: Any) -> InLanes:
    """Of a shape; both towers are loaded. Those of one shape and precision share the weights."""
    folder = check.home / name.replace("/", "-")
    if not folder.exists():
        write_shape(folder, sized(name, check))
    given = {"device": str(check.device), "dtype": check.dtype, **settings}
    made = InLanes(folder, **given)
    made.lanes = lanes
    with drawn(check.device):
        encoder: Any = made._encoder
        for tower in ("text_model", "vision_model"):
            encoder._tower(tower)
    return made


def crops(made: CLIPEmbedder, number: int) -> list[DecodedImage]:
    """Pictures of noise as decoding leaves them, no two alike."""
    preprocessing: Any = made._encoder.preprocessing
    high, wide = preprocessing.output_size
    noise = np.random.default_rng(0).integers(0, 256, (min(number, 64), high, wide, 3), np.uint16)
    # Some are darker: noise alone is much the same to a model, picture for picture.
    levels = np.linspace(40, 255, number).astype(np.uint16)
    return [
        DecodedImage((noise[place % len(noise)] * level >> 8).astype(np.uint8), preprocessing)
        for place, level in enumerate(levels)
    ]


def captions(number: int) -> list[str]:
    """Short texts, no two alike."""
    return [f"{place:05} {_THINGS[place % len(_THINGS)]}" for place in range(number)]
