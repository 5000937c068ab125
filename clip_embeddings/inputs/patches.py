"""RGB picture -> patches in the picture's own proportions, as SigLIP 2's NaFlex models read them.

Imports Pillow, numpy, errors, colours, preprocess and jpeg.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.inputs.colours import to_srgb
from clip_embeddings.inputs.jpeg import extent
from clip_embeddings.inputs.preprocess import filter_number, levels, rescale_factor

_MOST = 100.0  # the reference enlarges a picture up to so many times, to within the next
_NEAR = 1e-5


@dataclass(frozen=True, slots=True)
class PatchPreprocessing:
    """How a model wants its pictures: as many patches as it takes, in rows and columns like the picture.

    Attributes:
        patch_size: edge of a patch in pixels.
        max_num_patches: of one picture; all pictures are filled up to it.
        resample: Pillow's filter number.
        scale, mean, std: a pixel p in channel c enters the model as (p * scale - mean[c]) / std[c].
    """

    patch_size: int
    max_num_patches: int
    resample: int
    scale: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def from_config(cls, config: dict[str, Any], patch_size: int) -> "PatchPreprocessing":
        """Read what an image processor was saved with, its class's defaults filled in.

        Args:
            patch_size: that of the model.
        Raises:
            ModelLoadError: patches of another size than the model's, or a value cannot be.
        """
        numbers = {name: config[name] for name in ("patch_size", "max_num_patches")}
        for name, number in numbers.items():
            if type(number) is not int or not 0 < number <= 2**16:
                raise ModelLoadError(f"has {name} {number!r:.200}; expected a whole number above 0")
        if numbers["patch_size"] != patch_size:
            raise ModelLoadError(
                f"has patches of {numbers['patch_size']} pixels; the model's are {patch_size}"
            )
        mean, std = levels(config)
        return cls(
            **numbers,
            resample=filter_number(config["resample"]),
            scale=rescale_factor(config),
            mean=mean,
            std=std,
        )

    def __str__(self) -> str:
        """In words, as `clip-embeddings info` shows it."""
        filter_name = Image.Resampling(self.resample).name.lower()
        size = f"{self.patch_size} x {self.patch_size}"
        numbers = ("/".join(f"{value:.3g}" for value in values) for values in (self.mean, self.std))
        return f"at most {self.max_num_patches} patches of {size} ({filter_name}), " + (
            "mean {}, std {}".format(*numbers)
        )

    @property
    def least_edge(self) -> int | None:
        """A decoder's scaling could change proportions by a pixel, and with them the number of patches."""
        return None

    def to_pixels(self, picture: Image.Image) -> NDArray[np.uint8]:
        """Resize a picture to whole patches: -> (H, W, 3) uint8, in sRGB."""
        box, whole = extent(picture)
        height, width = self.size_of(whole[1], whole[0])
        return np.asarray(to_srgb(picture.resize((width, height), self.resample, box)))

    def size_of(self, height: int, width: int) -> tuple[int, int]:
        """Height and width that a picture is resized to, found by halving as the reference does.

        Source: transformers, models/siglip2/image_processing_pil_siglip2.py.
        """
        low, high = _NEAR / 10, _MOST
        while high - low >= _NEAR:
            middle = (low + high) / 2
            rows, columns = self._patches(height * middle), self._patches(width * middle)
            if rows * columns <= self.max_num_patches:
                low = middle
            else:
                high = middle
        return self._patches(height * low) * self.patch_size, self._patches(width * low) * self.patch_size

    def _patches(self, edge: float) -> int:
        return max(1, math.ceil(edge / self.patch_size))

    def batch(self, pixels: Sequence[NDArray[np.uint8]]) -> dict[str, NDArray[Any]]:
        """What the picture tower is given of B pictures, P patches each at most, N numbers a patch.

        Returns:
            pixel_values (B, P, N), pixel_attention_mask (B, P), spatial_shapes (B, 2): rows and columns.
        """
        edge, most = self.patch_size, self.max_num_patches
        values = np.zeros((len(pixels), most, edge * edge * 3), np.uint8)
        mask = np.zeros((len(pixels), most), np.int64)
        shapes = np.zeros((len(pixels), 2), np.int64)
        for place, picture in enumerate(pixels):
            rows, columns = picture.shape[0] // edge, picture.shape[1] // edge
            parts = picture.reshape(rows, edge, columns, edge, 3).transpose(0, 2, 1, 3, 4)
            values[place, : rows * columns] = parts.reshape(rows * columns, -1)
            mask[place, : rows * columns] = 1
            shapes[place] = rows, columns
        return {"pixel_values": values, "pixel_attention_mask": mask, "spatial_shapes": shapes}
