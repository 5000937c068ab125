"""What is taken for a picture: a fixed list of file formats, and the shapes of arrays. Imports Pillow, numpy.

Pillow by itself tries every format it has on whatever it is given. Some of these start a program, some are
recognised by words that a note may begin with, and most are not pictures that anybody keeps. So only those
of FORMATS are tried, here and in every adapter, HEIC where pillow-heif is installed, and those that the
user's own program has registered by `PIL.Image.register_open`. Registering one is saying that its files are
to be read, and what its reader does is then as the user wants it.
"""

import io
import struct
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from numpy import uint8
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from clip_embeddings.inputs.foreign import HEIF_NAMES, foreign_kind, register_readers
from clip_embeddings.inputs.pdf import is_pdf

FORMATS: dict[str, str] = {
    "JPEG": "photos; files of several pictures (MPO) too",
    "PNG": "screenshots, drawings; animated ones too",
    "WEBP": "the web",
    "GIF": "the web; the first frame",
    "TIFF": "scans and cameras; the first page",
    "AVIF": "the web, where Pillow was built with it",
    "JPEG2000": "scans of archives, pictures of satellites",
    "BMP": "Windows",
    "DIB": "what Windows copies: a BMP without its head",
    "ICO": "icons of web sites and of Windows",
    "ICNS": "icons of macOS",
    "PPM": "what programs and data sets write: PBM, PGM, PPM, PNM, PFM",
    "TGA": "textures and renderings",
    "DDS": "textures of games",
    "PSD": "Photoshop: the picture that it keeps of all layers",
    "PCX": "scans and clip art of the nineties",
    "SGI": "renderings",
    "QOI": "data sets",
}
"""Pillow's name for each format that is read, and where it comes from. All are decoded in this process, from
the bytes that were given and nothing else."""

LEFT_OUT: dict[str, str] = {
    "EPS": "a program in PostScript: Pillow runs Ghostscript on it",
    "WMF": "commands for Windows, which draws them",
    "BUFR": "weather data; no decoder",
    "GRIB": "weather data; no decoder",
    "HDF5": "any data; no decoder",
    "FITS": "measurements, not a picture; unpacks without a limit",
    "MPEG": "film; no decoder",
    "IPTC": "a wrapper that opens any other format inside it",
    "FLI": "animations of the nineties",
    "BLP": "textures of one game",
    "FTEX": "textures of one game",
    "GBR": "brushes of GIMP",
    "CUR": "mouse pointers",
    "DCX": "fax pages",
    "IM": "begins with words, as a note may",
    "IMT": "begins with words, as a note may",
    "XBM": "source code in C",
    "XPM": "source code in C",
    "SPIDER": "measurements; recognised by numbers that any file may hold",
    "MCIDAS": "weather data",
    "MIC": "a container of Microsoft's that is not made any more",
    "FPX": "a container that is not made any more",
    "MSP": "Windows 2",
    "PCD": "no mark at its beginning, so that any file may be one",
    "PIXAR": "not made any more",
    "SUN": "not made any more",
    "XVTHUMB": "thumbnails of one viewer",
}
"""What Pillow knows and is not read, and why."""

# They have no mark of their own, or one of four common bytes: in a folder of files only the name tells.
UNMARKED = frozenset({"TGA", "DIB"})
# What a reader raises where a file is not of its format after all.
_NOT_THIS = (SyntaxError, IndexError, TypeError, struct.error)


def open_picture(content: bytes, *, unmarked: bool = True) -> Image.Image:
    """Open an encoded picture, its pixels not decoded yet. Pillow's own limit of size is not looked at.

    `PIL.Image.open` refuses by a number that belongs to the whole process; here the caller's limit counts.

    Args:
        unmarked: whether to try formats that have no mark at their beginning too.
    Raises:
        UnidentifiedImageError: no format of the list.
        Exception: anything that a damaged file makes its reader raise.
    """
    advice = ""
    for name in _candidates(unmarked):
        factory, accept = Image.OPEN[name]
        try:
            answer = not accept or accept(content[:16])
            if isinstance(answer, str):
                advice = answer  # the format is known, and this Pillow was built without it
            elif answer:
                return factory(io.BytesIO(content), "")
        except _NOT_THIS:
            continue
    document = "a PDF document, not a picture: ingest it, and search for its pages" if is_pdf(content) else ""
    raise UnidentifiedImageError(
        foreign_kind(content) or document or advice or "not an image in a format that is read here"
    )


# Where a file of these holds several pictures, its head says so; the others are cheap to open.
_MARKS = {b"\xff\xd8": b"MPF\0", b"\x89P": b"acTL", b"RI": b"ANIM"}  # JPEG, PNG, WebP
_HEAD = 2**17  # bytes: EXIF with its thumbnail comes before


def holds_several(content: bytes) -> bool:
    """Whether a picture's file holds more than the one that is read: frames, pages, a phone's other pictures.

    Nothing is decoded. The layers of a PSD do not count, as all of them are in the one that is read.
    """
    mark = _MARKS.get(content[:2])
    if mark and content.find(mark, 0, _HEAD) < 0:
        return False
    try:
        with open_picture(content) as picture:
            return picture.format != "PSD" and bool(getattr(picture, "is_animated", False))
    except Exception:  # of many kinds; reading it will say what is wrong
        return False


def begins_as_picture(head: bytes) -> bool:
    """Whether some format of the list has its mark in these first bytes; what follows may be anything."""
    for name in _candidates(unmarked=False):
        accept = Image.OPEN[name][1]
        try:
            if not accept or accept(head[:16]):
                return True
        except _NOT_THIS:
            continue
    return False


def named_as_picture(name: PurePath) -> bool:
    """Whether a name ends as pictures that are read do; what a file is, its content says."""
    kind = _kind(name)
    return (kind is not None and _is_read(kind)) or name.suffix.lower() in HEIF_NAMES


def named_otherwise(name: PurePath) -> bool:
    """Whether a name ends as those of pictures and documents do that Pillow knows and that are not read."""
    kind = _kind(name)
    return kind is not None and not _is_read(kind)


def unmarked(name: PurePath) -> bool:
    """Whether a name ends as pictures do that have no mark of their own in their first bytes."""
    return _kind(name) in UNMARKED


def _kind(name: PurePath) -> str | None:
    """The format that a name tells, by Pillow's name for it."""
    register_readers()
    kind = Image.registered_extensions().get(name.suffix.lower())
    return "JPEG" if kind == "MPO" else kind  # read as one


def array_problem(array: NDArray[Any]) -> str:
    """Why an array is no picture; "" where it is one: (H, W), or (H, W, 1, 3 or 4), in uint8."""
    if array.dtype != uint8:
        return "expected uint8 values from 0 to 255; scale and convert it first"
    if (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))) and 0 not in array.shape:
        return ""
    hint = "; channels come last" if array.ndim == 3 and array.shape[0] in (1, 3, 4) else ""
    return f"expected shape (height, width, 1, 3 or 4){hint}"


def _candidates(unmarked: bool) -> Iterator[str]:
    """Formats to try, the common ones first, then those of the user's program."""
    register_readers()
    for name in FORMATS:
        if name in Image.OPEN and (unmarked or name not in UNMARKED):
            yield name
    yield from [name for name in Image.ID if name not in FORMATS and _is_read(name)]


def _is_read(name: str) -> bool:
    """Of the list, or opened by a reader that is not Pillow's own."""
    if name not in Image.OPEN:
        return False
    return name in FORMATS or not Image.OPEN[name][0].__module__.startswith("PIL.")
