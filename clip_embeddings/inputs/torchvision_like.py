"""Pictures as torchvision's transforms prepare them, pixel for pixel and without it: open_clip's way.

Imports Pillow, preprocess and jpeg.
"""

from dataclasses import dataclass
from typing import Literal

from PIL import Image

from clip_embeddings.inputs.jpeg import extent
from clip_embeddings.inputs.preprocess import WHOLE, Preprocessing


@dataclass(frozen=True, slots=True)
class TorchvisionPreprocessing(Preprocessing):
    """How a model of open_clip wants its pictures.

    Attributes:
        keep: "shortest" or "longest" where a picture keeps its proportions and that edge becomes as long as
            the crop's; None where `shortest_edge` or `resize_to` says it.
        fill: level of what a crop adds around a picture that is smaller.
    Source: open_clip, transform.py; torchvision, `center_crop` of transforms/functional.py.
    """

    keep: Literal["shortest", "longest"] | None = None
    fill: int = 0

    def __str__(self) -> str:
        said = Preprocessing.__str__(self)
        return f"{self.keep} edge to that of the crop, {said}" if self.keep else said

    @property
    def least_edge(self) -> int | None:
        """Pixels of a picture's shorter edge from which on more would not be seen."""
        kept = self.resize_to or (self.crop if self.keep else None) or (0,)
        return 2 * (self.shortest_edge or max(kept)) or None

    def _resized(self, picture: Image.Image) -> Image.Image:
        if not self.keep or not self.crop:
            return Preprocessing._resized(self, picture)
        box, whole = extent(picture)
        ratios = whole[1] / self.crop[0], whole[0] / self.crop[1]
        ratio = min(ratios) if self.keep == "shortest" else max(ratios)
        # Of a strip that would vanish one row is kept, where the reference has an error.
        width, height = (max(1, round(edge / ratio)) for edge in whole)
        if width * height > WHOLE:
            return self._resize_middle(picture, (width, height), self.crop)
        return picture.resize((width, height), self.resample, box)

    def _cropped(self, picture: Image.Image, crop: tuple[int, int]) -> Image.Image:
        height, width = crop
        if not self.fill or (picture.height >= height and picture.width >= width):
            return Preprocessing._cropped(self, picture, crop)
        canvas = Image.new("RGB", (width, height), (self.fill,) * 3)
        canvas.paste(picture, (-self._margin(picture.width - width), -self._margin(picture.height - height)))
        return canvas

    def _margin(self, spare: int) -> int:
        """Halves go to the even number, as Python rounds; what is added goes to the right and below first."""
        return round(spare / 2) if spare >= 0 else -(-spare // 2)
