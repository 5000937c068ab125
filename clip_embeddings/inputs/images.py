"""Any image input -> upright RGB, as a viewer shows it. Imports Pillow, numpy, errors and its neighbours.

What differs from the reference processor of transformers, on purpose: EXIF orientation is applied,
transparency is composited on white, 16-bit and float pictures are scaled to 8 bits instead of clipped, and
colours are those of the embedded profile, converted to sRGB. What the model sees is converted after it was
made small, at a hundredth of the cost; a picture without a profile, or with that of sRGB, has the same pixels
as there.
"""

import stat
from base64 import b64decode
from contextlib import nullcontext
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from clip_embeddings.config import DEFAULT_MAX_PIXELS
from clip_embeddings.errors import ImageDecodeError
from clip_embeddings.forking import FreeLock
from clip_embeddings.inputs.colours import to_srgb
from clip_embeddings.inputs.formats import array_problem, open_picture
from clip_embeddings.inputs.jpeg import draft, with_extent
from clip_embeddings.inputs.modes import plain
from clip_embeddings.types import ImageInput

_FILE_REASONS: dict[type[Exception], str] = {
    FileNotFoundError: "no such file",
    PermissionError: "no permission to read it",
}
# Two threads must not decode one caller's PIL image at the same time.
_LOADING = FreeLock()


def load_image(
    source: ImageInput, *, index: int = 0, max_pixels: int = DEFAULT_MAX_PIXELS, least_edge: int | None = None
) -> Image.Image:
    """Read one picture as upright RGB, in the colours of sRGB.

    Of a file that holds several, the first is taken: an animation's first frame even where it is blank, the
    first page of a TIFF, the main picture of a phone's multi-picture JPEG. Formats are those of
    `inputs/formats.py`. How large a picture may be is for `max_pixels` alone to say, not for
    `PIL.Image.MAX_IMAGE_PIXELS`, except where Pillow's readers look at that themselves (WebP of more than
    twice that number, tiles of a TIFF, pictures inside an icon).

    Args:
        source: path, `file://` or `data:` URI, encoded bytes, binary file object, PIL image or
            (H, W, C) uint8 array with 1, 3 or 4 channels. A file object is read, not closed.
        index: place in the caller's list, for the error.
        max_pixels: refuse a picture with more, before decoding it. A JPEG file with more is decoded at 1/2,
            1/4 or 1/8 of its size if that is not more, and if its decoder can do so without holding all of
            it: not a progressive one.
        least_edge: a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size while its shorter edge keeps this
            many pixels; None decodes all of it.
    Raises:
        ImageDecodeError: unreadable, with index, source and reason.
    """
    picture = read_image(source, index=index, max_pixels=max_pixels, least_edge=least_edge)
    return with_extent(to_srgb(picture), None)


def read_image(
    source: ImageInput, *, index: int = 0, max_pixels: int = DEFAULT_MAX_PIXELS, least_edge: int | None = None
) -> Image.Image:
    """`load_image`, for whoever makes the picture small before `to_srgb`.

    Where its profile says more than sRGB the result has that profile, and the mode that it is about: RGB, L
    or CMYK. Of a JPEG decoded smaller it has the `extent` (`inputs/jpeg.py`).
    """
    try:
        picture = _open(source)
        if picture is not source:  # a caller's own picture is not changed
            draft(picture, least_edge, max_pixels)
        _check_size(picture, max_pixels)
        with _LOADING if picture is source else nullcontext():
            picture.load()
        read = plain(picture)
        return read.copy() if read is source else read
    except _Unreadable as error:
        raise ImageDecodeError(index, describe(source), str(error)) from error.__cause__
    except Exception as error:  # Pillow's plugins raise errors of many kinds on damaged files
        raise ImageDecodeError(
            index, describe(source), f"cannot decode as an image ({_reason(error)})"
        ) from error


def describe(source: object) -> str:
    """Name a source in a few words for a message."""
    if isinstance(source, str | PathLike):
        text = fspath(source)
        return repr(text if len(text) <= 200 else f"{text[:60]}... ({len(text)} characters)")
    if isinstance(source, bytes | bytearray | memoryview):
        return f"bytes of length {len(source)}"
    if isinstance(source, np.ndarray):
        return f"array of shape {source.shape}, {source.dtype}"
    if isinstance(source, Image.Image):
        return f"PIL image {source.mode} {source.width}x{source.height}"
    return f"{type(source).__name__} object"


class _Unreadable(Exception):
    """A reason in words; `load_image` adds the index and the source."""


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return str(error)
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"{error} If the file is trusted, raise PIL.Image.MAX_IMAGE_PIXELS and max_pixels"
    return str(error) or type(error).__name__


def _open(source: object) -> Image.Image:
    """Return a picture, its pixels not decoded yet. Files are read whole, so no handle stays open."""
    if isinstance(source, Image.Image):
        return source
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, str | PathLike):
        return _open_named(fspath(source))
    if isinstance(source, bytes | bytearray | memoryview):
        return _open_bytes(bytes(source))
    if callable(getattr(source, "read", None)):
        return _open_bytes(_read(source))
    raise _Unreadable(
        "not an image input; expected a path, file:// or data: URI, bytes, a binary file object, "
        "a PIL image or an (H, W, C) uint8 array"
    )


def _read(source: Any) -> bytes:
    content = source.read()
    if not isinstance(content, bytes):
        raise _Unreadable("the file object gives text; open it in binary mode ('rb')")
    return content


def _open_bytes(content: bytes) -> Image.Image:
    if not content:
        raise _Unreadable("empty: 0 bytes")
    return open_picture(content)


def _open_named(name: str | bytes) -> Image.Image:
    text = name.decode() if isinstance(name, bytes) else name
    scheme = text.partition(":")[0].lower()
    if scheme == "data":
        return _open_bytes(_data_uri(text))
    if "://" in text and scheme != "file":
        raise _Unreadable(
            f"{scheme}:// addresses are not fetched; download the file and pass its path or its bytes"
        )
    path = _file_uri(text) if scheme == "file" else Path(text)
    return open_picture(read_file(path))


def read_file(path: Path) -> bytes:
    """Read a whole regular file; anything else is named for what it is."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _Unreadable("is a folder, not a file")
        if not stat.S_ISREG(mode):
            raise _Unreadable("is not a regular file")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = _FILE_REASONS.get(type(error))
        raise _Unreadable(reason or f"cannot be read ({_reason(error)})") from error
    if not content:
        raise _Unreadable("empty: 0 bytes")
    return content


def _file_uri(text: str) -> Path:
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise _Unreadable(f"file:// addresses on another host ({parts.netloc}) are not read")
    return Path(url2pathname(parts.path))


def _data_uri(text: str) -> bytes:
    head, comma, body = text.partition(",")
    if not comma:
        raise _Unreadable("malformed data: URI, no comma between its type and its content")
    content = unquote_to_bytes(body)
    return b64decode(content) if head.lower().endswith(";base64") else content


def _from_array(array: NDArray[Any]) -> Image.Image:
    if problem := array_problem(array):
        raise _Unreadable(problem)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    return Image.fromarray(np.ascontiguousarray(array))


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise _Unreadable(
            f"{width} x {height} is {width * height:,} pixels, over the limit of {max_pixels:,}; "
            "if the file is trusted, raise max_pixels"
        )
    if width * height == 0:
        raise _Unreadable(f"has no pixels ({width} x {height})")
