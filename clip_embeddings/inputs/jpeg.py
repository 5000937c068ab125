"""JPEG files that their own decoder makes smaller, for a fraction of the cost. Imports Pillow.

Where the scale does not divide an edge, the last pixel stands for a part of one: 1,283 pixels by 8 are 161,
of which 160.375 are picture. Who resizes the 161 to what a model takes moves everything by half a percent,
which moved vectors a hundred times as far as the scaling itself: so the `Extent` of the picture goes along.
"""

import io
from math import ceil
from typing import Any, NamedTuple

from PIL import Image

# In a picture's `info`, whose keys are texts where a file or a caller wrote them.
_KEY: Any = ("clip_embeddings", "extent")


class Extent(NamedTuple):
    """What of a picture's pixels is picture.

    Attributes:
        box: left, top, right, bottom; in parts of a pixel where the last one stands for a part.
        whole: (width, height) before it was made smaller, which proportions are computed from.
    """

    box: tuple[float, float, float, float]
    whole: tuple[int, int]


_TURN = Image.Transpose
_ON_SIDE = (_TURN.TRANSPOSE, _TURN.TRANSVERSE, _TURN.ROTATE_90, _TURN.ROTATE_270)
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
        whole = picture.size
        made = picture.draft(None, (max(1, picture.width // scale), max(1, picture.height // scale)))
        if made:
            with_extent(picture, Extent(made[1], whole))


def extent(picture: Image.Image) -> Extent:
    """All of its pixels, unless the picture was decoded smaller."""
    found: Extent | None = picture.info.get(_KEY)
    return found or Extent((0, 0, *picture.size), picture.size)


def with_extent(picture: Image.Image, found: Extent | None) -> Image.Image:
    """The picture itself. None takes an extent away: who crops such a picture would leave it wrong."""
    picture.info.pop(_KEY, None)
    if found and found != Extent((0, 0, *picture.size), picture.size):
        picture.info[_KEY] = found
    return picture


def turned(picture: Image.Image, turn: Image.Transpose) -> Image.Image:
    """`picture.transpose(turn)`, its extent too."""
    ((left, top, right, bottom), whole), (width, height) = extent(picture), picture.size
    across, back = (left, right), (width - right, width - left)
    down, up = (top, bottom), (height - bottom, height - top)
    (first, last), (highest, lowest) = {
        _TURN.FLIP_LEFT_RIGHT: (back, down),
        _TURN.ROTATE_180: (back, up),
        _TURN.FLIP_TOP_BOTTOM: (across, up),
        _TURN.TRANSPOSE: (down, across),
        _TURN.ROTATE_270: (up, across),
        _TURN.TRANSVERSE: (up, back),
        _TURN.ROTATE_90: (down, back),
    }[turn]
    result = picture.transpose(turn)
    upright = whole[::-1] if turn in _ON_SIDE else whole
    return with_extent(result, Extent((first, highest, last, lowest), upright))


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
