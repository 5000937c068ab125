"""The parts of Korean captions: the noun phrase, its counter, and what stands ahead of it.

Imports `caption_writer.py` and `words_ko.py`.
"""

from collections.abc import Sequence

from clip_embeddings.scenes.wording import words_ko as w
from clip_embeddings.scenes.wording.writer import CaptionWriter


def particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """The word with the particle that fits its last sound."""
    return word + (after_consonant if (ord(word[-1]) - 0xAC00) % 28 else after_vowel)


def join(*parts: str) -> str:
    """The parts that are not empty, with spaces between them."""
    return " ".join(filter(None, parts))


class KoreanParts(CaptionWriter):
    """Puts single attributes, and those that belong together, into Korean words."""

    said_pose = False

    def subject(self) -> str:
        """Size, colour, noun and number; of people the colour is that of their clothes."""
        scene, before = self.scene, []
        key = scene.thing or "" if self.take("thing") else ""
        if not key:
            self.take("kind")
        nouns = w.NOUNS[key] if key else w.KIND_NOUNS[scene.kind or ""]
        noun = self.noun(nouns)
        if scene.pose == "running" and self.said_pose and self.chance(0.25):
            before.append(self.pick(w.HAPPY))
        if scene.size != "close-up" and self.take("size"):
            before.append(self.pick(w.SIZES[scene.size or ""][: 4 if scene.kind == "person" else None]))
        if self.take("color"):
            color = self.pick(w.COLORS[scene.color or ""])
            if scene.kind == "person":  # first of all, or it would seem to be the clothes that are small
                before.insert(0, self.pick(w.DRESSED).replace("*", color))
            else:
                before.append(color)
        if not self.take("count"):
            plural = scene.count > 1 and scene.kind in ("animal", "person") and self.style != "short"
            return join(*before, noun + ("들" if plural and self.chance(0.6) else ""))
        kind = scene.kind or ""
        counters = w.COUNTERS.get(key or "any " + kind) or w.COUNTERS[kind]
        number = f"{w.NUMBERS[scene.count]} {self.pick(counters)}"
        return join(number + "의", *before, noun) if self.chance(0.12) else join(*before, noun, number)

    def adnominals(self) -> Sequence[str]:
        self.said_pose = True
        return w.SPECIAL_POSES.get(self.scene.thing or "") or w.POSES[self.scene.pose or ""]

    def spot(self) -> str:
        """Place and position as one noun phrase: "눈밭 왼쪽"; empty where neither is to be stated."""
        place = self.place() if self.todo & {"place", "backdrop"} else ""
        if not self.take("position"):
            return place
        if not place and self.chance(0.4):
            place = self.pick(w.FRAMES)
        return join(place, self.pick(w.POSITIONS[self.scene.position or ""]))

    def place(self) -> str:
        self.todo.discard("place")
        if self.scene.place != "plain":
            return self.pick(w.PLACES[self.scene.place])
        if not self.take("backdrop"):
            return self.pick(w.PLAIN_BACKDROPS)
        return self.pick(w.BACKDROPS).replace("*", self.pick(w.COLORS[self.scene.backdrop or ""]))

    def whereabouts(self) -> str:
        """Place, position and pose ahead of the noun: "해변을 달리는", "바다 위의"."""
        scene = self.scene
        open_air = scene.place != "plain" and "position" not in self.todo
        if not self.take("pose"):
            spot = self.spot()
            afloat = " 위" if spot and open_air and scene.place == "sea" else ""
            return f"{spot}{afloat}{self.pick(('의', '의', '에 있는'))}" if spot else ""
        pose, spot = self.pick(self.adnominals()), self.spot()
        if not spot:
            return self.pick(("하늘을 ", "")) + pose if pose.endswith(("나는", "날아가는")) else pose
        return f"{self.postposed(spot, pose, open_air=open_air)} {pose}"

    def postposed(self, spot: str, pose: str, *, open_air: bool) -> str:
        """The spot with the particle its verb asks for."""
        if self.scene.pose == "running":
            onward = open_air and not pose.startswith("뛰고") and self.chance(0.6)
            return particle(spot, "을", "를") if onward else spot + "에서"
        if self.scene.pose == "flying":
            above = spot + (" 위" if open_air else "")
            return above + ("에" if "떠" in pose else "에서" if "다니" in pose or not open_air else "를")
        return (spot + " 위에") if self.scene.place == "sea" and open_air else spot + "에"

    def location(self) -> tuple[str, str]:
        """For sentences: the spot with its particle, and the stem of the verb."""
        scene, open_air = self.scene, self.scene.place != "plain" and "position" not in self.todo
        if not self.take("pose"):
            spot = self.spot()
            afloat = scene.thing == "boat" and scene.place == "sea" and spot
            above = " 위" if scene.place == "sea" and open_air and spot else ""
            return spot + above + "에", "떠 있" if afloat and self.chance(0.6) else "있"
        self.said_pose = True
        stems = w.SPECIAL_STEMS.get(scene.thing or "") or w.STEMS[scene.pose or ""]
        stem, spot = self.pick(stems), self.spot()
        return self.postposed(spot, stem, open_air=open_air) if spot else "", stem

    def when(self, *, adverb: bool = False) -> str:
        """Time and weather ahead of everything else; nothing where neither is to be stated."""
        scene = self.scene
        if {"time", "weather"} <= self.todo:
            return self.day() + self.pick(("에", "", "에"))
        if self.todo >= {"place", "time"} and not adverb and self.chance(0.4):
            self.todo.remove("time")
            return self.pick(w.TIMES_AHEAD[scene.time or ""])
        if self.todo >= {"place", "weather"} and not adverb and self.chance(0.5):
            self.todo.remove("weather")
            return self.pick(w.WEATHERS_AHEAD[scene.weather or ""])
        if self.take("time"):
            return self.pick(w.TIMES[scene.time or ""])
        return self.pick(w.WEATHERS[scene.weather or ""]) if self.take("weather") else ""

    def day(self) -> str:
        """Weather and time as one noun phrase: "비 오는 밤"."""
        self.todo -= {"time", "weather"}
        ahead = self.pick(w.WEATHERS_AHEAD[self.scene.weather or ""])
        if self.scene.time == "day" and self.scene.weather == "clear" and self.chance(0.4):
            ahead = "화창한"
        return f"{ahead} {self.pick(w.DAYS[self.scene.time or ''])}"

    def weather_noun(self) -> str:
        self.take("weather")
        return self.pick(w.WEATHER_NOUNS[self.scene.weather or ""])
