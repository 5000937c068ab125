"""JPEG files that their own decoder makes smaller, for a fraction of the cost. Imports Pillow."""

import io
from math import ceil

from PIL import Image

_SCALES = (8, 4, 2)  # what libjpeg can divide by while it decodes
_KINDS = ("JPEG", "MPO")
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_START_OF_SCAN = 0xDA
_PLAIN_FRAMES = {0xC0, 0xC1}
_OTHER_FRAMES = set(range(0xC2, 0xD0)) - {0xC4, 0xC8, 0xCC}  # progressive and rarer ones


def draft(picture: Image.Image, least_edge: int | None, max_pixels: int) -> None:
    """Let a JPEG that is not decoded yet be decoded at 1/2, 1/4 or 1/8 of its size; others stay as they are.

    Args:
        least_edge: pixels that the shorter edge keeps at least; None keeps all of them.
        max_pixels: what is over this is made smaller whatever is enough, where the decoder can do so row by
            row. A file in several passes is held whole by libjpeg at any scale, so it stays as it is.
    """
    if picture.format not in _KINDS or 0 in picture.size:
        return
    scale = _wanted(picture.size, least_edge) if least_edge else 1
    if picture.width * picture.height > max_pixels:
        needed = _needed(picture.size, max_pixels)
        if needed is None or not _in_one_pass(picture):
            return
        scale = max(scale, needed)
    if scale > 1:
        # Pillow takes the largest scale that leaves this size.
        picture.draft(None, (max(1, picture.width // scale), max(1, picture.height // scale)))


def _wanted(size: tuple[int, int], least_edge: int) -> int:
    width, height = size
    share = least_edge / min(size)
    if share > 0.5:
        return 1
    most = min(width // ceil(width * share), height // ceil(height * share))
    return next((scale for scale in _SCALES if scale <= most), 1)


def _needed(size: tuple[int, int], max_pixels: int) -> int | None:
    """The smallest scale that brings a picture under the limit."""
    for scale in reversed(_SCALES):
        if ceil(size[0] / scale) * ceil(size[1] / scale) <= max_pixels:
            return scale
    return None


def _in_one_pass(picture: Image.Image) -> bool:
    """Whether the first scan holds all colours, so that libjpeg decodes row by row."""
    file = getattr(picture, "fp", None)
    content = file.getbuffer() if isinstance(file, io.BytesIO) else memoryview(b"")
    at, colours = 2, 0
    while at + 9 < len(content):
        if content[at] != 0xFF:
            return False
        marker, body = content[at + 1], at + 4
        if marker == 0xFF or marker in _BARE:  # padding
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _START_OF_SCAN:
            return colours > 0 and content[body] == colours
        if marker in _OTHER_FRAMES:
            return False
        if marker in _PLAIN_FRAMES:
            colours = content[body + 5]
        at = body - 2 + int.from_bytes(content[at + 2 : body], "big")
    return False
