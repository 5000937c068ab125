"""How the vehicles look: car, bus, bicycle, boat and airplane, side on and facing right.

Imports the pen (and through it Pillow) and its curve helpers only.
"""

from collections.abc import Callable

from clip_embeddings.scenes.drawing.pen import Color, Pen, darker, lighter
from clip_embeddings.scenes.drawing.shapes import around, bend

_GLASS: Color = (186, 224, 240)
_TYRE: Color = (52, 52, 60)
_HUB: Color = (206, 210, 214)
_LAMP: Color = (255, 232, 130)
_WHITE: Color = (250, 250, 246)
_WOOD: Color = (122, 80, 50)


def _wheel(pen: Pen, x: float, radius: float) -> None:
    y = 1 - radius
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), _TYRE)
    hub = radius * 0.5
    pen.ellipse((x - hub, y - hub, x + hub, y + hub), _HUB)


def car(pen: Pen, color: Color, pose: str) -> None:
    cabin = [
        *bend((0.16, 0.64), (0.2, 0.36), (0.34, 0.36)),
        *bend((0.52, 0.36), (0.68, 0.36), (0.8, 0.64)),
    ]
    pen.polygon(cabin, color)
    pen.polygon([*bend((0.23, 0.62), (0.26, 0.43), (0.35, 0.43), 6), (0.43, 0.43), (0.43, 0.62)], _GLASS)
    pen.polygon([(0.49, 0.43), *bend((0.53, 0.43), (0.63, 0.44), (0.71, 0.62), 6), (0.49, 0.62)], _GLASS)
    body = [
        *bend((0.0, 0.86), (0.0, 0.6), (0.12, 0.6)),
        *bend((0.74, 0.6), (1.0, 0.62), (1.0, 0.86)),
        *bend((1.0, 0.86), (1.0, 0.9), (0.96, 0.9), 4),
        *bend((0.04, 0.9), (0.0, 0.9), (0.0, 0.86), 4),
    ]
    pen.polygon(body, color)
    # Hides the seam between cabin and body, so that the two read as one shell.
    pen.line([(0.17, 0.615), (0.78, 0.615)], color, 0.035)
    pen.line([(0.46, 0.64), (0.46, 0.84)], darker(color, 0.25), 0.014)
    pen.line([(0.5, 0.7), (0.56, 0.7)], darker(color, 0.45), 0.022)
    pen.ellipse((0.9, 0.69, 0.975, 0.78), _LAMP)
    pen.rectangle((0.005, 0.69, 0.05, 0.77), (190, 40, 40), radius=0.015)
    for x in (0.23, 0.77):
        pen.ellipse((x - 0.165, 0.67, x + 0.165, 1.0), darker(color, 0.55), outline=False)
        _wheel(pen, x, 0.145)


def bus(pen: Pen, color: Color, pose: str) -> None:
    pen.rectangle((0.0, 0.1, 1.0, 0.91), color, radius=0.08)
    pen.rectangle((0.06, 0.1, 0.94, 0.16), lighter(color, 0.4), radius=0.03)
    for left in (0.05, 0.235, 0.42, 0.605):
        pen.rectangle((left, 0.24, left + 0.155, 0.5), _GLASS, radius=0.025)
        pen.line([(left + 0.04, 0.42), (left + 0.1, 0.3)], _WHITE, 0.02)
    pen.rectangle((0.8, 0.24, 0.95, 0.86), _GLASS, radius=0.025)
    pen.line([(0.875, 0.26), (0.875, 0.84)], darker(color, 0.4), 0.018)
    pen.rectangle((0.0, 0.57, 0.775, 0.63), lighter(color, 0.6))
    pen.ellipse((0.955, 0.7, 1.0, 0.79), _LAMP)
    pen.rectangle((0.0, 0.7, 0.03, 0.8), (190, 40, 40))
    for x in (0.22, 0.66):
        pen.ellipse((x - 0.135, 0.73, x + 0.135, 1.0), darker(color, 0.55), outline=False)
        _wheel(pen, x, 0.115)


def bicycle(pen: Pen, color: Color, pose: str) -> None:
    back, front, pedals = (0.235, 0.765), (0.765, 0.765), (0.46, 0.78)
    seat, head = (0.37, 0.42), (0.67, 0.42)
    black = sum(color) < 240
    for x, y in (back, front):
        for point in around((x, y), 0.19, 0.19, 22.5, 337.5, steps=7):
            pen.line([(x, y), point], _HUB, 0.01)
        pen.arc((x - 0.235, y - 0.235, x + 0.235, y + 0.235), 0, 360, _TYRE, 0.045)
        pen.arc((x - 0.192, y - 0.192, x + 0.192, y + 0.192), 0, 360, _HUB if black else color, 0.03)
    # Strokes have no outline of their own; a black frame would vanish at night without this pale edge.
    for width, fill in ((0.1, lighter(color, 0.6)), (0.068, color))[0 if black else 1 :]:
        pen.line([back, seat, head, pedals, back], fill, width)
        pen.line([pedals, seat, (0.345, 0.33)], fill, width)
        pen.line([front, head, (0.64, 0.27)], fill, width)
    _bicycle_parts(pen)
    for (x, y), r in ((pedals, 0.06), (back, 0.035), (front, 0.035)):
        pen.ellipse((x - r, y - r, x + r, y + r), _HUB)


def _bicycle_parts(pen: Pen) -> None:
    bar = [(0.64, 0.27), (0.76, 0.25), (0.79, 0.32), (0.74, 0.36)]
    pen.line(bar, _HUB, 0.06)
    pen.line(bar, _TYRE, 0.042)
    saddle = [(0.23, 0.29), *bend((0.26, 0.27), (0.36, 0.27), (0.47, 0.31)), (0.36, 0.36), (0.25, 0.36)]
    pen.polygon(saddle, _TYRE)
    pen.line([(0.46, 0.78), (0.5, 0.9)], _TYRE, 0.03)
    pen.line([(0.46, 0.9), (0.54, 0.9)], _TYRE, 0.035)


def boat(pen: Pen, color: Color, pose: str) -> None:
    pen.line([(0.5, 0.04), (0.5, 0.8)], _WOOD, 0.04)
    pen.polygon([(0.5, 0.0), (0.36, 0.045), (0.5, 0.09)], (222, 60, 56))
    # The large sail leads the eye, so it carries the colour; the white one makes it a sail boat.
    pen.polygon([*bend((0.54, 0.06), (0.86, 0.3), (0.94, 0.67)), (0.54, 0.67)], color)
    for y, end in ((0.3, 0.755), (0.48, 0.865)):
        pen.line([(0.56, y), (end, y)], lighter(color, 0.5), 0.02)
    pen.polygon([*bend((0.46, 0.14), (0.24, 0.36), (0.12, 0.67)), (0.46, 0.67)], _WHITE)
    hull = [
        (0.02, 0.73), (0.98, 0.73),
        *bend((0.98, 0.73), (0.93, 0.99), (0.74, 0.99)),
        *bend((0.26, 0.99), (0.1, 0.99), (0.02, 0.73)),
    ]  # fmt: skip
    pen.polygon(hull, color)
    pen.polygon([(0.02, 0.73), (0.98, 0.73), (0.968, 0.79), (0.04, 0.79)], lighter(color, 0.55))
    for x in (0.3, 0.5, 0.7):
        pen.ellipse((x - 0.04, 0.84, x + 0.04, 0.92), _GLASS)


def airplane(pen: Pen, color: Color, pose: str) -> None:
    pen.polygon([(0.5, 0.44), (0.36, 0.2), (0.45, 0.2), (0.68, 0.44)], darker(color, 0.3))
    pen.polygon([(0.06, 0.48), (0.0, 0.16), *bend((0.1, 0.16), (0.16, 0.16), (0.3, 0.44))], color)
    body = [
        *bend((0.04, 0.45), (0.1, 0.38), (0.3, 0.37)),
        *bend((0.76, 0.37), (1.0, 0.39), (1.0, 0.53)),
        *bend((1.0, 0.53), (0.98, 0.66), (0.74, 0.67)),
        *bend((0.4, 0.67), (0.14, 0.64), (0.04, 0.45)),
    ]
    pen.polygon(body, color)
    pen.polygon([(0.83, 0.4), *bend((0.86, 0.405), (0.95, 0.42), (0.98, 0.49), 5), (0.83, 0.49)], _GLASS)
    for x in (0.32, 0.42, 0.52, 0.62, 0.72):
        pen.ellipse((x - 0.033, 0.42, x + 0.033, 0.49), _GLASS)
    pen.polygon([(0.02, 0.48), (0.0, 0.54), (0.06, 0.56), (0.22, 0.52), (0.2, 0.48)], darker(color, 0.2))
    pen.rectangle((0.47, 0.685, 0.655, 0.775), _HUB, radius=0.04)
    wing = [(0.42, 0.57), (0.67, 0.57), *bend((0.43, 0.88), (0.36, 0.93), (0.27, 0.88), 5)]
    pen.polygon(wing, darker(color, 0.2))


DRAWINGS: dict[str, Callable[[Pen, Color, str], None]] = {
    "car": car,
    "bus": bus,
    "bicycle": bicycle,
    "boat": boat,
    "airplane": airplane,
}
