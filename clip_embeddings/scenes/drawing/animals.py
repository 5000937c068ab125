"""Drawings of the animals: side views facing right, standing on the bottom of the unit box.

Each kind has an exaggerated outline of its own, because the model sees it at a few dozen pixels.
Imports draw_pets, animal_parts, pen and shapes only (Pillow).
"""

from collections.abc import Callable

from clip_embeddings.scenes.drawing.parts import INK, ROSE, SNOW, eye, legs, shade, smile
from clip_embeddings.scenes.drawing.pen import Color, Pen, lighter, mix
from clip_embeddings.scenes.drawing.pets import cat, dog, rabbit
from clip_embeddings.scenes.drawing.shapes import merged, oval, ribbon, smooth, through

BEAK: Color = (246, 150, 34)

HORSE_BODY = [
    (0.15, 0.5),
    (0.24, 0.4),
    (0.42, 0.43),
    (0.6, 0.39),
    (0.69, 0.5),
    (0.6, 0.63),
    (0.42, 0.62),
    (0.22, 0.64),
]
HORSE_MANE = [
    (0.8, 0.1),
    (0.73, 0.03),
    (0.62, 0.08),
    (0.52, 0.24),
    (0.44, 0.42),
    (0.55, 0.44),
    (0.63, 0.32),
    (0.7, 0.2),
]


def horse(pen: Pen, color: Color, pose: str) -> None:
    """Long legs, a long neck with a mane, and a long hanging tail."""
    rise = 0.05 if pose == "running" else 0.0
    hair = (92, 58, 34) if sum(color) > 600 else mix(color, INK, 0.7) if sum(color) > 240 else (120, 116, 124)
    tail = [(0.2, 0.46), (0.07, 0.5), (0.08, 0.66), (0.04, 0.84)]
    if pose == "running":
        tail = [(0.22, 0.4), (0.11, 0.36), (0.07, 0.46), (0.03, 0.58)]
    merged(pen, [ribbon(tail, 0.1, 0.07)], hair)
    near = legs(pen, color, pose, (0.24, 0.56 - rise), (0.62, 0.56 - rise), width=0.085)
    body = smooth(HORSE_BODY)
    neck = ribbon([(0.58, 0.5), (0.67, 0.32), (0.74, 0.18)], 0.25, 0.15)
    head = ribbon([(0.75, 0.17), (0.84, 0.23), (0.92, 0.31)], 0.16, 0.11)
    merged(pen, [*near, *([(x, y - rise + 0.04) for x, y in part] for part in (body, neck, head))], color)
    mane = smooth(HORSE_MANE)
    pen.polygon([(x, y - rise + 0.04) for x, y in mane], hair)
    pen.polygon([(0.72, 0.15 - rise), (0.74, 0.05 - rise), (0.79, 0.15 - rise)], color)
    eye(pen, 0.79, 0.2 - rise, 0.025)
    pen.ellipse((0.92, 0.31 - rise, 0.945, 0.335 - rise), INK, outline=False)
    smile(pen, [(0.93, 0.385 - rise), (0.88, 0.37 - rise), (0.86, 0.34 - rise)], color)
    if pose == "standing":
        for x in (0.24, 0.62):
            pen.rectangle((x - 0.05, 0.94, x + 0.05, 1.0), hair, radius=0.015)


def elephant(pen: Pen, color: Color, pose: str) -> None:
    """A huge round body on thick legs, a large ear, a trunk and tusks."""
    rise = 0.05 if pose == "running" else 0.0
    pen.line(through([(0.1, 0.45), (0.03, 0.55), (0.05, 0.68)]), shade(color), 0.03)
    near = legs(pen, color, pose, (0.23, 0.62 - rise), (0.52, 0.62 - rise), width=0.16)
    trunk = [(0.76, 0.4), (0.87, 0.55), (0.85, 0.75), (0.91, 0.83), (0.97, 0.74)]
    if pose == "running":
        trunk = [(0.76, 0.38), (0.87, 0.44), (0.91, 0.32), (0.88, 0.18), (0.94, 0.09)]
    merged(
        pen,
        [*near, oval(0.38, 0.45 - rise, 0.32, 0.29), oval(0.7, 0.34, 0.2, 0.2), ribbon(trunk, 0.2, 0.07)],
        color,
    )
    pen.polygon(
        smooth([(0.74, 0.5), (0.79, 0.5), (0.84, 0.62), (0.95, 0.62), (0.85, 0.69), (0.76, 0.62)]), SNOW
    )
    ear = smooth(
        [(0.66, 0.2), (0.69, 0.36), (0.64, 0.55), (0.5, 0.6), (0.4, 0.42), (0.44, 0.22), (0.56, 0.15)]
    )
    pen.polygon(ear, color)
    pen.polygon(
        [(0.56 + (x - 0.56) * 0.68, 0.37 + (y - 0.37) * 0.68) for x, y in ear],
        mix(color, ROSE, 0.5),
        outline=False,
    )
    eye(pen, 0.77, 0.3)
    if pose == "standing":
        for x in (0.17, 0.22, 0.27, 0.47, 0.52, 0.57):
            pen.polygon(oval(x, 0.975, 0.02, 0.022), SNOW, outline=False)


def _flying_bird(pen: Pen, color: Color, wing: Color) -> None:
    far = [(0.55, 0.55), (0.62, 0.3), (0.8, 0.08), (0.86, 0.2), (0.82, 0.36), (0.7, 0.55)]
    pen.polygon(smooth(far), wing)
    body = smooth([(0.28, 0.66), (0.45, 0.54), (0.68, 0.5), (0.76, 0.64), (0.62, 0.8), (0.42, 0.8)])
    tail = [(0.34, 0.62), (0.02, 0.6), (0.09, 0.7), (0.03, 0.8), (0.36, 0.76)]
    pen.polygon([(0.88, 0.5), (1.0, 0.57), (0.88, 0.62)], BEAK)
    merged(pen, [tail, body, oval(0.78, 0.56, 0.14, 0.13)], color)
    near = [
        (0.62, 0.66),
        (0.46, 0.68),
        (0.24, 0.48),
        (0.1, 0.3),
        (0.1, 0.08),
        (0.26, 0.14),
        (0.44, 0.28),
        (0.58, 0.5),
    ]
    pen.polygon(smooth(near), wing)
    for x, y in ((0.21, 0.22), (0.21, 0.33), (0.26, 0.43)):
        pen.line([(x, y), (x + 0.17, y + 0.14)], color, 0.02)
    eye(pen, 0.82, 0.53)


def bird(pen: Pen, color: Color, pose: str) -> None:
    """A beak and wings: both spread in a V in flight, one folded on the ground."""
    wing = shade(color)
    if pose == "flying":
        _flying_bird(pen, color, wing)
        return
    for x in (0.44, 0.56):
        pen.line([(x, 0.78), (x, 0.98), (x + 0.09, 0.98)], BEAK, 0.03)
    pen.polygon([(0.84, 0.22), (1.0, 0.3), (0.84, 0.37)], BEAK)
    tail = [(0.3, 0.55), (0.0, 0.7), (0.06, 0.82), (0.36, 0.74)]
    merged(pen, [tail, oval(0.5, 0.57, 0.3, 0.26, -20), oval(0.7, 0.27, 0.19, 0.18)], color)
    pen.polygon(oval(0.66, 0.64, 0.12, 0.14, 20), lighter(color, 0.4), outline=False)
    pen.polygon(
        smooth([(0.54, 0.44), (0.62, 0.56), (0.5, 0.72), (0.3, 0.76), (0.12, 0.72), (0.3, 0.52)]), wing
    )
    eye(pen, 0.76, 0.24, 0.036)


def butterfly(pen: Pen, color: Color, pose: str) -> None:
    """Four big spotted wings seen from the front around a thin dark body with antennae."""
    spot = lighter(color, 0.65)
    for s in (-1, 1):
        lower = [
            (0.5, 0.55),
            (0.5 + s * 0.24, 0.54),
            (0.5 + s * 0.39, 0.7),
            (0.5 + s * 0.27, 0.95),
            (0.5 + s * 0.11, 0.83),
        ]
        upper = [
            (0.5, 0.54),
            (0.5 + s * 0.14, 0.26),
            (0.5 + s * 0.38, 0.07),
            (0.5 + s * 0.49, 0.22),
            (0.5 + s * 0.4, 0.53),
        ]
        for wing, fill in ((lower, mix(color, INK, 0.18)), (upper, color)):
            merged(pen, [smooth(wing)], fill)
        pen.polygon(oval(0.5 + s * 0.33, 0.27, 0.085, 0.085), spot)
        pen.polygon(oval(0.5 + s * 0.25, 0.72, 0.065, 0.065), spot)
        pen.polygon(oval(0.5 + s * 0.25, 0.45, 0.035, 0.035), spot, outline=False)
        pen.line(through([(0.5, 0.3), (0.5 + s * 0.05, 0.14), (0.5 + s * 0.13, 0.06)]), INK, 0.022)
        pen.polygon(oval(0.5 + s * 0.13, 0.06, 0.028, 0.028), INK, outline=False)
    merged(pen, [ribbon([(0.5, 0.35), (0.5, 0.8)], 0.08, 0.05), oval(0.5, 0.31, 0.06, 0.06)], INK)


DRAWINGS: dict[str, Callable[[Pen, Color, str], None]] = {
    "cat": cat,
    "dog": dog,
    "horse": horse,
    "elephant": elephant,
    "rabbit": rabbit,
    "bird": bird,
    "butterfly": butterfly,
}
