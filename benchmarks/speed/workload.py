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


class Sizes(NamedTuple):
    """How much a run does: items of ours and of one-at-a-time peers, and rounds."""

    rounds: int
    captions: int  # short texts
    captions_in_part: int  # of them for batched peers
    passages: int  # long texts, cut off
    passages_in_part: int  # of them in windows, and for batched peers
    small: int  # pictures of 500x375, end to end
    small_in_part: int  # of them for batched peers and for stages alone
    phone: int  # pictures of 4000x3000, likewise
    phone_in_part: int
    single_texts: int  # for what takes one item at a time
    single_pictures: int
    queries: int  # repetitions in a round
    starts: int  # new processes of each engine
    started: tuple[str, ...]  # which engines those are
    callers: int
    rows: int  # in the store
    few: int  # texts, for the cost of an item
    many: int
    compiles: bool  # whether torch.compile is measured, which takes minutes


FULL = Sizes(
    rounds=3,
    captions=1000,
    captions_in_part=384,
    passages=200,
    passages_in_part=32,
    small=256,
    small_in_part=64,
    phone=32,
    phone_in_part=16,
    single_texts=40,
    single_pictures=10,
    queries=10,
    starts=2,
    started=("ours", "chroma", "langchain", "sentence-transformers", "transformers"),
    callers=64,
    rows=20_000,
    few=1000,
    many=50_000,
    compiles=True,
)
QUICK = FULL._replace(
    rounds=2,
    captions=128,
    captions_in_part=64,
    passages=12,
    passages_in_part=4,
    small=32,
    small_in_part=16,
    phone=4,
    phone_in_part=2,
    single_texts=6,
    single_pictures=2,
    queries=2,
    starts=1,
    started=("ours",),
    rows=500,
    few=500,
    many=5000,
    compiles=False,
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
