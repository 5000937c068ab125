"""Seeded texts, in English or Korean, about things that are never drawn: they belong to no picture.

A model that sees them in training learns to keep them away from every picture. The words are in
`unrelated_*.py` and `notes_*.py`. Imports the standard library, those, and `parts_ko.py` for
its particles.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

from clip_embeddings.scenes.captions import Language
from clip_embeddings.scenes.wording.parts_ko import particle
from tools.tiny_model import notes_en, notes_ko, unrelated_en, unrelated_ko

_SLOT = re.compile(r"\{(\w)(?::(.))?\}")
# "a useful unit", but "an urgent honest hour"
_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=(?!uni|unan|use|ura|uku|eu)[aeiou]|hon(?!ey)|hour|ATM)")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MARKS = "!?.,;:-_/*#@&%$()[]{}<>=+~^|"
_PARTICLES = {"을": "를", "은": "는", "이": "가", "과": "와"}


@dataclass(frozen=True)
class _Words:
    slots: dict[str, tuple[str, ...]]
    phrases: Sequence[str]
    titles: Sequence[str]
    sentences: Sequence[str]
    questions: Sequence[str]
    notes: Sequence[str]
    links: Sequence[str]
    steps: Sequence[str]
    recipe_titles: Sequence[str]
    diary: Sequence[str]
    bills: Sequence[str]
    minutes: Sequence[str]
    foods: tuple[str, ...]
    units: Sequence[str]
    ingredient: str


def _words_of(w: ModuleType, notes: ModuleType, ingredient: str) -> _Words:
    slots = {"n": w.NOUNS, "a": w.ADJECTIVES, "v": w.VERBS, "p": w.PEOPLE, "t": w.TOPICS, "w": w.WEEKDAYS}
    return _Words(
        {**slots, "d": notes.DISHES}, w.PHRASES, w.TITLES, w.SENTENCES, w.QUESTIONS, w.NOTES, w.LINKS,
        notes.STEPS, notes.RECIPE_TITLES, notes.DIARY, notes.BILLS, notes.MINUTES, notes.FOODS, notes.UNITS,
        ingredient,
    )  # fmt: skip


_LANGUAGES: dict[str, _Words] = {
    "en": _words_of(unrelated_en, notes_en, "{i} {unit} of {food}"),
    "ko": _words_of(unrelated_ko, notes_ko, "{food} {i}{unit}"),
}
# Texts that are to stay unseen, so that the evaluation can ask about them.
_RESERVED = ("quarterly revenue report", "분기 매출 보고서")


def unrelated_text(language: Language, rng: random.Random) -> str:
    """Write a text about nothing that can be drawn; about one in 65 is empty."""
    (kind,) = rng.choices(_KINDS, _WEIGHTS)
    text = kind(_LANGUAGES[language], rng)
    return unrelated_text(language, rng) if any(reserved in text.lower() for reserved in _RESERVED) else text


def vocabulary(language: Language) -> frozenset[str]:
    """All the content words that the texts of a language draw from."""
    words = _LANGUAGES[language]
    return frozenset(word for slot in words.slots.values() for word in slot).union(words.foods)


def _fill(
    template: str, words: _Words, rng: random.Random, slots: dict[str, tuple[str, ...]] | None = None
) -> str:
    """Put words, with the particles asked for, into the slots of a template."""

    def fill(match: re.Match[str]) -> str:
        slot, asked = match.groups()
        choices = (slots or words.slots).get(slot)
        word = rng.choice(choices) if choices else str(rng.randint(2, 60))
        return particle(word, asked, _PARTICLES[asked]) if asked else word

    return _BEFORE_VOWEL.sub(r"\1n ", _SLOT.sub(fill, template))


def _phrase(words: _Words, rng: random.Random) -> str:
    text = _fill(rng.choice(words.phrases), words, rng)
    share = rng.random()
    return text.capitalize() if share < 0.12 else text.title() if share < 0.17 else text


def _word(words: _Words, rng: random.Random) -> str:
    return rng.choice(words.slots["n"])


def _title(words: _Words, rng: random.Random) -> str:
    text = _fill(rng.choice(words.titles), words, rng)
    return text.upper() if rng.random() < 0.1 else text


def _sentence(words: _Words, rng: random.Random) -> str:
    text = _fill(rng.choice(words.sentences), words, rng)
    return text[0].upper() + text[1:] + "." if rng.random() < 0.65 else text


def _question(words: _Words, rng: random.Random) -> str:
    text = _fill(rng.choice(words.questions), words, rng)
    return text[0].upper() + text[1:] + "?" if rng.random() < 0.7 else text


def _note(words: _Words, rng: random.Random) -> str:
    return _fill(rng.choice(words.notes), words, rng)


def _paragraph(words: _Words, rng: random.Random) -> str:
    sentences = []
    for i in range(rng.randint(2, 5)):
        text = _fill(rng.choice(words.sentences), words, rng)
        text = (rng.choice(words.links) if i else "") + text
        sentences.append(text[0].upper() + text[1:] + ".")
    return " ".join(sentences)


def _recipe(words: _Words, rng: random.Random) -> str:
    parts = [
        words.ingredient.format(
            i=rng.randint(2, 40), unit=rng.choice(words.units), food=rng.choice(words.foods)
        )
        for _ in range(rng.randint(0, 4))
    ]
    slots = {"f": words.foods}
    steps = [_fill(step, words, rng, slots) for step in rng.sample(words.steps, rng.randint(1, 4))]
    title = _fill(rng.choice(words.recipe_titles), words, rng) if rng.random() < 0.6 else ""
    return "\n\n".join(part for part in (title, ", ".join(parts), ". ".join(steps) + ".") if part)


def _diary(words: _Words, rng: random.Random) -> str:
    said = [_fill(each, words, rng) for each in rng.sample(words.diary, rng.randint(1, 4))]
    return " ".join(each[0].upper() + each[1:] + "." for each in said)


def _bill(words: _Words, rng: random.Random) -> str:
    return _lines(words.bills, words, rng)


def _minutes(words: _Words, rng: random.Random) -> str:
    return _lines(words.minutes, words, rng)


def _lines(templates: Sequence[str], words: _Words, rng: random.Random) -> str:
    """Some of them, under each other or one after the other."""
    made = [_fill(each, words, rng) for each in rng.sample(templates, rng.randint(1, 4))]
    return rng.choice(("\n", ". ", ", ")).join(made)


def _junk(words: _Words, rng: random.Random) -> str:
    kinds: tuple[Callable[[random.Random], str], ...] = (_digits, _date, _code, _marks, _letters)
    return rng.choice(kinds)(rng)


def _digits(rng: random.Random) -> str:
    return rng.choice(("{}", "{}.{}", "{} {}", "+{}-{}", "${},{}", "{}%", "{}:{}")).format(
        rng.randint(0, 9999), rng.randint(0, 999)
    )


def _date(rng: random.Random) -> str:
    year, month, day = rng.randint(1900, 2040), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice(("{}-{:02}-{:02}", "{}/{}/{}", "{}.{}.{}.", "{}년 {}월 {}일")).format(year, month, day)


def _code(rng: random.Random) -> str:
    a, b = _letters(rng), _letters(rng)
    forms = (
        "{}_{}({})",
        "{}.{} = {};",
        "<{}>{}</{}>",
        "/{}/{}.{}",
        "def {}({}): return {}",
        "#{}{}{}",
        "{}@{}.{}",
    )
    return rng.choice(forms).format(a, b, rng.choice((a, "0", "null", "x")))


def _marks(rng: random.Random) -> str:
    return "".join(rng.choices(_MARKS, k=rng.randint(1, 10)))


def _letters(rng: random.Random) -> str:
    return "".join(rng.choices(_LETTERS, k=rng.randint(5, 9)))


def _blank(words: _Words, rng: random.Random) -> str:
    return rng.choice(("", "", "", " ", "\n"))


_KINDS = (
    _word, _phrase, _title, _sentence, _question, _note, _paragraph, _recipe, _diary, _bill, _minutes, _junk,
    _blank,
)  # fmt: skip
_WEIGHTS = (12, 30, 6, 13, 6, 6, 8, 7, 5, 2, 3, 4.5, 2.5)
