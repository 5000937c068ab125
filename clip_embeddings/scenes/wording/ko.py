"""Korean captions: puts the attributes to be stated into whole texts.

Imports the standard library, `scenes.py`, `parts_ko.py` and `words_ko.py`.
"""

import random

from clip_embeddings.scenes.scene import Scene
from clip_embeddings.scenes.wording import words_ko as w
from clip_embeddings.scenes.wording.parts_ko import KoreanParts, join, particle
from clip_embeddings.scenes.wording.words_ko import NAMES_KO, PLACE_NAMES_KO, TIME_NAMES_KO
from clip_embeddings.scenes.wording.writer import THING

__all__ = ["NAMES_KO", "PLACE_NAMES_KO", "TIME_NAMES_KO", "compose"]


def compose(scene: Scene, stated: set[str], style: str, rng: random.Random, *, full: bool = False) -> str:
    """Write a caption in one of the styles: short, prompt, fragment, sentence, tags."""
    text = KoreanCaption(scene, stated, rng, full=full, style=style).compose()
    return text + "." if rng.random() < (0.75 if style == "sentence" else 0.08) else text


class KoreanCaption(KoreanParts):
    """Writes one Korean caption."""

    def fragment(self) -> str:
        """A noun with all that stands ahead of it: "비 오는 밤 바다 위의 빨간 배 두 척"."""
        if not self.todo & THING:
            return self.view()
        closeup = self.scene.size == "close-up" and self.take("size")
        when, where = self.when(), self.whereabouts()
        if not where and when:
            when = when.removesuffix("에").removesuffix("의") + "의"
        elif when.endswith("의") and where.endswith("의"):
            where = where[:-1] + "에 있는"
        elif where.endswith("의"):
            when = when.removesuffix("에")
        ahead = self.pick(w.CLOSE_UP_AHEAD) if closeup and not where and self.chance(0.5) else ""
        text = join(when, where, ahead, self.subject())
        return text + self.pick((" 클로즈업", ", 클로즈업", " 클로즈업")) if closeup and not ahead else text

    def prompt(self) -> str:
        if not self.todo & THING:
            text = self.view()
            plain = text.endswith(("풍경", "야경", "하늘"))  # "바다 풍경 풍경" would say it twice
            return f"{text} {self.pick(w.VIEW_MEDIA[1:3] if plain else w.VIEW_MEDIA)}"
        closeup = self.scene.size == "close-up" and self.take("size")
        counted = "count" in self.todo
        text, medium = self.fragment(), self.pick(w.MEDIA)
        if medium == "모습" and not self.said_pose:
            medium = "사진"
        if closeup:
            return self.pick((f"{text} 클로즈업 사진", f"{particle(text, '을', '를')} 클로즈업한 {medium}"))
        form = self.rng.randrange(6)
        if medium == "모습" or (form == 1 and "에 있는" not in text):
            media = ("그림", "사진") if self.scene.place == "plain" else ("그림", "사진", "풍경")
            there = f"{particle(text, '이', '가')} 있는 {self.pick(media)}"
            return there if counted or form == 1 else f"{text}의 모습"
        if form == 0 and medium in ("사진", "이미지"):
            return f"{particle(text, '을', '를')} 찍은 사진"
        if form == 0 and medium in ("그림", "일러스트", "삽화"):
            return f"{particle(text, '을', '를')} 그린 {medium}"
        return f"{text}의 {medium}" if form == 2 and not counted and "의 " not in text else f"{text} {medium}"

    def sentence(self) -> str:
        if not self.todo & THING:
            seen = particle(self.view(), "이", "가")
            return f"{seen} {self.pick(w.SEEN)}"
        form = self.rng.randrange(5)
        placed = bool(self.todo & {"place", "backdrop", "position", "pose"})
        if form <= 1 or not placed:
            text = self.fragment()
            if form == 1:
                return self.pick((particle(text, "이다", "다"), text + "입니다"))
            return f"{particle(text, '이', '가')} {self.pick(w.SEEN if placed else (*w.SEEN, *w.ENDINGS))}"
        subject_first = form == 2
        when = self.when(adverb=subject_first)
        where, stem = self.location()
        closeup = self.scene.size == "close-up" and self.take("size")
        ahead = self.pick(w.CLOSE_UP_AHEAD) if closeup else ""
        subject = particle(join(ahead, self.subject()), "이", "가")
        parts = (when, subject, where) if subject_first else (when, where, subject)
        return join(*parts, stem + self.pick(w.ENDINGS).removeprefix("있"))

    def tags(self) -> str:
        parts = []
        if self.todo & THING:
            closeup = self.scene.size == "close-up" and self.take("size")
            pose = self.pick(self.adnominals()) + " " if self.take("pose") else ""
            parts = [pose + self.subject()] + ["클로즈업"] * closeup
        parts += [self.pick(w.POSITIONS[self.scene.position or ""])] if self.take("position") else []
        parts += [self.place()] if self.todo & {"place", "backdrop"} else []
        if {"time", "weather"} <= self.todo:
            parts.append(self.day())
        parts += [self.pick(w.TIME_NOUNS[self.scene.time or ""])] if self.take("time") else []
        parts += [self.pick(w.WEATHER_NOUNS[self.scene.weather or ""])] if self.take("weather") else []
        return ", ".join(parts)

    def view(self) -> str:
        """A place without anything in it, or only a time or a weather."""
        scene = self.scene
        if not self.take("place"):
            if {"time", "weather"} <= self.todo:
                return self.day()
            return self.pick(w.TIME_NOUNS[scene.time or ""]) if self.take("time") else self.weather_noun()
        if {"time", "weather"} <= self.todo:
            return f"{self.day()}의 {self.pick(w.VIEWS[scene.place])}"
        weather = self.pick(w.WEATHERS_AHEAD[scene.weather or ""]) if self.take("weather") else ""
        night = "time" in self.todo and scene.time == "night"
        if night and scene.place in w.NIGHT_NOUNS and self.chance(0.35):
            self.todo.remove("time")
            return join(weather, w.NIGHT_NOUNS[scene.place])
        if "time" in self.todo and self.chance(0.25):
            self.todo.remove("time")
            return f"{self.pick(w.PLACES[scene.place])}의 {self.pick(w.TIME_NOUNS[scene.time or ''])}"
        time = self.pick(w.TIMES_AHEAD[scene.time or ""]) if self.take("time") else ""
        return join(weather, time, self.pick(w.VIEWS[scene.place]))
