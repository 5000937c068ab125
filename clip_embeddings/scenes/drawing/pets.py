"""Drawings of the cat, the dog and the rabbit: standing, running and sitting.

Each has an exaggerated outline of its own in each pose, because the model sees it at a few dozen pixels.
Imports animal_parts, pen and shapes only (Pillow).
"""

from clip_embeddings.scenes.drawing.parts import INK, ROSE, SNOW, eye, legs, shade, smile
from clip_embeddings.scenes.drawing.pen import PALETTE, Color, Pen, lighter, mix
from clip_embeddings.scenes.drawing.shapes import merged, oval, ribbon, smooth, through


def _cat_head(pen: Pen, color: Color, x: float, y: float) -> None:
    ears = [[(x + s * 0.21, y + 0.02), (x + s * 0.2, y - 0.31), (x + s * 0.02, y - 0.14)] for s in (-1, 1)]
    merged(pen, [*ears, oval(x, y, 0.225, 0.185)], color)
    for s in (-1, 1):
        pen.polygon(
            [(x + s * 0.17, y - 0.1), (x + s * 0.175, y - 0.23), (x + s * 0.08, y - 0.15)],
            ROSE,
            outline=False,
        )
        pen.polygon(oval(x + s * 0.09, y - 0.03, 0.046, 0.054), (150, 214, 92))
        pen.polygon(oval(x + s * 0.09, y - 0.03, 0.016, 0.048), INK, outline=False)
        for dy in (-0.02, 0.04):
            pen.line(
                [(x + s * 0.13, y + 0.07 + dy / 2), (x + s * 0.29, y + 0.06 + dy)], _whisker(color), 0.011
            )
    pen.polygon([(x - 0.032, y + 0.04), (x + 0.032, y + 0.04), (x, y + 0.075)], ROSE)
    for s in (-1, 1):
        smile(pen, [(x, y + 0.075), (x + s * 0.035, y + 0.11), (x + s * 0.075, y + 0.09)], color)


def _whisker(color: Color) -> Color:
    return (220, 220, 220) if sum(color) < 240 else INK


def cat(pen: Pen, color: Color, pose: str) -> None:
    """Pointed ears, a big round face with whiskers, and a thin tail hooked upwards."""
    if pose == "sitting":
        merged(
            pen, [ribbon([(0.6, 0.92), (0.86, 0.9), (0.93, 0.7), (0.84, 0.56), (0.75, 0.63)], 0.085)], color
        )
        body = smooth(
            [(0.46, 0.35), (0.64, 0.5), (0.74, 0.84), (0.64, 0.99), (0.28, 0.99), (0.18, 0.84), (0.28, 0.5)]
        )
        merged(pen, [body], color)
        pen.polygon(oval(0.46, 0.66, 0.11, 0.15), lighter(color, 0.45), outline=False)
        merged(pen, [ribbon([(x, 0.7), (x, 0.94)], 0.11) for x in (0.39, 0.53)], color)
        _cat_head(pen, color, 0.46, 0.33)
        return
    rise = 0.06 if pose == "running" else 0.0
    tail = ribbon([(0.2, 0.62), (0.06, 0.5), (0.05, 0.28), (0.17, 0.18), (0.26, 0.28)], 0.085, 0.07)
    if pose == "running":
        tail = ribbon([(0.24, 0.56), (0.08, 0.5), (0.04, 0.32), (0.14, 0.22), (0.22, 0.31)], 0.085, 0.07)
    near = legs(pen, color, pose, (0.25, 0.68 - rise), (0.62, 0.7 - rise), width=0.1)
    body = smooth([(0.15, 0.64), (0.26, 0.5), (0.5, 0.5), (0.7, 0.5), (0.7, 0.76), (0.48, 0.8), (0.24, 0.81)])
    merged(pen, [tail, *near, [(x, y - rise) for x, y in body]], color)
    _cat_head(pen, color, 0.69, 0.35 - rise / 2)


def _dog_head(pen: Pen, color: Color, x: float, y: float) -> None:
    """A long muzzle in profile with the tongue out, and a hanging ear."""
    pen.polygon(
        smooth([(x + 0.19, y + 0.1), (x + 0.28, y + 0.09), (x + 0.28, y + 0.23), (x + 0.21, y + 0.24)]),
        PALETTE["red"],
    )
    muzzle = ribbon([(x, y + 0.03), (x + 0.12, y + 0.05), (x + 0.26, y + 0.06)], 0.26, 0.15)
    merged(pen, [oval(x, y, 0.165, 0.155), muzzle], color)
    pen.polygon(oval(x + 0.31, y + 0.015, 0.048, 0.042), INK)
    smile(pen, [(x + 0.28, y + 0.1), (x + 0.19, y + 0.105), (x + 0.09, y + 0.07)], color)
    ear = smooth(
        [
            (x - 0.1, y - 0.14),
            (x - 0.0, y - 0.1),
            (x - 0.0, y + 0.12),
            (x - 0.09, y + 0.24),
            (x - 0.17, y + 0.08),
        ]
    )
    pen.polygon(ear, mix(color, (120, 70, 40), 0.55))
    eye(pen, x + 0.08, y - 0.04)


def _sitting_dog(pen: Pen, color: Color) -> None:
    tail = ribbon([(0.26, 0.9), (0.12, 0.82), (0.06, 0.64)], 0.12, 0.1)
    merged(pen, [ribbon([(0.62, 0.6), (0.72, 0.94)], 0.11)], shade(color))
    back = smooth(
        [(0.42, 0.2), (0.62, 0.3), (0.66, 0.6), (0.6, 0.9), (0.3, 0.97), (0.16, 0.84), (0.26, 0.56)]
    )
    merged(pen, [tail, back], color)
    merged(pen, [ribbon([(0.55, 0.56), (0.57, 0.8), (0.6, 0.95)], 0.15, 0.1)], color)
    merged(pen, [oval(0.33, 0.82, 0.17, 0.16), ribbon([(0.3, 0.95), (0.46, 0.95)], 0.1)], color)
    pen.line(through([(0.35, 0.41), (0.48, 0.46), (0.62, 0.42)]), PALETTE["red"], 0.06)
    pen.ellipse((0.55, 0.43, 0.63, 0.51), PALETTE["yellow"])
    _dog_head(pen, color, 0.5, 0.21)


def dog(pen: Pen, color: Color, pose: str) -> None:
    """A long muzzle, hanging ears, a collar, and a short thick tail that wags upright."""
    if pose == "sitting":
        _sitting_dog(pen, color)
        return
    rise = 0.08 if pose == "running" else 0.0
    near = legs(pen, color, pose, (0.22, 0.66 - rise), (0.6, 0.66 - rise), width=0.11)
    tail = ribbon([(0.16, 0.56 - rise), (0.09, 0.42 - rise), (0.09, 0.28 - rise)], 0.13, 0.1)
    body = smooth(
        [
            (0.11, 0.6),
            (0.2, 0.48),
            (0.44, 0.49),
            (0.62, 0.45),
            (0.72, 0.6),
            (0.62, 0.74),
            (0.4, 0.71),
            (0.18, 0.75),
        ]
    )
    neck = ribbon([(0.6, 0.56), (0.64, 0.34)], 0.24, 0.2)
    merged(pen, [tail, *near, *([(x, y - rise) for x, y in part] for part in (body, neck))], color)
    pen.line(through([(0.51, 0.42 - rise), (0.61, 0.48 - rise), (0.73, 0.46 - rise)]), PALETTE["red"], 0.06)
    pen.ellipse((0.66, 0.46 - rise, 0.74, 0.54 - rise), PALETTE["yellow"])
    _dog_head(pen, color, 0.64, 0.27 - rise)


def _rabbit_head(pen: Pen, color: Color, x: float, y: float, lean: float) -> None:
    """A face between two very long ears; `lean` moves their tips."""
    for s in (-1, 1):
        ear = [
            (x + s * 0.07, y - 0.08),
            (x + s * 0.08 + lean * 0.4, y - 0.22),
            (x + s * 0.1 + lean, y - 0.36),
        ]
        merged(pen, [ribbon(ear, 0.09, 0.12)], color)
        pen.line(through(ear[1:]), ROSE, 0.05)
    merged(pen, [oval(x, y, 0.17, 0.155)], color)
    for s in (-1, 1):
        eye(pen, x + s * 0.075, y - 0.03)
        pen.polygon(oval(x + s * 0.035, y + 0.07, 0.045, 0.035), SNOW, outline=False)
    pen.polygon(
        [(x - 0.018, y + 0.065), (x + 0.018, y + 0.065), (x + 0.018, y + 0.12), (x - 0.018, y + 0.12)], SNOW
    )
    pen.polygon(oval(x, y + 0.04, 0.028, 0.02), ROSE)


def rabbit(pen: Pen, color: Color, pose: str) -> None:
    """Two very long ears, a round body and a white cotton tail."""
    if pose == "sitting":
        pen.polygon(oval(0.75, 0.86, 0.085, 0.08), SNOW)
        merged(pen, [oval(0.5, 0.76, 0.25, 0.235)], color)
        pen.polygon(oval(0.5, 0.78, 0.14, 0.16), lighter(color, 0.5), outline=False)
        for s in (-1, 1):
            merged(pen, [ribbon([(0.5 + s * 0.17, 0.62), (0.5 + s * 0.07, 0.73)], 0.09)], color)
            merged(pen, [oval(0.5 + s * 0.17, 0.94, 0.12, 0.055)], color)
        _rabbit_head(pen, color, 0.5, 0.43, 0.0)
        return
    rise = 0.1 if pose == "running" else 0.0
    pen.polygon(oval(0.13, 0.66 - rise, 0.1, 0.095), SNOW)
    body = [oval(0.42, 0.7 - rise, 0.29, 0.2, 0.0), oval(0.33, 0.73 - rise, 0.19, 0.18)]
    if pose == "running":
        far = [
            ribbon([(0.28, 0.74), (0.2, 0.93)], 0.11, 0.08),
            ribbon([(0.62, 0.7), (0.76, 0.88)], 0.09, 0.08),
        ]
        merged(pen, far, shade(color))
        body += [
            ribbon([(0.28, 0.7), (0.16, 0.8), (0.05, 0.9)], 0.17, 0.09),
            ribbon([(0.62, 0.66), (0.78, 0.74), (0.93, 0.78)], 0.11, 0.08),
        ]
    else:
        merged(pen, [ribbon([(0.55, 0.8), (0.55, 0.95)], 0.09)], shade(color))
        body += [ribbon([(0.65, 0.75), (0.66, 0.95)], 0.1), ribbon([(0.28, 0.95), (0.44, 0.95)], 0.1)]
    merged(pen, body, color)
    _rabbit_head(pen, color, 0.69, 0.47 - rise * 0.4, -0.14 if pose == "running" else 0.0)
