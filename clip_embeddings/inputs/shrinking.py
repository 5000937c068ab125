"""Pictures made smaller by whole factors, for a fraction of what resizing costs. Imports Pillow.

A JPEG's own decoder does it, or `Image.reduce`. Where a factor does not divide an edge, the last pixel stands
for a part of one: 1,283 pixels by 8 are 161, of which 160.375 are picture. Who resizes the 161 to what a
model takes moves everything by half a percent, which moved vectors a hundred times as far as the scaling
itself; so the `extent` of what is picture goes along.
"""

import io
from math import ceil
from typing import TypeAlias

from PIL import Image

_Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom
_EXTENT = "clip_embeddings_extent"  # in a picture's `info`, which copies and turned ones have too
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
        made = picture.draft(None, (max(1, picture.width // scale), max(1, picture.height // scale)))
        if made:
            picture.info[_EXTENT] = made[1]


def reduced(picture: Image.Image, least_edge: int | None) -> Image.Image:
    """A decoded picture, RGB, L or CMYK, as small as whole factors make it; None: it itself.

    Args:
        least_edge: pixels that the shorter edge keeps at least.
    """
    factor = min(picture.size) // least_edge if least_edge else 1
    if factor < 2:
        return picture
    left, top, right, bottom = extent(picture)
    small = picture.reduce(factor)
    small.info = {**picture.info, _EXTENT: (left / factor, top / factor, right / factor, bottom / factor)}
    return small


def extent(picture: Image.Image) -> _Box:
    """Where in its pixels a picture lies: all of them, unless one on an edge stands for a part of one."""
    box: _Box = picture.info.get(_EXTENT, (0, 0, *picture.size))
    return box


def without_extent(picture: Image.Image) -> Image.Image:
    """For whoever gets the picture to keep: cut by them, it would have the extent of another."""
    picture.info.pop(_EXTENT, None)
    return picture


def turned(picture: Image.Image, turn: Image.Transpose) -> Image.Image:
    """`picture.transpose(turn)`, its extent too."""
    result = picture.transpose(turn)
    if _EXTENT in picture.info:
        (left, top, right, bottom), (width, height) = picture.info[_EXTENT], picture.size
        across, back = (left, right), (width - right, width - left)
        down, up = (top, bottom), (height - bottom, height - top)
        (first, last), (highest, lowest) = {
            Image.Transpose.FLIP_LEFT_RIGHT: (back, down),
            Image.Transpose.ROTATE_180: (back, up),
            Image.Transpose.FLIP_TOP_BOTTOM: (across, up),
            Image.Transpose.TRANSPOSE: (down, across),
            Image.Transpose.ROTATE_270: (up, across),
            Image.Transpose.TRANSVERSE: (up, back),
            Image.Transpose.ROTATE_90: (down, back),
        }[turn]
        result.info[_EXTENT] = first, highest, last, lowest
    return result


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
