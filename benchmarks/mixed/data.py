"""What is searched: pairs of a text and a picture, their queries, and which rows answer which query.

Imports the bundled model's scenes. Vectors are raw, whatever the embedder's calibration.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.mixed.metrics import Bools
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.captions import CLAIMABLE, Caption, Language, caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import BACKDROPS, OBJECTS, TIMES, WEATHERS, Scene, scenes
from clip_embeddings.types import Embeddings, Modality

LANGUAGES: tuple[Language, ...] = ("en", "ko")
_REDRAWN = 5_000_000  # added to a seed: the same scene, drawn with other chances
_NOT_CLAIMED = -1


@dataclass(frozen=True)
class Queries:
    """Q queries of one modality.

    Attributes:
        vectors: raw unit rows (Q, D).
        modality: of the queries.
        relevant: (Q, R) which rows of the pairs answer which query.
        owner: (Q,) the pair that each query was made for.
        languages: (Q,) names such as "en"; empty strings where there is none.
    """

    vectors: Embeddings
    modality: Modality
    relevant: Bools
    owner: NDArray[np.int64]
    languages: NDArray[np.str_]

    def of(self, pairs: NDArray[Any]) -> "Queries":
        """Those of some pairs."""
        kept = np.isin(self.owner, pairs)
        return Queries(
            self.vectors[kept], self.modality, self.relevant[kept], self.owner[kept], self.languages[kept]
        )


@dataclass(frozen=True)
class Pairs:
    """N pairs. Rows are their N texts, their N pictures, then texts that are nearly right.

    Attributes:
        name: in words.
        number: N.
        rows: raw unit rows (R, D).
        picture: (R,) which rows are pictures.
        queries: "text", and where there are any "picture" and "short".
        topic: (N,) bool, what splits the pairs into two topics; None where topics are unknown.
    """

    name: str
    number: int
    rows: Embeddings
    picture: Bools
    queries: Mapping[str, Queries]
    topic: Bools | None = None

    def moved(self, move: Callable[[Embeddings, Modality], Embeddings]) -> Embeddings:
        """The rows, each modality moved by a function of raw rows."""
        rows = np.empty_like(self.rows)
        rows[self.picture] = move(self.rows[self.picture], "image")
        rows[~self.picture] = move(self.rows[~self.picture], "text")
        return rows

    @property
    def texts(self) -> Embeddings:
        return self.rows[: self.number]

    @property
    def pictures(self) -> Embeddings:
        return self.rows[self.number : 2 * self.number]


def scene_pairs(
    embedder: CLIPEmbedder, shown: Sequence[Scene], name: str, *, seed: int, searched: bool = True
) -> Pairs:
    """Drawn scenes and captions of them. Every second text and near miss is Korean.

    Args:
        embedder: of raw vectors.
        shown: one scene a pair.
        name: in words.
        seed: of the captions' wording.
        searched: False, for a calibration split, leaves out near misses and short queries.
    """
    rng = random.Random(seed)
    texts = [caption(scene, LANGUAGES[i % 2], rng, full=True) for i, scene in enumerate(shown)]
    missed = [near_miss(scene, rng) for scene in shown]
    near = [caption(scene, LANGUAGES[i % 2], rng, full=True) for i, scene in enumerate(missed)]
    if not searched:  # drawn nevertheless: what else is drawn stays the same
        missed, near = [], []
    row_scenes = [*shown, *shown, *missed]
    rows = np.concatenate(
        [
            embedder.embed_texts([each.text for each in texts]),
            embedder.embed_images([render(scene) for scene in shown]),
            embedder.embed_texts([each.text for each in near]),
        ]
    )
    picture = np.zeros(len(rows), bool)
    picture[len(shown) : 2 * len(shown)] = True
    queries = {
        "text": _text_queries(embedder, shown, row_scenes, rng, full=True),
        "picture": _picture_queries(embedder, shown, row_scenes),
    }
    if searched:
        queries["short"] = _text_queries(embedder, shown, row_scenes, rng, full=False)
    topic = np.array([scene.kind in ("animal", "person") for scene in shown])
    return Pairs(name, len(shown), rows, picture, queries, topic)


def drawn(first_seed: int, number: int, *, held_out: bool = False) -> list[Scene]:
    """Scenes of consecutive seeds; held out: combinations that training never saw."""
    return list(scenes(first_seed, number, held_out=held_out))


def on_plain_backdrops(first_seed: int, number: int) -> list[Scene]:
    """Scenes of another kind: no place, no time, no weather."""
    return list(islice((scene for scene in _endless(first_seed) if scene.place == "plain"), number))


def _endless(seed: int) -> Iterator[Scene]:
    while True:
        yield from scenes(seed, 1000)
        seed += 2000  # a thousand scenes take up few more seeds than that


def _text_queries(
    embedder: CLIPEmbedder, shown: Sequence[Scene], rows: Sequence[Scene], rng: random.Random, *, full: bool
) -> Queries:
    made = [(caption(s, language, rng, full=full), language) for s in shown for language in LANGUAGES]
    return Queries(
        vectors=embedder.embed_texts([each.text for each, _ in made]),
        modality="text",
        relevant=_true_of([each for each, _ in made], rows),
        owner=np.repeat(np.arange(len(shown)), len(LANGUAGES)),
        languages=np.array([language for _, language in made]),
    )


def _picture_queries(embedder: CLIPEmbedder, shown: Sequence[Scene], rows: Sequence[Scene]) -> Queries:
    again = [replace(scene, seed=scene.seed + _REDRAWN) for scene in shown]
    same = [Caption("", {name: getattr(scene, name) for name in CLAIMABLE}) for scene in shown]
    return Queries(
        vectors=embedder.embed_images([render(scene) for scene in again]),
        modality="image",
        relevant=_true_of(same, rows),
        owner=np.arange(len(shown)),
        languages=np.array([""] * len(shown)),
    )


def _true_of(captions: Sequence[Caption], rows: Sequence[Scene]) -> Bools:
    """(Q, R): `captions.true_of` of every caption and scene, with attributes as numbers."""
    right = np.ones((len(captions), len(rows)), bool)
    for name in CLAIMABLE:
        values = [getattr(scene, name) for scene in rows]
        codes = {value: code for code, value in enumerate(dict.fromkeys(values))}
        has = np.array([codes[value] for value in values])  # (R,)
        says = np.array(
            [codes.get(c.claims[name], len(codes)) if name in c.claims else _NOT_CLAIMED for c in captions]
        )
        right &= (says[:, None] == _NOT_CLAIMED) | (says[:, None] == has)
    return right


def near_miss(scene: Scene, rng: random.Random) -> Scene:
    """The scene with one attribute changed that captions state."""
    colors = OBJECTS[scene.thing].colors if scene.thing else ()
    choices: dict[str, tuple[str, ...]] = {
        "time": TIMES if scene.time else (),
        "weather": WEATHERS if scene.weather else (),
        "color": colors if len(colors) > 1 else (),
        "backdrop": BACKDROPS if scene.backdrop else (),
    }
    name = rng.choice([name for name, values in choices.items() if values])
    other = rng.choice([value for value in choices[name] if value != getattr(scene, name)])
    changes: dict[str, Any] = {name: other}
    return replace(scene, **changes)
