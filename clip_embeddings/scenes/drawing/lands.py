"""The land or the sea under the sky.

Imports Pillow only.
"""

import math
import random

from PIL import ImageDraw

from clip_embeddings.scenes.drawing.pen import Color, Pen, Point, darker, lighter, mix
from clip_embeddings.scenes.drawing.sky import daylight, draw_sky


def _ridge(pen: Pen, base: float, heights: list[float], color: Color, *, snow: bool = False) -> None:
    number = len(heights)
    for i, height in enumerate(heights):
        x, w = (i + 0.5) / number, 0.75 / number + 0.08
        peak = (x, base - height)
        pen.polygon([(x - w, base + 0.02), peak, (x + w, base + 0.02)], color, outline=False)
        if snow:
            s = 0.34
            left, right = (x - w * s, base - height * (1 - s)), (x + w * s, base - height * (1 - s))
            pen.polygon(
                [
                    left,
                    peak,
                    right,
                    (x + w * s * 0.3, base - height * (1 - s * 0.7)),
                    (x, base - height * (1 - s * 1.1)),
                    (x - w * s * 0.4, base - height * (1 - s * 0.7)),
                ],
                (248, 250, 255),
                outline=False,
            )


def _ground(pen: Pen, horizon: float, color: Color) -> None:
    for i in range(10):
        y = horizon + (1 - horizon) * i / 10
        pen.polygon(
            [(0, y), (1, y), (1, 1), (0, 1)],
            mix(lighter(color, 0.12), darker(color, 0.12), i / 9),
            outline=False,
        )


def _waves(pen: Pen, top: float, bottom: float, color: Color, rng: random.Random) -> None:
    y = top + 0.03
    while y < bottom:
        x = rng.uniform(-0.1, 0.1)
        while x < 1:
            w = rng.uniform(0.06, 0.12)
            pen.arc((x, y, x + w, y + 0.03), 10, 170, lighter(color, 0.4), 0.008)
            x += w + rng.uniform(0.05, 0.16)
        y += 0.07


def _reflection(pen: Pen, top: float, bottom: float, rng: random.Random) -> None:
    """The setting sun's light on water, under where `_sunset_light` puts the sun."""
    y = top + 0.015
    while y < bottom:
        w = rng.uniform(0.05, 0.17)
        pen.line([(0.5 - w, y), (0.5 + w, y)], (254, 200, 104), 0.012)
        y += 0.04


def _sea(pen: Pen, horizon: float, rng: random.Random) -> None:
    color = (28, 110, 184)
    _ground(pen, horizon, color)
    _waves(pen, horizon, 1, color, rng)


def _beach(pen: Pen, horizon: float, rng: random.Random) -> None:
    shore = horizon + 0.16
    _ground(pen, horizon, (36, 140, 204))
    _waves(pen, horizon, shore, (36, 140, 204), rng)
    edge: list[Point] = [(i / 12, shore + 0.018 * math.sin(i * 1.3)) for i in range(13)]
    pen.polygon(
        [(0, shore - 0.03), *[(x, y - 0.02) for x, y in edge], (1, 1), (0, 1)], (250, 250, 246), outline=False
    )
    pen.polygon([*edge, (1, 1), (0, 1)], (240, 212, 150), outline=False)
    for _ in range(8):
        x, y = rng.random(), rng.uniform(shore + 0.08, 0.98)
        pen.ellipse(
            (x, y, x + 0.018, y + 0.012), rng.choice(((226, 190, 124), (252, 232, 200))), outline=False
        )


def _mountains(pen: Pen, horizon: float, rng: random.Random) -> None:
    _ridge(pen, horizon, [rng.uniform(0.22, 0.32) for _ in range(4)], (136, 148, 176))
    _ridge(pen, horizon, [rng.uniform(0.32, 0.46) for _ in range(3)], (96, 104, 134), snow=True)
    _ground(pen, horizon, (112, 148, 92))


def _fir(pen: Pen, x: float, base: float, height: float, color: Color) -> None:
    pen.line([(x, base), (x, base - 0.3 * height)], (88, 60, 40), 0.022)
    for i in range(3):
        low, w = base - height * (0.15 + 0.25 * i), height * (0.26 - 0.055 * i)
        pen.polygon(
            [(x - w, low), (x, low - 0.42 * height), (x + w, low)],
            mix(color, (120, 190, 110), 0.1 * i),
            outline=False,
        )


def _forest(pen: Pen, horizon: float, rng: random.Random) -> None:
    for row, (number, height, color) in enumerate(((10, 0.34, (44, 104, 74)), (8, 0.46, (28, 82, 54)))):
        if row == 1:
            _ground(pen, horizon, (64, 104, 52))
        for i in range(number):
            x = (i + 0.5 + rng.uniform(-0.2, 0.2)) / number
            _fir(pen, x, horizon + 0.05 * row + 0.02, height * rng.uniform(0.85, 1.1), color)


def _city(pen: Pen, horizon: float, rng: random.Random) -> None:
    lit = pen.unlit()
    x = -0.02
    while x < 1:
        w, h = rng.uniform(0.1, 0.17), rng.uniform(0.2, 0.44)
        wall = rng.choice(((120, 126, 142), (150, 140, 138), (104, 118, 146), (164, 152, 140)))
        pen.rectangle((x, horizon - h, x + w, horizon + 0.02), wall)
        for row in range(int(h / 0.07)):
            for column in range(2):
                wx, wy = x + w * (0.18 + 0.4 * column), horizon - h + 0.03 + 0.07 * row
                lit.polygon(
                    [(wx, wy), (wx + 0.24 * w, wy), (wx + 0.24 * w, wy + 0.035), (wx, wy + 0.035)],
                    (255, 240, 160),
                    outline=False,
                )
        x += w + 0.008
    _ground(pen, horizon, (96, 98, 104))
    pen.polygon(
        [(0, horizon), (1, horizon), (1, horizon + 0.04), (0, horizon + 0.04)], (176, 176, 176), outline=False
    )
    y = horizon + 0.62 * (1 - horizon)
    for i in range(6):
        pen.line([(i / 6 + 0.03, y), (i / 6 + 0.11, y)], (240, 236, 210), 0.014)


def _desert(pen: Pen, horizon: float, rng: random.Random) -> None:
    for color, lift in (((224, 166, 98), 0.1), ((214, 150, 82), 0.04)):
        shift = rng.random() * math.tau
        dune = [(i / 16, horizon - lift * (1 + math.sin(i * 0.55 + shift))) for i in range(17)]
        pen.polygon([*dune, (1, 1), (0, 1)], color, outline=False)
    _ground(pen, horizon + 0.02, (208, 142, 76))
    for _ in range(4):
        x, y = rng.random(), rng.uniform(horizon + 0.1, 0.96)
        pen.line([(x, y), (x + 0.07, y - 0.012), (x + 0.15, y)], (184, 118, 60), 0.008)


def _snow(pen: Pen, horizon: float, rng: random.Random) -> None:
    hills = [(i / 16, horizon - 0.04 * (1 + math.sin(i * 0.5 + 1))) for i in range(17)]
    pen.polygon([*hills, (1, 1), (0, 1)], (214, 226, 242), outline=False)
    for _ in range(3):
        x, height = rng.choice((0.06, 0.18, 0.86, 0.95)), rng.uniform(0.2, 0.28)
        _fir(pen, x, horizon + 0.03, height, (210, 224, 238))
    _ground(pen, horizon + 0.01, (240, 245, 252))
    for _ in range(36):
        x, y, r = rng.random(), rng.random(), rng.uniform(0.006, 0.011)
        pen.ellipse((x - r, y - r, x + r, y + r), (255, 255, 255), outline=False)


def _meadow(pen: Pen, horizon: float, rng: random.Random) -> None:
    hills = [(i / 16, horizon - 0.035 * (1 + math.sin(i * 0.7))) for i in range(17)]
    pen.polygon([*hills, (1, 1), (0, 1)], (132, 198, 96), outline=False)
    _ground(pen, horizon + 0.01, (104, 184, 72))
    for _ in range(24):
        x, y, h = rng.random(), rng.uniform(horizon + 0.06, 0.99), rng.uniform(0.02, 0.035)
        pen.line([(x - 0.01, y - h), (x, y), (x + 0.01, y - h)], (66, 140, 50), 0.007)


HORIZONS = {
    "sea": 0.5,
    "beach": 0.42,
    "mountains": 0.58,
    "forest": 0.58,
    "city": 0.58,
    "desert": 0.52,
    "snow": 0.52,
    "meadow": 0.5,
}
_WATER = {"sea": 1.0, "beach": 0.54}  # where the water ends, as a share of the picture's height
_LANDS = {
    "sea": _sea,
    "beach": _beach,
    "mountains": _mountains,
    "forest": _forest,
    "city": _city,
    "desert": _desert,
    "snow": _snow,
    "meadow": _meadow,
}


def draw_place(
    draw: ImageDraw.ImageDraw, side: int, place: str, time: str, weather: str, rng: random.Random
) -> None:
    """Fill a picture of `side` pixels with a place."""
    horizon = HORIZONS[place]
    draw_sky(Pen(draw, 0, 0, side), time, weather, horizon, rng)
    _LANDS[place](Pen(draw, 0, 0, side, light=daylight(time)), horizon, rng)
    if place in _WATER and time == "sunset" and weather == "clear":
        _reflection(Pen(draw, 0, 0, side), horizon, _WATER[place], rng)
