"""The sky by time and weather, the rain, and how the time of day colours what is under it.

Imports Pillow only.
"""

import math
import random
from collections.abc import Callable

from clip_embeddings.scenes.drawing.pen import Color, Pen, darker, mix

SKIES: dict[str, tuple[Color, Color]] = {
    "day": ((92, 170, 238), (206, 234, 250)),
    "sunset": ((116, 62, 128), (252, 158, 70)),
    "night": ((8, 12, 40), (38, 50, 104)),
}
_GREY_SKIES: dict[str, tuple[Color, Color]] = {
    "day": ((150, 160, 172), (206, 210, 216)),
    "sunset": ((112, 82, 104), (206, 136, 96)),
    "night": ((22, 24, 36), (56, 60, 78)),
}


def daylight(time: str | None) -> Callable[[Color], Color]:
    """How the time of day colours a place."""
    if time == "sunset":
        return lambda color: mix(color, (250, 120, 50), 0.2)
    if time == "night":
        return lambda color: mix(mix(color, (0, 0, 0), 0.35), (26, 34, 96), 0.22)
    return lambda color: color


def spotlight(time: str | None) -> Callable[[Color], Color]:
    """How the time of day colours an object: less than its place, so that its own colour can be told."""
    if time == "sunset":
        return lambda color: mix(color, (250, 120, 50), 0.08)
    if time == "night":
        return lambda color: mix(mix(color, (0, 0, 0), 0.16), (26, 34, 96), 0.1)
    return lambda color: color


def draw_sky(pen: Pen, time: str, weather: str, horizon: float, rng: random.Random) -> None:
    """Gradient with the sun, the moon and stars, or clouds. `pen` carries no light of its own."""
    top, low = (SKIES if weather == "clear" else _GREY_SKIES)[time]
    steps = 32
    for i in range(steps):
        y = horizon * i / steps
        pen.polygon(
            [(0, y), (1, y), (1, y + 1.2 * horizon / steps), (0, y + 1.2 * horizon / steps)],
            mix(top, low, i / (steps - 1)),
            outline=False,
        )
    if weather == "clear":
        _LIGHTS[time](pen, horizon, rng)
    if weather != "clear" or (time == "day" and rng.random() < 0.6):
        cloud = {"day": (250, 250, 252), "sunset": (232, 158, 128), "night": (72, 78, 102)}[time]
        cloud = cloud if weather == "clear" else darker(cloud, 0.12 if weather == "cloudy" else 0.32)
        for _ in range(rng.randint(1, 2) if weather == "clear" else rng.randint(5, 7)):
            _cloud(
                pen, rng.random(), rng.uniform(0.06, max(0.1, horizon * 0.45)), rng.uniform(0.1, 0.17), cloud
            )


def _day_light(pen: Pen, horizon: float, rng: random.Random) -> None:
    x, y, r = rng.choice((0.16, 0.84)), rng.uniform(0.12, 0.18), 0.075
    for i in range(12):
        a = math.tau * i / 12
        pen.line(
            [
                (x + 1.3 * r * math.cos(a), y + 1.3 * r * math.sin(a)),
                (x + 1.75 * r * math.cos(a), y + 1.75 * r * math.sin(a)),
            ],
            (255, 226, 110),
            0.014,
        )
    pen.ellipse((x - r, y - r, x + r, y + r), (255, 222, 84), outline=False)


def _sunset_light(pen: Pen, horizon: float, rng: random.Random) -> None:
    x, y = 0.5, horizon - 0.02
    for r, color in ((0.22, (252, 172, 84)), (0.17, (254, 190, 92)), (0.12, (255, 224, 128))):
        pen.ellipse((x - r, y - r, x + r, y + r), color, outline=False)


def _night_light(pen: Pen, horizon: float, rng: random.Random) -> None:
    for _ in range(26):
        x, y, r = rng.random(), rng.uniform(0.01, horizon * 0.9), rng.choice((0.004, 0.006, 0.009))
        pen.ellipse((x - r, y - r, x + r, y + r), (250, 248, 214), outline=False)
    x, y, r = rng.choice((0.18, 0.82)), rng.uniform(0.12, 0.18), 0.07
    pen.ellipse((x - r, y - r, x + r, y + r), (250, 244, 206), outline=False)
    pen.ellipse((x - 0.4 * r, y - 1.1 * r, x + 1.5 * r, y + 0.8 * r), (14, 18, 50), outline=False)


_LIGHTS = {"day": _day_light, "sunset": _sunset_light, "night": _night_light}


def _cloud(pen: Pen, x: float, y: float, r: float, color: Color) -> None:
    for dx, dy, size in ((-0.8, 0.15, 0.55), (0, -0.05, 0.75), (0.75, 0.12, 0.6), (0.1, 0.25, 0.6)):
        cx, cy, s = x + dx * r, y + dy * r, size * r
        pen.ellipse((cx - s, cy - 0.7 * s, cx + s, cy + 0.7 * s), color, outline=False)


def draw_rain(pen: Pen, rng: random.Random) -> None:
    for _ in range(70):
        x, y = rng.uniform(-0.05, 1.05), rng.uniform(0, 0.97)
        pen.line([(x, y), (x - 0.018, y + 0.06)], (190, 208, 232), 0.006)
