"""The picture of a scene: a place, then its objects, drawn large and reduced so that edges are smooth.

Imports Pillow only.
"""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from clip_embeddings.scenes.drawing import animals, people, things, vehicles
from clip_embeddings.scenes.drawing.lands import HORIZONS, draw_place
from clip_embeddings.scenes.drawing.pen import PALETTE, Color, Pen, lighter
from clip_embeddings.scenes.drawing.sky import daylight, draw_rain, spotlight
from clip_embeddings.scenes.scene import Scene

DRAWINGS: dict[str, Callable[[Pen, Color, str], None]] = {
    **animals.DRAWINGS,
    **people.DRAWINGS,
    **vehicles.DRAWINGS,
    **things.DRAWINGS,
}

# Side of an object as a share of the picture's, by (size, count).
_SIDES = {
    ("small", 1): 0.34,
    ("small", 2): 0.31,
    ("small", 3): 0.28,
    ("large", 1): 0.6,
    ("large", 2): 0.46,
    ("large", 3): 0.36,
    ("close-up", 1): 0.88,
}
_CENTERS = {"left": 0.25, "center": 0.5, "right": 0.75}


def render(scene: Scene, size: int = 96, *, supersample: int = 3) -> Image.Image:
    """Draw a scene as an RGB picture of size x size pixels; the same scene gives the same picture."""
    rng = random.Random(scene.seed * 2 + 1)
    side = size * supersample
    picture = Image.new("RGB", (side, side))
    draw = ImageDraw.Draw(picture)
    if scene.place == "plain":
        picture.paste(lighter(PALETTE[scene.backdrop or "white"], 0.45), (0, 0, side, side))
    else:
        draw_place(draw, side, scene.place, scene.time or "day", scene.weather or "clear", rng)
    if scene.thing:
        _draw_objects(draw, side, scene, rng)
    if scene.weather == "rain":
        draw_rain(Pen(draw, 0, 0, side, light=daylight(scene.time)), rng)
    return picture.resize((size, size), Image.Resampling.BOX)


def _draw_objects(draw: ImageDraw.ImageDraw, side: int, scene: Scene, rng: random.Random) -> None:
    share = _SIDES[scene.size or "large", scene.count] * rng.uniform(0.94, 1.06)
    flip = rng.random() < 0.5
    for i in range(scene.count):
        left = _center(scene, i, rng) - share / 2
        left = min(max(left, 0.01), 0.99 - share)
        top = _bottom(scene, share, rng) - share
        pen = Pen(draw, left * side, top * side, share * side, flip=flip, light=spotlight(scene.time))
        DRAWINGS[scene.thing or ""](pen, PALETTE[scene.color or "white"], scene.pose or "standing")


def _center(scene: Scene, index: int, rng: random.Random) -> float:
    if scene.count > 1:
        return (index + 0.5) / scene.count + rng.uniform(-0.02, 0.02)
    return _CENTERS[scene.position or "center"] + rng.uniform(-0.03, 0.03)


def _bottom(scene: Scene, share: float, rng: random.Random) -> float:
    """Where the object's feet are, as a share of the picture's height."""
    if scene.size == "close-up":
        return 0.96
    if scene.place == "plain":
        return 0.5 + share / 2 + rng.uniform(-0.04, 0.04)
    horizon = HORIZONS[scene.place]
    if scene.pose == "flying":
        return min(share + rng.uniform(0.02, 0.12), 0.9)
    middle = (horizon + 1) / 2 + 0.16 + rng.uniform(-0.04, 0.04)
    return min(max(middle, share + 0.02), 0.97)
