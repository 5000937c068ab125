"""Drawings of people: whole figures facing the viewer, running to the right.

Imports pen and shapes only (Pillow).
"""

from collections.abc import Callable

from clip_embeddings.scenes.drawing.pen import Color, Pen, Point, darker
from clip_embeddings.scenes.drawing.shapes import merged, oval, ribbon, smooth, through

SKIN: Color = (240, 192, 152)
DARK_HAIR: Color = (70, 44, 30)
RED_HAIR: Color = (158, 78, 34)
TROUSERS: Color = (38, 52, 98)
SHOES: Color = (92, 56, 40)
INK: Color = (34, 32, 40)
MOUTH: Color = (190, 60, 56)

# Outlines; those of hair are measured from the middle of the face.
SHIRT = [
    (0.5, 0.32),
    (0.66, 0.34),
    (0.71, 0.44),
    (0.67, 0.68),
    (0.5, 0.7),
    (0.33, 0.68),
    (0.29, 0.44),
    (0.34, 0.34),
]
SHORT_HAIR = [
    (-0.15, -0.0),
    (-0.16, -0.1),
    (-0.08, -0.175),
    (0.06, -0.18),
    (0.16, -0.11),
    (0.15, 0.0),
    (0.11, -0.07),
    (-0.02, -0.09),
    (-0.11, -0.06),
]
LONG_HAIR = [
    (0.0, -0.17),
    (0.15, -0.12),
    (0.19, 0.06),
    (0.22, 0.28),
    (0.1, 0.32),
    (-0.1, 0.32),
    (-0.22, 0.28),
    (-0.19, 0.06),
    (-0.15, -0.12),
]
BLOWN_HAIR = [
    (0.0, -0.17),
    (0.15, -0.12),
    (0.17, 0.04),
    (0.08, 0.2),
    (-0.16, 0.24),
    (-0.4, 0.22),
    (-0.38, 0.06),
    (-0.22, 0.0),
    (-0.15, -0.12),
]
FRINGE = [
    (-0.15, 0.04),
    (-0.16, -0.1),
    (0.0, -0.18),
    (0.16, -0.1),
    (0.15, 0.04),
    (0.1, -0.06),
    (-0.02, -0.1),
    (-0.1, -0.04),
]


def _face(pen: Pen, x: float, y: float) -> None:
    for s in (-1, 1):
        pen.polygon(oval(x + s * 0.052, y - 0.005, 0.017, 0.022), INK, outline=False)
        pen.polygon(oval(x + s * 0.085, y + 0.045, 0.026, 0.018), (240, 156, 132), outline=False)
    pen.line(through([(x - 0.045, y + 0.05), (x, y + 0.08), (x + 0.045, y + 0.05)]), MOUTH, 0.016)


def _arm(pen: Pen, sleeve: Color, points: list[Point], width: float = 0.1) -> None:
    """A sleeve along the points with a hand at the last one."""
    pen.polygon(oval(*points[-1], 0.05, 0.05), SKIN)
    near_hand = (points[-2][0] * 0.25 + points[-1][0] * 0.75, points[-2][1] * 0.25 + points[-1][1] * 0.75)
    merged(pen, [ribbon([*points[:-1], near_hand], width, width * 0.85)], sleeve)


def _shoe(pen: Pen, x: float, y: float, tilt: float = 0.0) -> None:
    pen.polygon(oval(x, y, 0.075, 0.04, tilt), SHOES)


def man(pen: Pen, color: Color, pose: str) -> None:
    """Short hair, a broad shirt and dark trousers with two separate legs."""
    running = pose == "running"
    if running:
        legs = [[(0.46, 0.62), (0.34, 0.76), (0.12, 0.8)], [(0.54, 0.62), (0.72, 0.7), (0.8, 0.9)]]
        _shoe(pen, 0.08, 0.79, 70)
        _shoe(pen, 0.84, 0.94, -10)
        _arm(pen, darker(color, 0.15), [(0.62, 0.42), (0.76, 0.52), (0.9, 0.38)])
    else:
        legs = [[(0.42, 0.66), (0.4, 0.94)], [(0.58, 0.66), (0.6, 0.94)]]
        _shoe(pen, 0.37, 0.96)
        _shoe(pen, 0.63, 0.96)
    merged(pen, [ribbon(leg, 0.17, 0.12) for leg in legs], TROUSERS)
    if not running:
        _arm(pen, color, [(0.68, 0.4), (0.77, 0.53), (0.79, 0.68)], 0.12)
    shirt = smooth(SHIRT)
    lean = 0.05 if running else 0.0
    merged(pen, [[(x + lean * (0.7 - y) / 0.4, y - lean * 0.4) for x, y in shirt]], color)
    near_arm = [(0.32, 0.4), (0.23, 0.53), (0.21, 0.68)]
    if running:
        near_arm = [(0.38, 0.42), (0.22, 0.5), (0.16, 0.66)]
    _arm(pen, color, near_arm, 0.12)
    _man_head(pen, 0.5 + lean * 1.2, 0.18 - lean * 0.4)


def _man_head(pen: Pen, x: float, y: float) -> None:
    merged(
        pen,
        [
            ribbon([(x, y + 0.08), (x, y + 0.16)], 0.1),
            *(oval(x + s * 0.145, y, 0.03, 0.035) for s in (-1, 1)),
        ],
        SKIN,
    )
    merged(pen, [oval(x, y, 0.145, 0.15)], SKIN)
    pen.polygon(smooth([(x + u, y + v) for u, v in SHORT_HAIR]), DARK_HAIR)
    _face(pen, x, y + 0.015)


def woman(pen: Pen, color: Color, pose: str) -> None:
    """Long hair and a wide triangular dress down to the calves."""
    running = pose == "running"
    x, y = (0.56, 0.17) if running else (0.5, 0.18)
    hair = BLOWN_HAIR if running else LONG_HAIR
    pen.polygon(smooth([(x + u, y + v) for u, v in hair]), RED_HAIR)
    if running:
        legs = [[(0.44, 0.75), (0.3, 0.83), (0.12, 0.86)], [(0.58, 0.75), (0.74, 0.82), (0.82, 0.93)]]
        _shoe(pen, 0.08, 0.85, 70)
        _shoe(pen, 0.86, 0.95, -10)
        _arm(pen, darker(color, 0.15), [(0.62, 0.42), (0.78, 0.5), (0.92, 0.36)], 0.08)
    else:
        legs = [[(0.43, 0.8), (0.43, 0.95)], [(0.57, 0.8), (0.57, 0.95)]]
        _shoe(pen, 0.4, 0.965)
        _shoe(pen, 0.6, 0.965)
    merged(pen, [ribbon(leg, 0.08, 0.06) for leg in legs], SKIN)
    _dress(pen, color, running)
    merged(pen, [ribbon([(x, y + 0.08), (x, y + 0.16)], 0.09), oval(x, y, 0.14, 0.145)], SKIN)
    pen.polygon(smooth([(x + u, y + v) for u, v in FRINGE]), RED_HAIR)
    _face(pen, x, y + 0.02)


def _dress(pen: Pen, color: Color, running: bool) -> None:
    if running:
        skirt = [
            (0.62, 0.33),
            (0.66, 0.38),
            (0.62, 0.52),
            (0.74, 0.76),
            (0.48, 0.84),
            (0.16, 0.74),
            (0.44, 0.52),
            (0.44, 0.36),
        ]
        merged(pen, [skirt], color)
        _arm(pen, color, [(0.47, 0.4), (0.32, 0.48), (0.22, 0.6)], 0.08)
        return
    for s in (-1, 1):
        _arm(pen, color, [(0.5 + s * 0.1, 0.38), (0.5 + s * 0.22, 0.48), (0.5 + s * 0.29, 0.6)], 0.08)
    skirt = [
        (0.39, 0.34),
        (0.5, 0.33),
        (0.61, 0.34),
        (0.61, 0.52),
        (0.82, 0.85),
        (0.5, 0.9),
        (0.18, 0.85),
        (0.39, 0.52),
    ]
    merged(pen, [skirt], color)
    pen.line([(0.4, 0.52), (0.6, 0.52)], darker(color, 0.35), 0.03)


DRAWINGS: dict[str, Callable[[Pen, Color, str], None]] = {"man": man, "woman": woman}
