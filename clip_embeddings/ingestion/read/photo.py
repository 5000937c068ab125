"""What a photo's file says of it: when it was taken, with what, how large it is, and, if asked for, where.

Imports Pillow, inputs and errors.
"""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from PIL import ExifTags, Image

from clip_embeddings.inputs.formats import begins_as_picture, open_picture
from clip_embeddings.inputs.modes import upright_size

_TIMES = (ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized)
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_LONGEST = 100  # characters of a camera's name
_LIMITS = {"latitude": 90, "longitude": 180}


def photo_facts(content: bytes, *, place: bool = False) -> dict[str, str | int | float]:
    """Facts of a picture by which its row can be filtered; of what is no picture, none.

    `width` and `height` in pixels as it is seen, `taken` ("2024-05-01T14:03:22", with the offset from UTC
    where the camera wrote one), `year` (2024), `day` (20240501), `camera` ("Apple iPhone 15").

    Args:
        place: also `latitude` and `longitude` in degrees.
    """
    if not begins_as_picture(content):
        return {}
    try:
        with open_picture(content) as picture:
            width, height = upright_size(picture)
            exif = picture.getexif()
            facts = {"width": width, "height": height, **_taken(exif), **_camera(exif)}
            return facts | (_place(exif) if place else {})
    except Exception:  # readers raise errors of many kinds on damaged files; decoding it says what is wrong
        return {}


def day_of(date: date) -> int:
    """A day as a number that can be compared: 20240501."""
    return 10_000 * date.year + 100 * date.month + date.day


def _taken(exif: Image.Exif) -> dict[str, str | int | float]:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    for tag in _TIMES:
        with suppress(ValueError):
            time = datetime.strptime(_text(details.get(tag)), "%Y:%m:%d %H:%M:%S")
            offset = _text(details.get(ExifTags.Base.OffsetTimeOriginal))
            zone = offset if _OFFSET.fullmatch(offset) else ""
            return {"taken": time.isoformat() + zone, "year": time.year, "day": day_of(time)}
    return {}


def _camera(exif: Image.Exif) -> dict[str, str | int | float]:
    make, model = (_text(exif.get(tag)) for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    name = model if model.lower().startswith(make.lower().split(" ")[0]) else f"{make} {model}".strip()
    return {"camera": name[:_LONGEST]} if name else {}


def _place(exif: Image.Exif) -> dict[str, str | int | float]:
    gps: Mapping[int, Any] = exif.get_ifd(ExifTags.IFD.GPSInfo)
    found = {
        "latitude": _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef)),
        "longitude": _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef)),
    }
    good = all(value is not None and abs(value) <= _LIMITS[name] for name, value in found.items())
    return {name: value for name, value in found.items() if value is not None} if good else {}


def _degrees(parts: Any, side: Any) -> float | None:
    """Degrees, minutes and seconds -> degrees, to a metre."""
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        return None
    return round(-value if _text(side) in ("S", "W") else value, 5)


def _text(value: object) -> str:
    """A string of EXIF, which may end in NULs."""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    return " ".join(text.replace("\0", " ").split()) if isinstance(text, str) else ""
