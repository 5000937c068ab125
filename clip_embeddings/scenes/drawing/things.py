"""How the things look: house, umbrella, ball, balloon, chair, tent, and, from their own module, the plants.

Imports the pen (and through it Pillow) and its curve helpers only.
"""

from collections.abc import Callable
from itertools import pairwise

from clip_embeddings.scenes.drawing import plants
from clip_embeddings.scenes.drawing.pen import Color, Pen, Point, darker, lighter
from clip_embeddings.scenes.drawing.shapes import around, bend

_GLASS: Color = (186, 224, 240)
_ROOF: Color = (94, 62, 60)
_WOOD: Color = (132, 88, 54)
_WHITE: Color = (250, 250, 246)
_DARK: Color = (50, 40, 46)
_WICKER: Color = (168, 116, 66)


def house(pen: Pen, color: Color, pose: str) -> None:
    pen.rectangle((0.7, 0.06, 0.83, 0.36), (150, 84, 70))
    pen.rectangle((0.68, 0.03, 0.85, 0.09), _ROOF)
    pen.polygon([(0.09, 1.0), (0.09, 0.42), (0.5, 0.1), (0.91, 0.42), (0.91, 1.0)], color)
    # The roof is only a band along the gable, so that the walls keep most of the picture.
    pen.polygon([(0.0, 0.45), (0.5, 0.02), (1.0, 0.45), (0.94, 0.54), (0.5, 0.17), (0.06, 0.54)], _ROOF)
    pen.ellipse((0.43, 0.3, 0.57, 0.44), _GLASS)
    for left in (0.15, 0.65):
        pen.rectangle((left, 0.58, left + 0.2, 0.78), _GLASS, radius=0.01)
        pen.line([(left + 0.1, 0.59), (left + 0.1, 0.77)], _WHITE, 0.025)
        pen.line([(left + 0.01, 0.68), (left + 0.19, 0.68)], _WHITE, 0.025)
        pen.rectangle((left - 0.02, 0.78, left + 0.22, 0.82), _WHITE)
    door = [(0.4, 1.0), (0.4, 0.68), *bend((0.4, 0.68), (0.5, 0.54), (0.6, 0.68)), (0.6, 1.0)]
    pen.polygon(door, _WOOD)
    pen.ellipse((0.54, 0.8, 0.575, 0.835), (250, 214, 90), outline=False)


def umbrella(pen: Pen, color: Color, pose: str) -> None:
    pen.rectangle((0.475, 0.4, 0.525, 1.0), _WHITE, radius=0.02)
    top, rim = (0.5, 0.07), 0.52
    # Panels in colour are wider than the pale ones; pale is near white, lest red look pink.
    edges = [0.0, 0.24, 0.39, 0.61, 0.76, 1.0]
    for i, (left, right) in enumerate(pairwise(edges)):
        panel = [
            *bend(top, (0.5 + (left - 0.5) * 0.95, 0.12), (left, rim)),
            *bend((left, rim), ((left + right) / 2, rim - 0.1), (right, rim), 6),
            *bend((right, rim), (0.5 + (right - 0.5) * 0.95, 0.12), top),
        ]
        pen.polygon(panel, lighter(color, 0.85) if i % 2 else color)
    pen.line([(0.5, 0.02), (0.5, 0.07)], _WOOD, 0.045)


def ball(pen: Pen, color: Color, pose: str) -> None:
    middle, radius, pole = (0.5, 0.51), 0.49, (0.4, 0.36)
    # White under coloured panels wider than the gaps: striped, and still of one main colour.
    pen.ellipse((0.01, 0.02, 0.99, 1.0), _WHITE)
    for start in (10, 130, 250):
        rim = around(middle, radius, radius, start, start + 78)
        panel = [*bend(pole, _swirl(start), rim[0]), *rim, *bend(rim[-1], _swirl(start + 78), pole)]
        pen.polygon(panel, color)
    pen.ellipse((pole[0] - 0.07, pole[1] - 0.07, pole[0] + 0.07, pole[1] + 0.07), _WHITE)


def _swirl(angle: float) -> Point:
    """Where the edge of a ball's panel bulges to on its way to the rim."""
    return around((0.45, 0.44), 0.3, 0.3, angle + 22, angle + 23, steps=1)[0]


def balloon(pen: Pen, color: Color, pose: str) -> None:
    for x in (0.42, 0.5, 0.58):
        pen.line([(x, 0.78), (0.5 + (x - 0.5) * 0.9, 0.9)], _WOOD, 0.016)
    half = [*around((0.0, 0.38), 0.38, 0.38, -90, 42), (0.11, 0.8)]
    # Ever narrower envelopes on top of each other leave stripes that follow the swelling.
    for share, fill in ((1.0, color), (0.7, lighter(color, 0.8)), (0.44, color)):
        right = [(0.5 + share * x, y) for x, y in half]
        pen.polygon([*right, *[(1 - x, y) for x, y in reversed(right)]], fill)
    pen.rectangle((0.4, 0.88, 0.6, 1.0), _WICKER, radius=0.03)
    pen.rectangle((0.385, 0.87, 0.615, 0.91), darker(_WICKER, 0.3), radius=0.015)


def chair(pen: Pen, color: Color, pose: str) -> None:
    shade = darker(color, 0.25)
    for x in (0.4, 0.86):
        pen.rectangle((x - 0.05, 0.5, x + 0.05, 0.91), shade)
    pen.polygon([(0.36, 0.03), (0.45, 0.0), (0.48, 0.5), (0.39, 0.5)], color)
    for y, height in ((0.14, 0.19), (0.41, 0.09)):
        pen.polygon([(0.13, y), (0.43, y - 0.12), (0.44, y - 0.12 + height), (0.14, y + height)], color)
    pen.polygon([(0.08, 0.14), (0.18, 0.11), (0.22, 0.64), (0.11, 0.64)], color)
    for x in (0.1, 0.65):
        pen.rectangle((x, 0.62, x + 0.11, 1.0), color, radius=0.015)
    pen.polygon([(0.09, 0.59), (0.41, 0.47), (0.93, 0.47), (0.77, 0.59)], lighter(color, 0.2))
    pen.polygon([(0.09, 0.59), (0.77, 0.59), (0.77, 0.69), (0.09, 0.69)], color)
    pen.polygon([(0.77, 0.59), (0.93, 0.47), (0.93, 0.57), (0.77, 0.69)], shade)


def tent(pen: Pen, color: Color, pose: str) -> None:
    for foot, tip in (((0.42, 0.26), (0.56, 0.04)), ((0.58, 0.26), (0.44, 0.04))):
        pen.line([foot, tip], _WOOD, 0.04)
    pen.polygon([(0.0, 1.0), *bend((0.0, 1.0), (0.27, 0.6), (0.5, 0.14)), (0.5, 1.0)], color)
    pen.polygon([(1.0, 1.0), *bend((1.0, 1.0), (0.73, 0.6), (0.5, 0.14)), (0.5, 1.0)], color)
    pen.polygon([(1.0, 1.0), *bend((1.0, 1.0), (0.73, 0.6), (0.5, 0.14)), (0.78, 1.0)], darker(color, 0.18))
    pen.polygon([(0.5, 0.38), (0.72, 1.0), (0.28, 1.0)], _DARK)
    # The flaps are folded back, as light triangles that frame the dark door.
    for side in (-1, 1):
        flap: list[Point] = [(0.0, 0.38), (0.13, 0.84), (0.3, 0.96), (0.2, 0.66)]
        pen.polygon([(0.5 + side * x, y) for x, y in flap], lighter(color, 0.45))


DRAWINGS: dict[str, Callable[[Pen, Color, str], None]] = {
    "house": house,
    "umbrella": umbrella,
    "ball": ball,
    "balloon": balloon,
    "chair": chair,
    "tent": tent,
    **plants.DRAWINGS,
}
