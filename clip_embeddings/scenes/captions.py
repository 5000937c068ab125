"""Seeded captions of a scene, in English or Korean, together with what each of them claims.

Here is chosen which attributes a caption states, and in which style; `wording/` puts that choice into
words. Imports the standard library and those modules.
"""

import random
from dataclasses import dataclass
from typing import Literal

from clip_embeddings.scenes.scene import OBJECTS, Scene
from clip_embeddings.scenes.wording import en, ko

Language = Literal["en", "ko"]

CLAIMABLE = (
    "kind", "thing", "color", "count", "size", "pose", "position", "place", "time", "weather", "backdrop",
)  # fmt: skip

# How often a partial caption states an attribute, if the scene has it and it says something.
_SHARES = {
    "color": 0.5, "count": 0.6, "size": 0.22, "pose": 0.4, "position": 0.2,
    "place": 0.55, "time": 0.32, "weather": 0.25, "backdrop": 0.5,
}  # fmt: skip

_SHORT_PLANS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (44, ("thing",)), (13, ("thing", "color")), (8, ("thing", "place")), (6, ("thing", "count")),
    (5, ("thing", "pose")), (3, ("thing", "time")), (3, ("thing", "size")), (4, ("thing", "backdrop")),
    (2, ("thing", "weather")), (6, ("kind",)), (5, ("place",)), (6, ("place", "time")),
    (3, ("place", "weather")), (3, ("time",)), (1, ("weather",)), (1, ("time", "weather")),
)  # fmt: skip
_EMPTY_PLANS = (
    ("place",), ("place", "time"), ("place", "weather"), ("time",), ("weather",), ("time", "weather"),
)  # fmt: skip


@dataclass(frozen=True)
class Caption:
    """A text and the scene attributes it states."""

    text: str
    claims: dict[str, str | int]


def caption(scene: Scene, language: Language, rng: random.Random, *, full: bool = False) -> Caption:
    """Write one caption; a full one states everything the picture shows, others a random part of it."""
    if full:
        style = rng.choices(("prompt", "fragment", "sentence", "tags"), (20, 40, 33, 7))[0]
        stated = _full_plan(scene, rng)
    else:
        style = rng.choices(("short", "prompt", "fragment", "sentence", "tags"), (25, 25, 31, 16, 3))[0]
        stated = _short_plan(scene, rng) if style == "short" else _partial_plan(scene, rng)
    if "backdrop" in stated:
        stated.add("place")  # a backdrop is named only where there is nothing but the backdrop
    compose = en.compose if language == "en" else ko.compose
    claims = {name: getattr(scene, name) for name in CLAIMABLE if name in stated}
    return Caption(compose(scene, stated, style, rng, full=full), claims)


def true_of(caption: Caption, scene: Scene) -> bool:
    """Whether everything the caption states holds for the scene."""
    return all(getattr(scene, name) == value for name, value in caption.claims.items())


def _telling(scene: Scene) -> set[str]:
    """The attributes that are worth stating: they are there, and the others do not settle them."""
    names = {name for name in CLAIMABLE if getattr(scene, name) is not None} - {"kind"}
    if scene.thing is None:
        return names - {"count"}
    if scene.place == "plain" or scene.count > 1 or scene.size == "close-up":
        names.discard("position")
    if OBJECTS[scene.thing].poses == ("standing",):
        names.discard("pose")
    return names


def _full_plan(scene: Scene, rng: random.Random) -> set[str]:
    names = _telling(scene)
    if scene.thing is not None and len(OBJECTS[scene.thing].poses) == 1 and rng.random() < 0.4:
        names.discard("pose")
    return names


def _short_plan(scene: Scene, rng: random.Random) -> set[str]:
    if scene.thing is None:
        return set(rng.choice(_EMPTY_PLANS))
    telling = _telling(scene) | {"kind"}
    if scene.place == "plain":
        telling.discard("place")
    plans = [(weight, plan) for weight, plan in _SHORT_PLANS if telling.issuperset(plan)]
    return set(rng.choices([plan for _, plan in plans], [weight for weight, _ in plans])[0])


def _partial_plan(scene: Scene, rng: random.Random) -> set[str]:
    telling = _telling(scene)
    if scene.thing is None or (scene.place != "plain" and rng.random() < 0.13):
        return {"place"} | {name for name in ("time", "weather") if rng.random() < 0.5}
    stated = {name for name, share in _SHARES.items() if name in telling and rng.random() < share}
    if scene.count == 1 and rng.random() < 0.75:
        stated.discard("count")
    if len(stated) > 4:
        stated = set(rng.sample(sorted(stated), rng.randint(2, 4)))
    stated.add("kind" if rng.random() < 0.1 else "thing")
    return stated
