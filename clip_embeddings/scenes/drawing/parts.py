"""What the animals share: legs, eyes and smiles.

Imports pen and shapes only (Pillow).
"""

from collections.abc import Sequence

from clip_embeddings.scenes.drawing.pen import Color, Pen, Point, darker, lighter
from clip_embeddings.scenes.drawing.shapes import merged, oval, ribbon, through

INK: Color = (34, 32, 40)
SNOW: Color = (252, 252, 250)
ROSE: Color = (246, 160, 172)


def shade(color: Color) -> Color:
    """The same colour out of the light; black gets lighter, as there is no darker."""
    return lighter(color, 0.2) if sum(color) < 240 else darker(color, 0.22)


def eye(pen: Pen, x: float, y: float, r: float = 0.032) -> None:
    """An open eye whose white shows on black fur too."""
    pen.polygon(oval(x, y, r * 1.15, r * 1.3), SNOW)
    pen.polygon(oval(x + r * 0.2, y, r * 0.8, r), INK, outline=False)
    pen.polygon(oval(x + r * 0.45, y - r * 0.4, r * 0.28, r * 0.28), SNOW, outline=False)


def smile(pen: Pen, points: Sequence[Point], color: Color) -> None:
    pen.line(through(points), SNOW if sum(color) < 240 else INK, 0.014)


def legs(pen: Pen, color: Color, pose: str, back: Point, front: Point, *, width: float) -> list[list[Point]]:
    """Draw the two far legs and return the two near ones, to be merged with the body."""
    (bx, by), (fx, fy) = back, front
    foot = 1 - width * 0.42
    if pose == "running":
        far = [
            ribbon([(bx, by), (bx + 0.04, by + 0.14), (bx - 0.06, 0.93)], width * 1.3, width * 0.8),
            ribbon([(fx, fy), (fx + 0.06, fy + 0.15), (fx - 0.02, 0.93)], width * 1.2, width * 0.8),
        ]
        near = [
            ribbon([(bx, by), (bx - 0.09, by + 0.12), (bx - 0.19, 0.88)], width * 1.5, width * 0.8),
            ribbon([(fx, fy), (fx + 0.13, fy + 0.09), (fx + 0.25, 0.86)], width * 1.3, width * 0.8),
        ]
    else:
        far = [
            ribbon([(x, y), (x, foot - 0.03)], width)
            for x, y in ((bx + width * 1.15, by), (fx - width * 1.15, fy))
        ]
        near = [ribbon([(x, y), (x, foot)], width * 1.25, width) for x, y in (back, front)]
    merged(pen, far, shade(color))
    return near
