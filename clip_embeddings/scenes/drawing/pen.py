"""A pen that draws in a unit box, so that each object is described once at any place and size.

Imports Pillow only.
"""

from collections.abc import Callable, Sequence

from PIL import ImageDraw

Color = tuple[int, int, int]
Point = tuple[float, float]

PALETTE: dict[str, Color] = {
    "red": (214, 48, 44),
    "orange": (240, 138, 36),
    "yellow": (248, 212, 54),
    "green": (58, 158, 76),
    "blue": (46, 104, 206),
    "purple": (138, 66, 176),
    "pink": (244, 138, 178),
    "brown": (128, 82, 48),
    "black": (44, 44, 50),
    "white": (246, 246, 242),
    "grey": (142, 146, 152),
}


def mix(a: Color, b: Color, share: float) -> Color:
    """Blend two colours; `share` 0 gives a, 1 gives b."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def darker(color: Color, share: float = 0.35) -> Color:
    return mix(color, (0, 0, 0), share)


def lighter(color: Color, share: float = 0.35) -> Color:
    return mix(color, (255, 255, 255), share)


def no_light(color: Color) -> Color:
    return color


class Pen:
    """Shapes in a unit box: (0, 0) is its top left and (1, 1) its bottom right on the picture.

    `flip` mirrors the box left to right. `light` maps every colour, so that one drawing serves day,
    sunset and night. Closed shapes get a thin outline that contrasts with their fill.
    """

    def __init__(
        self,
        draw: ImageDraw.ImageDraw,
        left: float,
        top: float,
        side: float,
        *,
        flip: bool = False,
        light: Callable[[Color], Color] = no_light,
    ) -> None:
        self._draw, self._left, self._top, self._side = draw, left, top, side
        self._flip, self._light = flip, light
        self._thin = max(1, round(side * 0.012))

    def unlit(self) -> "Pen":
        """The same box for what gives light of its own."""
        return Pen(self._draw, self._left, self._top, self._side, flip=self._flip)

    def _point(self, point: Point) -> Point:
        x = 1 - point[0] if self._flip else point[0]
        return self._left + x * self._side, self._top + point[1] * self._side

    def _outline(self, fill: Color) -> Color:
        brightness = sum(fill) / 3
        return self._light(lighter(fill, 0.45) if brightness < 80 else darker(fill, 0.5))

    def polygon(self, points: Sequence[Point], fill: Color, *, outline: bool = True) -> None:
        spots = [self._point(p) for p in points]
        self._draw.polygon(spots, fill=self._light(fill))
        if outline:
            self._draw.line([*spots, spots[0]], fill=self._outline(fill), width=self._thin, joint="curve")

    def ellipse(self, box: tuple[float, float, float, float], fill: Color, *, outline: bool = True) -> None:
        """Ellipse inside the box (x0, y0, x1, y1)."""
        corners = self._corners(box)
        self._draw.ellipse(
            corners,
            fill=self._light(fill),
            outline=self._outline(fill) if outline else None,
            width=self._thin,
        )

    def rectangle(self, box: tuple[float, float, float, float], fill: Color, *, radius: float = 0.0) -> None:
        """Rectangle with rounded corners; `radius` in units of the box's side."""
        self._draw.rounded_rectangle(
            self._corners(box), radius * self._side, self._light(fill), self._outline(fill), self._thin
        )

    def line(self, points: Sequence[Point], fill: Color, width: float) -> None:
        """Open stroke with round joints and ends; `width` in units of the box's side."""
        spots = [self._point(p) for p in points]
        thick = max(1, round(width * self._side))
        self._draw.line(spots, fill=self._light(fill), width=thick, joint="curve")
        if thick > 2:
            for x, y in (spots[0], spots[-1]):
                r = thick / 2 - 0.5
                self._draw.ellipse((x - r, y - r, x + r, y + r), fill=self._light(fill))

    def arc(
        self, box: tuple[float, float, float, float], start: float, end: float, fill: Color, width: float
    ) -> None:
        """Arc in degrees, clockwise from three o'clock as on the unflipped box."""
        if self._flip:
            start, end = 180 - end, 180 - start
        self._draw.arc(self._corners(box), start, end, self._light(fill), max(1, round(width * self._side)))

    def _corners(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        (x0, y0), (x1, y1) = self._point((box[0], box[1])), self._point((box[2], box[3]))
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
