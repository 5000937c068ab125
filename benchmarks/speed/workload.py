"""What is embedded: seeded texts and pictures, the same for every engine. Imports shared/photos."""

import random
from pathlib import Path
from typing import NamedTuple

from benchmarks.shared.photos import write_photos

SMALL, PHONE = (500, 375), (4000, 3000)
_KINDS, _NOUNS, _DOING, _JOINS, _WHERE = (
    line.split()
    for line in (
        "small old red blue wooden happy sleeping bright broken striped tall quiet empty golden wet",
        "cat dog horse bird car bicycle train boat tree flower house bridge child woman man player table",
        "sitting running standing waiting playing looking resting turning leaning flying floating",
        "in near behind under above beside across towards against over",
        "beach street kitchen garden mountain river forest station market field harbour window roof snow",
    )
)


class Counts(NamedTuple):
    """Items of one kind: ours end to end; batched peers and ours by stages; who takes one at a time."""

    whole: int
    part: int
    single: int


class Sizes(NamedTuple):
    """How much a run does."""

    rounds: int = 3
    captions: Counts = Counts(1000, 384, 40)
    passages: Counts = Counts(200, 32, 20)
    small: Counts = Counts(256, 64, 10)  # pictures of 500x375
    phone: Counts = Counts(32, 16, 10)  # pictures of 4000x3000
    queries: int = 10  # repetitions in a round
    callers: int = 64
    rows: int = 20_000  # into a store
    few: int = 1000  # texts, for the cost of an item
    many: int = 50_000
    starts: int = 3  # new processes


FULL = Sizes()
QUICK = Sizes(
    rounds=2,
    captions=Counts(128, 64, 6),
    passages=Counts(12, 4, 3),
    small=Counts(32, 16, 2),
    phone=Counts(4, 2, 2),
    queries=2,
    rows=500,
    few=500,
    many=5000,
    starts=1,
)


def captions(count: int, seed: int = 0) -> list[str]:
    """Captions of 5 to 15 words."""
    chance = random.Random(seed)
    return [_sentence(chance, chance.randint(5, 15)) for _ in range(count)]


def passages(count: int, seed: int = 1) -> list[str]:
    """Passages of 150 to 300 words, in sentences."""
    chance, found = random.Random(seed), list[str]()
    for _ in range(count):
        left, sentences = chance.randint(150, 300), list[str]()
        while left:
            words = left if left < 20 else chance.randint(5, 15)
            sentences.append(_sentence(chance, words).capitalize() + ".")
            left -= words
        found.append(" ".join(sentences))
    return found


def _sentence(chance: random.Random, words: int) -> str:
    made: list[str] = []
    while len(made) < words:
        made += ["a", chance.choice(_KINDS), chance.choice(_NOUNS), chance.choice(_DOING)]
        made += [chance.choice(_JOINS), "the", chance.choice(_WHERE)]
    return " ".join(made[:words])


def pictures(work: Path, kind: tuple[int, int], count: int) -> list[str]:
    """Paths of JPEG files of one size, written once."""
    folder = write_photos(work / f"{kind[0]}x{kind[1]}-{count}", count, kind)
    return sorted(map(str, folder.iterdir()))
