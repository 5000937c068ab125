"""A decoded picture of any mode and orientation -> upright RGB. Imports Pillow and numpy."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

WHITE = (255, 255, 255, 255)
ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(picture: Image.Image) -> Image.Image:
    """Turn a loaded picture as its EXIF orientation says; damaged EXIF is no reason to lose a picture."""
    try:
        turn = _TURNS.get(picture.getexif().get(ORIENTATION, 1))
    except Exception:
        return picture
    return picture if turn is None else picture.transpose(turn)


def to_rgb(picture: Image.Image) -> Image.Image:
    """Convert any mode, transparency on white; an opaque RGB picture is given back itself."""
    if convert := _CONVERSIONS.get(picture.mode):
        picture = convert(picture)
    if picture.mode == "RGBA" or picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, WHITE), picture).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _from_wide(picture: Image.Image) -> Image.Image:
    """16-bit and 32-bit integers: the full 16-bit range becomes 0 to 255, values within 0 to 255 stay."""
    values = np.asarray(picture).astype(np.int64)
    if picture.mode != "I" or values.max(initial=0) > 255:
        values = values.clip(0, 65535) // 257
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _from_float(picture: Image.Image) -> Image.Image:
    """Floats: within 0 to 1 they are shares of white, within 0 to 255 levels, else stretched to the range."""
    values = np.nan_to_num(np.asarray(picture, np.float64), posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    if low >= 0 and high <= 1:
        values = values * 255
    elif low < 0 or high > 255:
        values = (values - low) * (255 / ((high - low) or 1.0))
    return Image.fromarray(values.round().astype(np.uint8))


def _from_lab(picture: Image.Image) -> Image.Image:
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, rgb, "LAB", "RGB")
    converted = ImageCms.applyTransform(picture, transform)
    return converted if converted is not None else picture


_CONVERSIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    **dict.fromkeys(("I", "I;16", "I;16B", "I;16L", "I;16N"), _from_wide),
    "F": _from_float,
    "LAB": _from_lab,
    "La": lambda picture: picture.convert("LA"),
    "RGBa": lambda picture: picture.convert("RGBA"),
}
