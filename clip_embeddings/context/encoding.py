"""A picture as bytes that a language model takes: upright, small enough, without what its file says beside.

Imports Pillow, inputs, errors and budget.
"""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from clip_embeddings.context.budget import IMAGE_BYTES, PIXELS
from clip_embeddings.errors import ImageDecodeError
from clip_embeddings.inputs.images import load_image
from clip_embeddings.types import ImageInput

_FEW_COLOURS = 4096  # a drawing or a screen has fewer; it stays sharp as PNG
_QUALITIES = (85, 70, 50)
_SMALLER = 0.7
_EDGE = 16_000  # a JPEG has at most 65,500
_SMALLEST = 32  # pixels of the longer edge


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """An encoded picture.

    Attributes:
        content: a JPEG or PNG file; no EXIF, no place where it was taken.
        mime_type: "image/jpeg" or "image/png".
        width, height: in pixels, as it is seen.
    """

    content: bytes
    mime_type: str
    width: int
    height: int


def encode_picture(
    source: ImageInput, *, pixels: int = PIXELS, max_bytes: int = IMAGE_BYTES, index: int = 0
) -> EncodedPicture:
    """Read a picture as `load_image` does and encode it within both limits, its shape kept.

    A picture of few colours is a PNG, if that fits, any other a JPEG: of lower quality, and then smaller,
    until it fits.

    Args:
        source: what `load_image` takes.
        pixels: most pixels; a smaller picture is not enlarged.
        max_bytes: most bytes.
        index: place in the caller's list, for the error.
    Raises:
        ImageDecodeError: unreadable, or it cannot be made that small.
    """
    whole = load_image(source, index=index, least_edge=2 * int(pixels**0.5))
    whole.info.clear()  # comments and profiles would be saved with it
    drawn = whole.getcolors(_FEW_COLOURS) is not None
    picture = _within(whole, pixels)
    if drawn and len(content := _encoded(picture, "PNG")) <= max_bytes:
        return EncodedPicture(content, "image/png", *picture.size)
    while True:
        for quality in _QUALITIES:
            if len(content := _encoded(picture, "JPEG", quality=quality)) <= max_bytes:
                return EncodedPicture(content, "image/jpeg", *picture.size)
        if max(picture.size) <= _SMALLEST:
            raise ImageDecodeError(index, repr(source)[:200], f"it does not fit into {max_bytes:,} bytes")
        picture = _within(picture, int(picture.width * picture.height * _SMALLER**2))


def _within(picture: Image.Image, pixels: int) -> Image.Image:
    width, height = picture.size
    if width * height <= pixels and max(width, height) <= _EDGE:
        return picture
    scale = min((pixels / (width * height)) ** 0.5, _EDGE / max(width, height))
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    if size[0] * size[1] > pixels:  # a line of pixels: one edge cannot go below 1
        size = (min(size[0], pixels), min(size[1], pixels))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _encoded(picture: Image.Image, kind: str, **options: int) -> bytes:
    file = BytesIO()
    picture.save(file, kind, optimize=True, **options)
    return file.getvalue()
