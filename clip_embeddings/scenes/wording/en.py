"""English captions: puts the attributes to be stated into whole texts.

Imports the standard library, `scenes.py`, `parts_en.py` and `words_en.py`.
"""

import random
import re

from clip_embeddings.scenes.scene import Scene
from clip_embeddings.scenes.wording import words_en as w
from clip_embeddings.scenes.wording.parts_en import EnglishParts
from clip_embeddings.scenes.wording.words_en import NAMES_EN, PLACE_NAMES_EN, TIME_NAMES_EN
from clip_embeddings.scenes.wording.writer import THING

__all__ = ["NAMES_EN", "PLACE_NAMES_EN", "TIME_NAMES_EN", "compose"]

_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])")
_ARTICLE = re.compile(r"^(?:a|the) ")


def compose(scene: Scene, stated: set[str], style: str, rng: random.Random, *, full: bool = False) -> str:
    """Write a caption in one of the styles: short, prompt, fragment, sentence, tags."""
    text = EnglishCaption(scene, stated, rng, full=full, style=style).compose()
    text = _BEFORE_VOWEL.sub(r"\1n ", text)
    proper = rng.random() < (0.7 if style == "sentence" else 0.15)
    if not proper:
        return text
    return text[0].upper() + text[1:] + ("." if style == "sentence" or rng.random() < 0.6 else "")


class EnglishCaption(EnglishParts):
    """Writes one English caption."""

    def fragment(self, *, bare: bool | None = None) -> str:
        """A noun phrase with all that belongs to it: "two red boats on the sea at night"."""
        if bare is None:
            loose = self.style == "fragment" and not self.full
            bare = self.style == "short" or (loose and self.chance(0.2))
        if not self.todo & THING:
            return self.scenery(bare=bare)
        if self.scene.size == "close-up" and self.take("size"):
            rest = self.fragment(bare=bare and self.chance(0.5))
            return self.pick(w.CLOSE_UPS).format(rest)
        ahead = "pose" in self.todo and self.todo <= {"thing", "kind", "color", "pose"} and self.chance(0.5)
        return " ".join(filter(None, (self.subject(bare=bare, pose_ahead=ahead), self.tail())))

    def prompt(self) -> str:
        medium = self.pick(w.MEDIA)
        if self.scene.size == "close-up" and self.take("size"):
            return f"a close-up {medium} of {self.fragment()}"
        if self.todo <= {"thing", "kind", "color", "count", "pose", "size"} and self.chance(0.2):
            return f"{self.fragment(bare=True)}, {medium}"
        opening = self.pick(w.PROMPTS).format(medium)
        if not self.todo & THING and opening.endswith("showing"):
            opening = f"a {medium} of"
        return f"{opening} {self.fragment()}"

    def sentence(self) -> str:
        are = "are" if self.scene.count > 1 and self.todo & THING else "is"
        medium = self.pick(("picture", "image", "photo"))
        if self.scene.size == "close-up" and self.take("size"):
            return self.pick(w.CLOSE_UP_FRAMES).format(self.fragment(), medium=medium)
        if not self.todo & THING:
            return self.pick(w.SCENERY_FRAMES).format(self.fragment(), medium=medium)
        form = self.rng.randrange(4)
        if form == 0:
            return f"there {are} {self.fragment()}"
        if form == 1:
            return f"{self.pick(w.SEEING)} {self.fragment()}"
        opening = self.when() if form == 2 else ""
        if not opening and "position" in self.todo and self.chance(0.4):
            opening = self.position()
        front = opening + ", " if opening else ""
        if "place" not in self.todo and "pose" not in self.todo:
            return f"{front}there {are} {self.fragment()}"
        return f"{front}{self.subject()} {are} {self.tail()}"

    def tags(self) -> str:
        parts = []
        if self.todo & THING:
            closeup = self.scene.size == "close-up" and self.take("size")
            parts = [self.subject(bare=True)] + ["close-up"] * closeup
        parts += [self.pick(self.poses())] if self.take("pose") else []
        parts += [self.scene.position or ""] if self.take("position") else []
        place = self.place(w.SCENERY) if self.todo & {"place", "backdrop"} else ""
        if place:
            parts.append(_ARTICLE.sub("", place))
        if {"time", "weather"} <= self.todo:
            self.todo -= {"time", "weather"}
            parts.append(self.pick(w.DAYS[f"{self.scene.time} {self.scene.weather}"]))
        parts += [self.pick(w.TIME_NOUNS[self.scene.time or ""])] if self.take("time") else []
        parts += [self.pick(w.WEATHER_NOUNS[self.scene.weather or ""])] if self.take("weather") else []
        return ", ".join(parts)

    def scenery(self, *, bare: bool) -> str:
        """A place without anything in it, or only a time or a weather."""
        if "place" not in self.todo:
            return self.mood()
        if self.todo & {"time", "weather"} and self.style != "sentence" and self.chance(0.25):
            mood = self.mood(article=not bare)
            over = w.AT if mood.split()[-1] not in ("sunset", "rain", "clouds", "sky", "glow") else w.OVER
            return f"{mood} {self.place(over)}"
        place = self.place(w.SCENERY)
        if bare and self.chance(0.8):
            place = _ARTICLE.sub("", place)
        night = "time" in self.todo and self.scene.time == "night"
        if bare and night and " " not in place and self.chance(0.3):
            self.todo.remove("time")
            place = f"night {place}"
        return " ".join(filter(None, (place, self.when())))
