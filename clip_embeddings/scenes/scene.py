"""What a scene is: its attributes, which of them go together, and a seeded sampler.

A scene is only data here; `draw.py` makes the picture of it and `captions.py` the sentences.
Imports the standard library only.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

PLACES = ("beach", "sea", "mountains", "forest", "city", "desert", "snow", "meadow", "plain")
TIMES = ("day", "sunset", "night")
WEATHERS = ("clear", "cloudy", "rain")
SIZES = ("small", "large", "close-up")
POSITIONS = ("left", "center", "right")
BACKDROPS = ("white", "grey", "yellow", "blue", "pink", "green")

LAND = ("beach", "mountains", "forest", "city", "desert", "snow", "meadow")
ANYWHERE = PLACES[:-1]


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """One kind of object that can be drawn: where it may stand, in which colours and poses."""

    kind: str
    colors: tuple[str, ...]
    places: tuple[str, ...]
    poses: tuple[str, ...] = ("standing",)


_PAINT = ("red", "blue", "yellow", "green", "white", "black")
_BRIGHT = ("red", "blue", "yellow", "green", "purple", "pink", "orange")

OBJECTS: dict[str, ObjectClass] = {
    "cat": ObjectClass(
        "animal", ("black", "white", "orange", "grey"), LAND, ("standing", "running", "sitting")
    ),
    "dog": ObjectClass(
        "animal", ("brown", "black", "white", "orange"), LAND, ("standing", "running", "sitting")
    ),
    "horse": ObjectClass("animal", ("brown", "black", "white"), LAND, ("standing", "running")),
    "elephant": ObjectClass("animal", ("grey", "pink", "blue"), LAND, ("standing", "running")),
    "rabbit": ObjectClass(
        "animal", ("white", "brown", "grey", "black"), LAND, ("standing", "running", "sitting")
    ),
    "bird": ObjectClass(
        "animal", ("red", "blue", "yellow", "black", "white"), ANYWHERE, ("flying", "standing")
    ),
    "butterfly": ObjectClass("animal", ("orange", "blue", "yellow", "purple", "pink"), LAND, ("flying",)),
    "man": ObjectClass("person", _PAINT, LAND, ("standing", "running")),
    "woman": ObjectClass("person", _PAINT, LAND, ("standing", "running")),
    "car": ObjectClass("vehicle", _PAINT, LAND),
    "bus": ObjectClass("vehicle", ("red", "blue", "yellow", "green", "white"), LAND),
    "bicycle": ObjectClass("vehicle", ("red", "blue", "yellow", "black"), LAND),
    "boat": ObjectClass("vehicle", _PAINT, ("sea", "beach")),
    "airplane": ObjectClass("vehicle", ("red", "blue", "yellow", "white"), ANYWHERE, ("flying",)),
    "tree": ObjectClass("plant", ("green", "orange", "pink"), LAND),
    "flower": ObjectClass("plant", ("red", "yellow", "pink", "purple", "white", "blue"), LAND),
    "cactus": ObjectClass("plant", ("green",), ("desert", "beach", "meadow", "mountains")),
    "mushroom": ObjectClass("plant", ("red", "brown", "purple"), ("forest", "meadow", "mountains", "snow")),
    "house": ObjectClass("thing", ("red", "blue", "white", "yellow"), LAND),
    "umbrella": ObjectClass("thing", _BRIGHT, LAND),
    "ball": ObjectClass("thing", _BRIGHT, LAND),
    "balloon": ObjectClass("thing", _BRIGHT, ANYWHERE, ("flying",)),
    "chair": ObjectClass("thing", ("red", "blue", "green", "yellow", "brown"), LAND),
    "tent": ObjectClass("thing", ("orange", "blue", "green", "red"), LAND),
}

# Left out of training, so that the evaluation can tell composing from remembering.
HELD_OUT_COLORS = frozenset(
    {("umbrella", "green"), ("bus", "blue"), ("rabbit", "brown"), ("balloon", "yellow"), ("chair", "red")}
)
HELD_OUT_PLACES = frozenset(
    {("horse", "snow"), ("tent", "desert"), ("bicycle", "beach"), ("man", "forest"), ("airplane", "city")}
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture to draw. `thing` and what describes it are None in an empty place.

    `backdrop` is the colour behind an object at the place "plain" and None elsewhere; there, time
    and weather are None, because nothing in the picture shows them.
    """

    seed: int
    place: str
    time: str | None
    weather: str | None
    backdrop: str | None
    thing: str | None
    color: str | None
    count: int
    size: str | None
    pose: str | None
    position: str | None

    @property
    def kind(self) -> str | None:
        return OBJECTS[self.thing].kind if self.thing else None

    @property
    def held_out(self) -> bool:
        """Whether the scene shows a pair that training never saw."""
        return (self.thing, self.color) in HELD_OUT_COLORS or (self.thing, self.place) in HELD_OUT_PLACES


def sample_scene(seed: int) -> Scene:
    """Draw one scene's attributes; the same seed gives the same scene."""
    rng = random.Random(seed)
    if rng.random() < 0.07:
        place, time, weather = _surroundings(rng, rng.choice(ANYWHERE))
        return Scene(seed, place, time, weather, None, None, None, 0, None, None, None)
    thing = rng.choice(tuple(OBJECTS))
    spec = OBJECTS[thing]
    color, pose = rng.choice(spec.colors), rng.choice(spec.poses)
    if rng.random() < 0.2:
        backdrop = rng.choice([b for b in BACKDROPS if b != color])
        count = rng.choice((1, 1, 1, 2, 3))
        size = "close-up" if count == 1 else "large"
        return Scene(seed, "plain", None, None, backdrop, thing, color, count, size, pose, "center")
    place, time, weather = _surroundings(rng, rng.choice(spec.places))
    count = rng.choice((1, 1, 1, 2, 3))
    size = rng.choice(SIZES) if count == 1 else rng.choice(SIZES[:2])
    position = rng.choice(POSITIONS) if count == 1 and size != "close-up" else "center"
    return Scene(seed, place, time, weather, None, thing, color, count, size, pose, position)


def _surroundings(rng: random.Random, place: str) -> tuple[str, str, str]:
    return place, rng.choice(TIMES), rng.choice(WEATHERS)


def scenes(first_seed: int, number: int, *, held_out: bool = False) -> Iterator[Scene]:
    """Yield `number` scenes from consecutive seeds, either all held-out pairs or none of them."""
    seed = first_seed
    while number:
        scene = sample_scene(seed)
        seed += 1
        if scene.held_out == held_out:
            number -= 1
            yield scene
