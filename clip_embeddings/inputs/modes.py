"""A decoded picture of any mode and orientation -> upright and opaque.

Imports Pillow, numpy, colours and jpeg.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from clip_embeddings.inputs.colours import PROFILE, read_as
from clip_embeddings.inputs.jpeg import extent, turned, with_extent

WHITE = (255, 255, 255, 255)
ORIENTATION = 0x0112
STRIP = 2**20
"""Pixels that are converted at once: in between they take up to 16 bytes each, where RGB takes 4."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_SIDE = (5, 6, 7, 8)
_Convert = Callable[[Image.Image], Image.Image]


def plain(picture: Image.Image) -> Image.Image:
    """A loaded picture upright and opaque, ready for `to_srgb`: the same object if it is so already.

    Where its profile says more than sRGB, it has the mode that the profile is about, RGB, L or CMYK, and the
    profile with it; else it is RGB.
    """
    mode = read_as(picture)
    result = upright(picture)
    kept = extent(result)
    if result.mode != mode or result.has_transparency_data:
        result = to_rgb(result)
    if mode and result.mode != mode:  # a grey one, whose three levels are the same
        result = result.convert(mode)
    if result is not picture:
        result.info = {key: value for key, value in result.info.items() if key != PROFILE}
        if mode:
            result.info[PROFILE] = picture.info[PROFILE]
        with_extent(result, kept)
    return result


def upright_size(picture: Image.Image) -> tuple[int, int]:
    """(width, height) of a picture as it is seen, from its head alone; damaged EXIF raises as Pillow does."""
    width, height = picture.size
    return (height, width) if picture.getexif().get(ORIENTATION, 1) in _ON_SIDE else (width, height)


def upright(picture: Image.Image) -> Image.Image:
    """Turn a loaded picture as its EXIF orientation says; damaged EXIF is no reason to lose a picture."""
    try:
        turn = _TURNS.get(picture.getexif().get(ORIENTATION, 1))
    except Exception:
        return picture
    return picture if turn is None else turned(picture, turn)


def to_rgb(picture: Image.Image) -> Image.Image:
    """Convert any mode, transparency on white; an opaque RGB picture is given back itself.

    Every conversion looks at one pixel at a time, so a large picture is converted strip by strip.
    """
    if picture.mode == "RGB" and not picture.has_transparency_data:
        return picture
    convert = _conversion(picture)
    if picture.width * picture.height <= STRIP:
        return convert(picture)
    result = Image.new("RGB", picture.size)
    for top, strip in _strips(picture):
        result.paste(convert(strip), (0, top))
    return result


def _strips(picture: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Strips of at most STRIP pixels, if a row is not longer, each with its place from the top."""
    rows = max(1, STRIP // max(1, picture.width))
    for top in range(0, picture.height, rows):
        yield top, picture.crop((0, top, picture.width, min(top + rows, picture.height)))


def _conversion(picture: Image.Image) -> _Convert:
    """What makes RGB of the picture or of any strip of it."""
    to_8_bits = _TO_8_BITS[picture.mode](picture) if picture.mode in _TO_8_BITS else None

    def convert(part: Image.Image) -> Image.Image:
        if to_8_bits:
            part = to_8_bits(part)
        if part.mode == "RGBA" or part.has_transparency_data:
            part = part.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", part.size, WHITE), part).convert("RGB")
        return part if part.mode == "RGB" else part.convert("RGB")

    return convert


def _of_wide(picture: Image.Image) -> _Convert:
    """16-bit and 32-bit integers: the full 16-bit range becomes 0 to 255, values within 0 to 255 stay."""
    scaled = picture.mode != "I" or any(
        np.asarray(strip).max(initial=0) > 255 for _, strip in _strips(picture)
    )

    def convert(part: Image.Image) -> Image.Image:
        values = np.asarray(part).astype(np.int64)
        if scaled:
            values = values.clip(0, 65535) // 257
        return Image.fromarray(values.clip(0, 255).astype(np.uint8))

    return convert


def _of_float(picture: Image.Image) -> _Convert:
    """Floats: within 0 to 1 they are shares of white, within 0 to 255 levels, else stretched to the range."""
    ranges = [(values.min(), values.max()) for _, strip in _strips(picture) for values in (_finite(strip),)]
    low, high = min(least for least, _ in ranges), max(most for _, most in ranges)

    def convert(part: Image.Image) -> Image.Image:
        values = _finite(part)
        if low >= 0 and high <= 1:
            values = values * 255
        elif low < 0 or high > 255:
            values = (values - low) * (255 / ((high - low) or 1.0))
        return Image.fromarray(values.round().astype(np.uint8))

    return convert


def _finite(part: Image.Image) -> NDArray[np.float64]:
    return np.nan_to_num(np.asarray(part, np.float64), posinf=0.0, neginf=0.0)


def _of_lab(picture: Image.Image) -> _Convert:
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, rgb, "LAB", "RGB")

    def convert(part: Image.Image) -> Image.Image:
        converted = ImageCms.applyTransform(part, transform)
        return converted if converted is not None else part

    return convert


# Made for a whole picture: what the levels mean may depend on all of it.
_TO_8_BITS: dict[str, Callable[[Image.Image], _Convert]] = {
    **dict.fromkeys(("I", "I;16", "I;16B", "I;16L", "I;16N"), _of_wide),
    "F": _of_float,
    "LAB": _of_lab,
    "La": lambda _: lambda part: part.convert("LA"),
    "RGBa": lambda _: lambda part: part.convert("RGBA"),
}
