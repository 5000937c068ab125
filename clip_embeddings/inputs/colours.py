"""Colours as a picture's embedded profile tells them -> sRGB. Imports Pillow, numpy, forking.

Models learned from sRGB, and that is what the levels of a picture without a profile mean. The same red has
other levels in a photo of a newer phone (Display P3) or of a camera set to Adobe RGB.
"""

import hashlib
import io
from collections import OrderedDict

import numpy as np
from PIL import Image, ImageCms

from clip_embeddings.forking import FreeLock

PROFILE = "icc_profile"
"""Where Pillow keeps a picture's profile, in `info`."""
_GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_COLOUR = ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "YCbCr")
# What a picture of any mode is converted to before its profile says what the levels mean.
_READ_AS = {**dict.fromkeys(_GREY, "L"), **dict.fromkeys(_COLOUR, "RGB"), "CMYK": "CMYK"}
_ALIKE = 2  # levels: a profile is sRGB's if it moves none by more. The usual one of sRGB moves some by 1
_MOST = 32  # profiles kept; what one takes is up to a megabyte, for inks
_KEPT: "OrderedDict[tuple[bytes, str], ImageCms.ImageCmsTransform | None]" = OrderedDict()
_KEEPING = FreeLock()


def read_as(picture: Image.Image) -> str | None:
    """The mode whose levels the picture's profile is about: "RGB", "L" or "CMYK".

    None where there is nothing to convert: no profile, that of sRGB, a damaged one, or one for other colours
    than the picture has.
    """
    mode = _READ_AS.get(picture.mode)
    return mode if mode and _transform(picture.info.get(PROFILE), mode) else None


def to_srgb(picture: Image.Image) -> Image.Image:
    """Convert an opaque picture of mode RGB, L or CMYK by its profile: -> RGB, without a profile.

    An RGB picture with nothing to convert is given back itself.
    """
    transform = _transform(picture.info.get(PROFILE), picture.mode)
    if transform is None:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    result = transform.apply(picture)
    result.info = {key: value for key, value in picture.info.items() if key != PROFILE}
    return result


def _transform(profile: object, mode: str) -> ImageCms.ImageCmsTransform | None:
    """What converts pixels of a mode by a profile; made once for each, by one thread."""
    if not isinstance(profile, bytes) or not profile:
        return None
    key = (hashlib.sha256(profile).digest(), mode)
    with _KEEPING:
        if key not in _KEPT:
            _KEPT[key] = _made(profile, mode)
        _KEPT.move_to_end(key)
        if len(_KEPT) > _MOST:
            _KEPT.popitem(last=False)
        return _KEPT[key]


def _made(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Whites and blacks become white and black, as in most viewers; nothing is lost by a damaged profile."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if _changes_nothing(transform, mode) else transform
    except Exception:  # of many kinds: littlecms, and what Pillow raises where it was built without it
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether the levels are sRGB's already, by a cube of colours or all greys."""
    if mode == "CMYK":
        return False
    steps = np.linspace(0, 255, 256 if mode == "L" else 9).round().astype(np.uint8)
    grid = np.meshgrid(steps, steps, steps) if mode == "RGB" else [steps]
    levels = Image.fromarray(np.stack(grid, -1).reshape(1, -1, *([3] if mode == "RGB" else [])))
    away = np.asarray(transform.apply(levels), np.int16) - np.asarray(levels.convert("RGB"), np.int16)
    return bool(np.abs(away).max() <= _ALIKE)
