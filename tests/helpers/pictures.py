"""Pictures for the tests: structured ones, so that a wrong turn, crop or colour shows."""

import io
from functools import cache
from itertools import count, islice
from typing import Any

import numpy as np
from PIL import Image

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import sample_scene

ORIENTATION = 0x0112
# Size of a picture by what is special about it.
SIZES = {
    "square": (64, 64),
    "tall": (60, 200),
    "wide": (210, 64),
    "one pixel": (1, 1),
    "a thin column": (5, 300),
    "a thin row": (300, 5),
    "large": (1000, 700),
    "odd": (333, 222),
    "smaller than the crop": (20, 17),
    "exactly the crop": (32, 32),
    "exactly the crop of the bundled model": (96, 96),
}


@cache
def scene(seed: int = 3, size: int = 96) -> Image.Image:
    """A drawn scene, RGB and square."""
    return render(sample_scene(seed), size)


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth colourful picture with noise, RGB, different for each seed."""
    random = np.random.default_rng(seed)
    x, y = (
        np.arange(width),
        np.arange(height)[:, None],
    )  # a row and a column: a sine of each, not of each pixel
    waves = [np.sin(x * a / 9 + p) * np.cos(y * b / 7 - p) for a, b, p in random.uniform(0.2, 1.5, (3, 3))]
    values = np.stack(waves, axis=2) * 100 + 128 + random.normal(0, 8, (height, width, 3))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def gradient(width: int = 64, height: int = 48) -> Image.Image:
    """8-bit grey from black at the left to white at the right."""
    row = np.linspace(0, 255, width).round().astype(np.uint8)
    return Image.fromarray(np.tile(row, (height, 1)))


@cache
def saturated(seed: int, size: int = 96) -> Image.Image:
    """A scene in colours as strong as sRGB has them; what is nearly grey stays."""
    hue, saturation, value = scene(seed, size).convert("HSV").split()
    strong = saturation.point([level if level <= 24 else 255 for level in range(256)])
    return Image.merge("HSV", (hue, strong, value)).convert("RGB")


def shown(*things: str, first: int = 653_000, each: int = 3) -> tuple[list[Image.Image], list[str]]:
    """Scenes that training never saw, `each` of every thing, and what they show."""
    found: list[tuple[Image.Image, str]] = []
    for thing in things:
        fitting = (s for s in map(sample_scene, count(first)) if s.thing == thing and not s.held_out)
        found += [(render(each_scene, 96), thing) for each_scene in islice(fitting, each)]
    return [picture for picture, _ in found], [thing for _, thing in found]
