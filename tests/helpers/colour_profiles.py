"""Colour profiles by their bytes, as Pillow makes none but sRGB, and pictures that carry them.

Source: ICC.1:2001-04, the specification of version 2.4: header, curveType, lut8Type, XYZType.
"""

import struct
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

White = tuple[float, float]
D50, D65 = (0.3457, 0.3585), (0.3127, 0.3290)
# Red, green and blue by their x and y, the white, and the power that levels are raised to.
SPACES: dict[str, tuple[tuple[White, White, White], White, float]] = {
    "Display P3": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), D65, 2.2),
    "Adobe RGB": (((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)), D65, 563 / 256),
    "ProPhoto": (((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), D50, 1.8),
}
_SRGB = (((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)), D65, 2.2)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@cache
def profile(name: str) -> bytes:
    """The profile of one of SPACES: a matrix and a curve."""
    columns, power = _to_d50(name), SPACES[name][2]
    tags = {f"{c}XYZ": _xyz(columns[:, i]) for i, c in enumerate("rgb")}
    return _file(b"RGB ", b"XYZ ", tags | {f"{c}TRC": _curve(power) for c in "rgb"})


def grey_profile(power: float) -> bytes:
    return _file(b"GRAY", b"XYZ ", {"kTRC": _curve(power)})


@cache
def ink_profile() -> bytes:
    """Inks by the colours of their 16 full overprints, which are not the pure ones of Pillow's formula."""
    lab: dict[tuple[int, ...], tuple[int, int, int]] = {
        (0, 0, 0, 0): (100, 0, 0), (1, 0, 0, 0): (55, -37, -50), (0, 1, 0, 0): (48, 74, -3),
        (0, 0, 1, 0): (89, -5, 93), (1, 1, 0, 0): (24, 22, -46), (1, 0, 1, 0): (50, -65, 27),
        (0, 1, 1, 0): (47, 68, 48), (1, 1, 1, 0): (23, 0, 0),
    }  # fmt: skip
    colours = [lab.get(mix, (5, 0, 0)) for mix in product((0, 1), repeat=4)]
    grid = b"".join(struct.pack("3B", round(light * 2.55), a + 128, b + 128) for light, a, b in colours)
    table = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * (i in (0, 4, 8)) for i in range(9)))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + table * 4 + grid + table * 3
    return _file(b"CMYK", b"Lab ", {"A2B0": lut}, kind=b"prtr")


def in_space(picture: Image.Image, name: str) -> Image.Image:
    """An sRGB picture with the levels that it has in one of SPACES, its profile beside it.

    By arithmetic of its own, so that what is tested is not tested against itself.
    """
    levels = np.asarray(picture, np.float64) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    there = linear @ (np.linalg.inv(_to_d50(name)) @ _d50_of(_SRGB)).T
    values = (there.clip(0, 1) ** (1 / SPACES[name][2]) * 255).round().astype(np.uint8)
    result = Image.fromarray(values)
    result.info["icc_profile"] = profile(name)
    return result


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _to_d50(name: str) -> NDArray[np.float64]:
    return _d50_of(SPACES[name])


def _d50_of(space: tuple[tuple[White, White, White], White, float]) -> NDArray[np.float64]:
    """(3, 3) from linear levels to XYZ under D50, the white of profiles."""
    primaries, white, _ = space
    columns = np.array([_tristimulus(x, y) for x, y in primaries]).T
    columns = columns * np.linalg.solve(columns, _tristimulus(*white))
    scale = (_BRADFORD @ _tristimulus(*D50)) / (_BRADFORD @ _tristimulus(*white))
    adapted: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD @ columns
    return adapted


def _tristimulus(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1, (1 - x - y) / y])


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _curve(power: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(power * 256))


def _file(space: bytes, between: bytes, tags: dict[str, bytes], *, kind: bytes = b"mntr") -> bytes:
    tags = {
        "desc": b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(78),
        "cprt": b"text\0\0\0\0none\0",
        "wtpt": _xyz(_tristimulus(*D50)),
        **tags,
    }
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name.encode(), at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12s4s", at + len(body), bytes(4), 0x02400000, kind, space, between, bytes(12), b"acsp"
    )
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
