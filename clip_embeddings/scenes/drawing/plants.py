"""How the plants look: tree, flower, cactus and mushroom.

Imports the pen (and through it Pillow) and its curve helpers only.
"""

from collections.abc import Callable

from clip_embeddings.scenes.drawing.pen import PALETTE, Color, Pen, Point, darker, lighter, mix
from clip_embeddings.scenes.drawing.shapes import around, bend

_BARK: Color = (124, 82, 50)
_LEAF: Color = (72, 156, 70)
_CREAM: Color = (250, 240, 218)
_WHITE: Color = (252, 252, 248)


def _blob(pen: Pen, center: Point, radius: float, fill: Color) -> None:
    x, y = center
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill, outline=False)


def tree(pen: Pen, color: Color, pose: str) -> None:
    trunk = [*bend((0.44, 0.5), (0.45, 0.9), (0.34, 1.0)), *bend((0.66, 1.0), (0.55, 0.9), (0.56, 0.5))]
    pen.polygon(trunk, _BARK)
    pen.line([(0.5, 0.72), (0.66, 0.6)], _BARK, 0.05)
    crown = (
        ((0.26, 0.5), 0.2), ((0.5, 0.52), 0.2), ((0.74, 0.5), 0.2),
        ((0.24, 0.3), 0.17), ((0.76, 0.3), 0.17), ((0.5, 0.24), 0.23),
    )  # fmt: skip
    # A dark layer under all circles outlines the crown as one shape.
    for center, radius in crown:
        _blob(pen, center, radius + 0.014, darker(color, 0.5))
    for center, radius in crown:
        _blob(pen, center, radius, color)
    for (x, y), radius in crown[:3]:
        pen.arc((x - radius, y - radius, x + radius, y + radius), 40, 140, darker(color, 0.18), 0.05)
    for x, y in ((0.42, 0.16), (0.24, 0.3), (0.66, 0.3), (0.44, 0.4), (0.72, 0.5), (0.24, 0.52)):
        pen.arc((x - 0.07, y - 0.07, x + 0.07, y + 0.07), 180, 300, lighter(color, 0.4), 0.03)


def flower(pen: Pen, color: Color, pose: str) -> None:
    pen.line(bend((0.5, 0.4), (0.52, 0.7), (0.5, 0.985)), darker(_LEAF, 0.15), 0.06)
    for side in (-1, 1):
        tip, foot = (0.5 + 0.36 * side, 0.7), (0.5, 0.95)
        leaf = [*bend(foot, (0.5 + 0.1 * side, 0.7), tip), *bend(tip, (0.5 + 0.34 * side, 0.94), foot)]
        pen.polygon(leaf, _LEAF)
    heart = (0.5, 0.385)
    for i, (x, y) in enumerate(around(heart, 0.245, 0.245, 0, 315, steps=7)):
        # Every other petal is a shade off, so that petals stay apart when small.
        fill = darker(color, 0.05) if i % 2 else color
        pen.ellipse((x - 0.135, y - 0.135, x + 0.135, y + 0.135), fill)
    _blob(pen, heart, 0.16, color)
    yellow = color == PALETTE["yellow"]
    pen.ellipse((0.375, 0.26, 0.625, 0.51), (196, 104, 34) if yellow else (252, 206, 50))
    for x, y in around(heart, 0.065, 0.065, 0, 300, steps=5):
        _blob(pen, (x, y), 0.016, (128, 62, 22) if yellow else (214, 140, 30))


def cactus(pen: Pen, color: Color, pose: str) -> None:
    left = [(0.14, 0.4), *bend((0.14, 0.56), (0.14, 0.68), (0.26, 0.68), 6), (0.5, 0.68)]
    right = [(0.86, 0.26), *bend((0.86, 0.42), (0.86, 0.54), (0.74, 0.54), 6), (0.5, 0.54)]
    # A wider dark layer beneath gives the strokes one common outline.
    for width, fill in ((0.03, darker(color, 0.5)), (0.0, color)):
        edge = 0.15 + width / 2
        floor = 0.985 + width / 2
        foot = [(0.5 - edge, 0.5), (0.5 + edge, 0.5), (0.5 + edge, floor), (0.5 - edge, floor)]
        pen.polygon(foot, fill, outline=False)
        pen.line(left, fill, 0.2 + width)
        pen.line(right, fill, 0.2 + width)
        pen.line([(0.5, 0.2), (0.5, 0.8)], fill, 0.3 + width)
    rib = darker(color, 0.25)
    for x in (0.42, 0.5, 0.58):
        pen.line([(x, 0.16), (x, 0.96)], rib, 0.02)
    pen.line(left[:-1], rib, 0.02)
    pen.line(right[:-1], rib, 0.02)
    for x, y in around((0.5, 0.06), 0.055, 0.04, 0, 288, steps=4):
        _blob(pen, (x, y), 0.04, (240, 92, 150))
    _blob(pen, (0.5, 0.06), 0.03, (252, 214, 80))


def mushroom(pen: Pen, color: Color, pose: str) -> None:
    stem = [
        *bend((0.36, 0.5), (0.38, 0.72), (0.26, 0.9)),
        *bend((0.26, 0.9), (0.26, 1.0), (0.4, 1.0), 5),
        *bend((0.6, 1.0), (0.74, 1.0), (0.74, 0.9), 5),
        *bend((0.74, 0.9), (0.62, 0.72), (0.64, 0.5)),
    ]
    pen.polygon(stem, _CREAM)
    pen.ellipse((0.08, 0.42, 0.92, 0.68), mix(_CREAM, _BARK, 0.25))
    cap = [
        *around((0.5, 0.5), 0.5, 0.47, 180, 360),
        *bend((1.0, 0.5), (1.0, 0.62), (0.9, 0.6), 5),
        *bend((0.9, 0.6), (0.5, 0.48), (0.1, 0.6)),
        *bend((0.1, 0.6), (0.0, 0.62), (0.0, 0.5), 5),
    ]
    pen.polygon(cap, color)
    dots = (
        ((0.46, 0.19), 0.105), ((0.2, 0.37), 0.085), ((0.77, 0.31), 0.095),
        ((0.49, 0.42), 0.065), ((0.075, 0.53), 0.035), ((0.9, 0.5), 0.045),
    )  # fmt: skip
    for center, radius in dots:
        _blob(pen, center, radius, _WHITE)


DRAWINGS: dict[str, Callable[[Pen, Color, str], None]] = {
    "tree": tree,
    "flower": flower,
    "cactus": cactus,
    "mushroom": mushroom,
}
