"""RGB picture -> the uint8 crop that the model sees, as its preprocessor_config.json says.

Resizing and cropping run here, on bytes; rescaling and normalisation run on the device, in the encoder.
Imports Pillow, numpy, errors, colours and jpeg.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.inputs.colours import to_srgb
from clip_embeddings.inputs.jpeg import extent

_Channels: TypeAlias = tuple[float, float, float]
# Only the middle of a very long strip is kept by the crop; resizing all of it could take gigabytes.
WHOLE = 2**22  # pixels; up to here all of it is resized, which gives the very pixels of the reference


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a model wants its pictures.

    Attributes:
        shortest_edge: resize so that the shorter edge has this length; None resizes to `resize_to`.
        resize_to: (height, width) regardless of proportions; None does not.
        resample: Pillow's filter number.
        crop: (height, width) kept from the middle; None keeps everything.
        scale, mean, std: a pixel p in channel c enters the model as (p * scale - mean[c]) / std[c].
    """

    shortest_edge: int | None
    resize_to: tuple[int, int] | None
    resample: int
    crop: tuple[int, int] | None
    scale: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def from_config(cls, config: dict[str, Any], image_size: int | None) -> "Preprocessing":
        """Read what an image processor was saved with, its class's defaults filled in.

        Args:
            image_size: edge of the square that the model takes; None if it takes any.
        Raises:
            ModelLoadError: pictures would not be of the size that the model takes, or a value cannot be.
        Source: transformers, models/clip/image_processing_pil_clip.py and those beside it.
        """
        size = _sizes("size", config["size"], square=bool(config.get("default_to_square", False)))
        crop = None
        if config.get("do_center_crop"):
            edges = _sizes("crop_size", config["crop_size"], square=True)
            crop = edges["height"], edges["width"]
        resize = config.get("do_resize", True)
        mean, std = levels(config)
        preprocessing = cls(
            shortest_edge=size.get("shortest_edge") if resize else None,
            resize_to=(size["height"], size["width"]) if resize and "height" in size else None,
            resample=filter_number(config["resample"]),
            crop=crop,
            scale=rescale_factor(config),
            mean=mean,
            std=std,
        )
        made = preprocessing.output_size
        if made is None or (image_size and made != (image_size, image_size)):
            wanted = f"{image_size} x {image_size}" if image_size else "one size for all"
            raise ModelLoadError(f"makes pictures of {made or 'any size'}; the model takes {wanted}")
        return preprocessing

    def __str__(self) -> str:
        """In words, as `clip-embeddings info` shows it."""
        steps = []
        if self.shortest_edge:
            steps.append(f"shorter edge to {self.shortest_edge}")
        elif self.resize_to:
            steps.append("squashed to {} x {}".format(*self.resize_to))
        if steps:
            steps[0] += f" ({Image.Resampling(self.resample).name.lower()})"
        if self.crop:
            steps.append("middle {} x {}".format(*self.crop))
        numbers = ("/".join(f"{value:.3g}" for value in values) for values in (self.mean, self.std))
        return ", ".join([*steps, "mean {}, std {}".format(*numbers)])

    @property
    def output_size(self) -> tuple[int, int] | None:
        """(height, width) of every result, or None where it depends on the picture."""
        return self.crop or self.resize_to

    @property
    def least_edge(self) -> int | None:
        """Pixels of a picture's shorter edge from which on more would not be seen; None: all are needed.

        Twice what it is resized to: there vectors of photographs move as far as by bfloat16, at 1.5 three
        times as far (`python -m benchmarks draft`).
        """
        edge = self.shortest_edge or max(self.resize_to or (0,))
        return 2 * edge or None

    def to_pixels(self, picture: Image.Image) -> NDArray[np.uint8]:
        """Resize and crop a picture, RGB or as `read_image` gives it: -> (H, W, 3) uint8, in sRGB."""
        # Of few pixels by now; before the crop, which may add black ones.
        picture = to_srgb(self._resized(picture))
        return np.asarray(self._cropped(picture, self.crop) if self.crop else picture)

    def batch(self, pixels: Sequence[NDArray[np.uint8]]) -> dict[str, NDArray[Any]]:
        """What the picture tower is given of B pictures: pixel_values (B, H, W, 3)."""
        return {"pixel_values": np.stack(pixels)}

    def _resized(self, picture: Image.Image) -> Image.Image:
        if self.shortest_edge:
            return self._resize_shortest(picture, self.shortest_edge)
        if self.resize_to:
            height, width = self.resize_to
            return picture.resize((width, height), self.resample, extent(picture).box)
        return picture

    def _cropped(self, picture: Image.Image, crop: tuple[int, int]) -> Image.Image:
        height, width = crop
        left, top = self._margin(picture.width - width), self._margin(picture.height - height)
        return picture.crop((left, top, left + width, top + height))

    def _margin(self, spare: int) -> int:
        """Pixels that a crop leaves out on the left or above, of all that it leaves out; below 0 it adds."""
        return spare // 2

    def _resize_shortest(self, picture: Image.Image, edge: int) -> Image.Image:
        box, (width, height) = extent(picture)
        # The integer arithmetic of the reference: the longer edge is cut down, not rounded.
        tall, wide = (edge, int(edge * height / width)), (int(edge * width / height), edge)
        size = tall if width <= height else wide
        if self.crop and size[0] * size[1] > WHOLE:
            return self._resize_middle(picture, size, self.crop)
        return picture.resize(size, self.resample, box)

    def _resize_middle(
        self, picture: Image.Image, size: tuple[int, int], crop: tuple[int, int]
    ) -> Image.Image:
        """Of a long strip resized to (width, height) `size`, make only the part that the crop keeps."""
        axis = 0 if size[0] > size[1] else 1
        box = list(extent(picture).box)
        start, kept = box[axis], crop[1 - axis]  # crop is (height, width)
        share, first = (box[axis + 2] - start) / size[axis], self._margin(size[axis] - kept)
        box[axis], box[axis + 2] = start + first * share, start + (first + kept) * share
        result = (kept, size[1]) if axis == 0 else (size[0], kept)
        # The filters look beyond the box, so this equals the whole, but for rounding by one level.
        return picture.resize(result, self.resample, (box[0], box[1], box[2], box[3]))


LONGEST = 8192  # pixels of an edge that a picture is resized to; models take some hundreds


def rescale_factor(config: dict[str, Any]) -> float:
    """What a pixel is multiplied by before it is normalised."""
    return float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0


def levels(config: dict[str, Any]) -> tuple[_Channels, _Channels]:
    """Mean and standard deviation that pixels are normalised by, after the steps of ALIGN's processor.

    That one takes 1 away after rescaling (`rescale_offset`) and may divide once more (`include_top`).
    """
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    given = channels("image_std", config["image_std"])
    if config.get("do_normalize", True):
        mean, std = channels("image_mean", config["image_mean"]), given
    if config.get("rescale_offset") and config.get("do_rescale", True):
        mean = mean[0] + 1, mean[1] + 1, mean[2] + 1
    if config.get("include_top"):
        std = std[0] * given[0], std[1] * given[1], std[2] * given[2]
    return mean, std


def _sizes(name: str, value: Any, *, square: bool) -> dict[str, int]:
    """A size as transformers writes or wrote it: a number, a pair, or an object with names.

    Args:
        square: whether a number alone means both edges, as it does for a crop.
    """
    if isinstance(value, list | tuple) and len(value) == 2:
        value = {"height": value[0], "width": value[1]}
    if isinstance(value, int):
        value = {"height": value, "width": value} if square else {"shortest_edge": value}
    both = {"height", "width"}
    kinds = (both,) if name == "crop_size" else (both, {"shortest_edge"})
    if (
        not isinstance(value, dict)
        or value.keys() not in kinds
        or not all(type(edge) is int and 0 < edge <= LONGEST for edge in value.values())
    ):
        raise ModelLoadError(
            f"has {name} {value!r:.200}; expected {' or '.join(str(sorted(kind)) for kind in kinds)}, "
            f"of 1 to {LONGEST} pixels"
        )
    return value


def filter_number(value: Any) -> int:
    """A number of Pillow's filters."""
    if type(value) is not int and not isinstance(value, Image.Resampling):
        raise ModelLoadError(
            f"has resample {value!r:.200}; expected the number of a filter of Pillow, 3 for bicubic"
        )
    if value not in set(Image.Resampling):
        raise ModelLoadError(f"has resample {value!r}; Pillow's filters are 0 to 5")
    return value


def channels(name: str, values: Any) -> _Channels:
    """One number for each of red, green and blue."""
    if len(values) != 3 or not np.isfinite(np.asarray(values, np.float64)).all():
        raise ModelLoadError(f"has {name} {values!r:.200}; expected three numbers")
    red, green, blue = values
    return red, green, blue
