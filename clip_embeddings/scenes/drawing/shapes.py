"""Round shapes as lists of points, and a way to draw several of them as one body.

Imports pen only.
"""

import math
from collections.abc import Sequence

from clip_embeddings.scenes.drawing.pen import Color, Pen, Point, darker, lighter

# Half of it shows: the inner half lies under the fill.
EDGE_WIDTH = 0.042


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    """Catmull-Rom: the point at share t of the way from b to c."""

    def axis(p: float, q: float, r: float, s: float) -> float:
        square, cube = 2 * p - 5 * q + 4 * r - s, 3 * q - p - 3 * r + s
        return 0.5 * (2 * q + (r - p) * t + square * t**2 + cube * t**3)

    return axis(a[0], b[0], c[0], d[0]), axis(a[1], b[1], c[1], d[1])


def smooth(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """A round closed curve through the points."""
    n = len(points)
    return [
        _between(points[i - 1], points[i], points[(i + 1) % n], points[(i + 2) % n], k / steps)
        for i in range(n)
        for k in range(steps)
    ]


def through(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """A round open curve through the points."""
    ends = [points[0], *points, points[-1]]
    path = [
        _between(ends[i], ends[i + 1], ends[i + 2], ends[i + 3], k / steps)
        for i in range(len(points) - 1)
        for k in range(steps)
    ]
    return [*path, points[-1]]


def oval(x: float, y: float, rx: float, ry: float, tilt: float = 0.0) -> list[Point]:
    """An ellipse around (x, y), turned clockwise by `tilt` degrees."""
    cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    angles = [math.tau * k / 32 for k in range(32)]
    spots = [(rx * math.cos(a), ry * math.sin(a)) for a in angles]
    return [(x + u * cos - v * sin, y + u * sin + v * cos) for u, v in spots]


def ribbon(points: Sequence[Point], start: float, end: float | None = None) -> list[Point]:
    """The outline of a bent limb with round ends, `start` wide at its first point and `end` at its last."""
    path, last = through(points), start if end is None else end
    near: list[Point] = []
    far: list[Point] = []
    caps: list[list[Point]] = []
    for i, (x, y) in enumerate(path):
        (ax, ay), (bx, by) = path[max(i - 1, 0)], path[min(i + 1, len(path) - 1)]
        angle = math.atan2(by - ay, bx - ax)
        half = (start + (last - start) * i / (len(path) - 1)) / 2
        near.append((x + half * math.sin(angle), y - half * math.cos(angle)))
        far.append((x - half * math.sin(angle), y + half * math.cos(angle)))
        if i in (0, len(path) - 1):
            first = angle + (math.pi / 2 if i == 0 else -math.pi / 2)
            turns = [first + math.pi * k / 6 for k in range(1, 6)]
            caps.append([(x + half * math.cos(a), y + half * math.sin(a)) for a in turns])
    return [*near, *caps[1], *reversed(far), *caps[0]]


def merged(pen: Pen, parts: Sequence[Sequence[Point]], color: Color) -> None:
    """Draw the parts as one shape, with one outline around all of them and no seams inside."""
    edge = lighter(color, 0.45) if sum(color) < 180 else darker(color, 0.5)
    for part in parts:
        pen.line([*part, *part[:2]], edge, EDGE_WIDTH)
    for part in parts:
        pen.polygon(part, color, outline=False)


def bend(start: Point, pull: Point, end: Point, steps: int = 10) -> list[Point]:
    """Points from start to end, both included, along a curve drawn towards `pull` (quadratic Bezier)."""
    points = []
    for i in range(steps + 1):
        t = i / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        points.append((a * start[0] + b * pull[0] + c * end[0], a * start[1] + b * pull[1] + c * end[1]))
    return points


def around(
    center: Point, rx: float, ry: float, start: float = 0, end: float = 360, *, steps: int = 16
) -> list[Point]:
    """Points on an oval, both ends included, in degrees clockwise from three o'clock."""
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(center[0] + rx * math.cos(a), center[1] + ry * math.sin(a)) for a in angles]
