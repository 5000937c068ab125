"""The parts of English captions: the noun phrase and what stands behind it.

Imports `caption_writer.py` and `words_en.py`.
"""

from collections.abc import Sequence

from clip_embeddings.scenes.wording import words_en as w
from clip_embeddings.scenes.wording.writer import CaptionWriter


def plural(noun: str) -> str:
    """The plural of one of the nouns of `words_en.py`."""
    if noun in w.PLURALS:
        return w.PLURALS[noun]
    if noun.endswith("man"):
        return noun[:-2] + "en"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "sh", "ch", "x")) else "s")


class EnglishParts(CaptionWriter):
    """Puts single attributes, and those that belong together, into English words."""

    def subject(self, *, bare: bool = False, pose_ahead: bool = False) -> str:
        """Number, size, colour and noun; of people the colour is that of their clothes."""
        scene, many = self.scene, self.scene.count > 1
        noun = self.noun(w.NOUNS[scene.thing or ""]) if self.take("thing") else self.kind_noun()
        before: list[str] = []
        if self.take("count") and not (scene.count == 1 and self.full and self.chance(0.85)):
            before.append(
                w.NUMBERS[scene.count][0] if self.style == "sentence" else self.pick(w.NUMBERS[scene.count])
            )
        elif not bare:
            before.append(("some" if self.chance(0.2) else "") if many else "a")
        if scene.size != "close-up" and self.take("size"):
            before.append(self.pick(w.SIZES[scene.size or ""]))
        if scene.pose == "running" and ("pose" in self.todo) and self.chance(0.25):
            before.append(self.pick(w.HAPPY))
        if pose_ahead and self.take("pose"):
            before.append(self.pick(self.poses()))
        after = ""
        if self.take("color"):
            key = (scene.thing or "", scene.color or "")
            color = self.pick(w.SPECIAL_COLORS.get(key, w.COLORS[key[1]]))
            if scene.kind == "person":
                posed = len(w.DRESSED) - 1 if "pose" in self.todo else None  # not "wearing red running"
                after = " " + self.pick(w.DRESSED[:posed]).replace("*", color)
            else:
                before.append(color)
        return " ".join(filter(None, (*before, plural(noun) if many else noun))) + after

    def kind_noun(self) -> str:
        self.take("kind")
        return self.noun(w.KIND_NOUNS[self.scene.kind or ""])

    def poses(self) -> Sequence[str]:
        return w.SPECIAL_POSES.get(self.scene.thing or "") or w.POSES[self.scene.pose or ""]

    def tail(self) -> str:
        """What stands behind the noun: pose, place, position, time and weather."""
        scene, pose = self.scene, ""
        table = w.ON if scene.pose != "flying" else w.OVER
        if self.take("pose"):
            pose = self.pick(self.poses())
            table = w.ALONG if scene.pose == "running" else table
        elif scene.thing == "bird" or (scene.pose == "flying" and self.chance(0.4)):
            table = w.AT
        elif scene.place != "plain" and "place" in self.todo and self.chance(0.2):
            pose = self.pick(w.RESTING.get(scene.thing or "", ("",)))
        place = self.place(table) if self.todo & {"place", "backdrop"} else ""
        position = self.position() if "position" in self.todo else ""
        where = (position, place) if position and self.chance(0.3) else (place, position)
        return " ".join(filter(None, (pose, *where, self.when())))

    def place(self, table: dict[str, tuple[str, ...]]) -> str:
        self.todo.discard("place")
        if self.scene.place == "plain":
            return self.backdrop(noun=table is w.SCENERY)
        boat_ashore = self.scene.thing == "boat" and self.scene.place == "beach" and table is w.ON
        phrase = self.pick(w.BY_BEACH if boat_ashore else table[self.scene.place])
        adjective = ""
        if "~" in phrase and "weather" in self.todo and self.scene.weather != "clear" and self.chance(0.3):
            self.todo.remove("weather")
            adjective = self.pick(w.WEATHER_ADJECTIVES[self.scene.weather or ""]) + " "
        return phrase.replace("~", adjective)

    def backdrop(self, *, noun: bool) -> str:
        colored = w.BACKDROP_PHRASES[: -1 if self.style == "sentence" else None]
        phrase = self.pick(colored if self.take("backdrop") else w.PLAIN_PHRASES)
        color = self.pick(("grey", "gray")) if self.scene.backdrop == "grey" else self.scene.backdrop or ""
        phrase = phrase.replace("*", color)
        return phrase[phrase.index(" a ") + 1 :] if noun else phrase

    def position(self) -> str:
        self.take("position")
        phrase = self.pick(w.POSITIONS[self.scene.position or ""])
        return f"{phrase} {self.pick(w.FRAMES_OF)}" if self.chance(0.2) else phrase

    def when(self) -> str:
        """Time and weather, together or either of them; nothing where neither is to be stated."""
        scene = self.scene
        if {"time", "weather"} <= self.todo and self.chance(0.7):
            self.todo -= {"time", "weather"}
            return "on a " + self.pick(w.DAYS[f"{scene.time} {scene.weather}"])
        time = self.pick(w.TIMES[scene.time or ""]) if self.take("time") else ""
        weather = self.pick(w.WEATHERS[scene.weather or ""]) if self.take("weather") else ""
        if "under" in time and "under" in weather:
            time = "at night"
        return " ".join(filter(None, (weather, time)))

    def mood(self, *, article: bool = True) -> str:
        if {"time", "weather"} <= self.todo:
            self.todo -= {"time", "weather"}
            return ("a " if article else "") + self.pick(w.DAYS[f"{self.scene.time} {self.scene.weather}"])
        if self.take("time"):
            return self.pick(w.TIME_NOUNS[self.scene.time or ""])
        self.take("weather")
        return self.pick(w.WEATHER_NOUNS[self.scene.weather or ""])
