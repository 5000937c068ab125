"""The training set: scenes drawn once, captions tokenised once, both as arrays ready for batches.

Imports numpy, tokenizers and the scene modules beside it.
"""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from clip_embeddings.scenes import scene as sc
from clip_embeddings.scenes.captions import Caption, Language, caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import Scene
from tools.tiny_model.unrelated import unrelated_text

LANGUAGES: tuple[Language, ...] = ("en", "ko")
_MENTIONS = 0.25  # share of partial captions inside a longer text
CONTEXT = 77
BOS, EOS = "<|startoftext|>", "<|endoftext|>"
# The evaluation's seeds lie below both.
VALIDATION_SEED, TRAINING_SEED = 900_000, 1_000_000

_COLORS = tuple(dict.fromkeys(color for spec in sc.OBJECTS.values() for color in spec.colors))
ATTRIBUTES: dict[str, tuple[object, ...]] = {
    "kind": tuple(dict.fromkeys(spec.kind for spec in sc.OBJECTS.values())),
    "thing": tuple(sc.OBJECTS),
    "color": _COLORS,
    "count": (0, 1, 2, 3),
    "size": sc.SIZES,
    "pose": ("standing", "running", "sitting", "flying"),
    "position": sc.POSITIONS,
    "place": sc.PLACES,
    "time": sc.TIMES,
    "weather": sc.WEATHERS,
    "backdrop": sc.BACKDROPS,
}


def encode_attributes(values: Mapping[str, object]) -> list[int]:
    """Index of each attribute's value, -1 where it is not given."""
    return [
        options.index(values[name]) if values.get(name) is not None else -1
        for name, options in ATTRIBUTES.items()
    ]


def scene_attributes(scene: Scene) -> list[int]:
    return encode_attributes({name: getattr(scene, name) for name in ATTRIBUTES})


def is_true(claims: NDArray[np.int8], attributes: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which captions are true of which scenes: (T, A) claims and (S, A) attributes -> (T, S)."""
    claims, attributes = claims[:, None, :], attributes[None, :, :]
    true: NDArray[np.bool_] = ((claims == -1) | (claims == attributes)).all(axis=2)
    return true


def train_tokenizer(
    seed: int, *, vocabulary: int = 4096, captions: int = 30_000, unrelated: int = 60_000
) -> Tokenizer:
    """Byte-level BPE over captions and unrelated texts in both languages, with CLIP's special tokens."""

    def texts() -> Iterator[str]:
        rng = random.Random(seed)
        for scene in sc.scenes(TRAINING_SEED, captions // 2):
            for language in LANGUAGES:
                yield caption(scene, language, rng, full=rng.random() < 0.3).text
        for i in range(unrelated):
            yield unrelated_text(LANGUAGES[i % 2], rng)

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    ids = [(token, tokenizer.token_to_id(token)) for token in (BOS, EOS)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A {EOS}", special_tokens=ids)
    return tokenizer


def end_of(tokenizer: Tokenizer) -> int:
    """Id of the end token, which pads too."""
    return int(tokenizer.token_to_id(EOS) or 0)


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.int16]:
    """Ids of shape (N, 77), padded with the end token as CLIP pads; a longer text keeps its end token."""
    end = end_of(tokenizer)
    ids = np.full((len(texts), CONTEXT), end, np.int16)
    for row, encoding in zip(ids, tokenizer.encode_batch(list(texts)), strict=True):
        kept = encoding.ids[:CONTEXT]
        row[: len(kept)] = kept
    ids[:, -1] = end
    return ids


@dataclass(frozen=True)
class TrainingSet:
    """N scenes with K captions in each of L languages.

    pixels (N, S, S, 3) uint8; attributes (N, A) int8; ids (N, L, K, 77) int16; claims (N, L, K, A) int8.
    """

    pixels: NDArray[np.uint8]
    attributes: NDArray[np.int8]
    ids: NDArray[np.int16]
    claims: NDArray[np.int8]


def _caption(scene: Scene, language: Language, rng: random.Random, *, full: bool) -> Caption:
    """A caption; a partial one may stand inside a text about other things, as pictures' names do in notes."""
    made = caption(scene, language, rng, full=full)
    if full or rng.random() >= _MENTIONS:
        return made
    words = unrelated_text(language, rng).split()
    at = rng.randint(0, len(words))
    return Caption(" ".join([*words[:at], made.text, *words[at:]]), made.claims)


def _make_rows(job: tuple[list[Scene], str, int, int, int]) -> tuple[NDArray[np.generic], ...]:
    scenes, vocabulary, size, each, seed = job
    tokenizer, rng = Tokenizer.from_str(vocabulary), random.Random(seed)
    captions = [
        _caption(scene, language, rng, full=k % 2 == 0)
        for scene in scenes
        for language in LANGUAGES
        for k in range(each)
    ]
    shape = (len(scenes), len(LANGUAGES), each, -1)
    return (
        np.stack([np.asarray(render(scene, size)) for scene in scenes]),
        np.array([scene_attributes(scene) for scene in scenes], np.int8),
        tokenize(tokenizer, [c.text for c in captions]).reshape(shape),
        np.array([encode_attributes(c.claims) for c in captions], np.int8).reshape(shape),
    )


def make_training_set(
    tokenizer: Tokenizer, number: int, *, size: int, each: int, seed: int, first: int = TRAINING_SEED
) -> TrainingSet:
    """Draw `number` scenes, none of them held out, with `each` captions a language, every second one full."""
    stream, vocabulary = sc.scenes(first, number), tokenizer.to_str()
    chunks = iter(lambda: list(islice(stream, 1000)), [])
    jobs = [(chunk, vocabulary, size, each, seed + i) for i, chunk in enumerate(chunks)]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        parts = list(pool.map(_make_rows, jobs))
    return TrainingSet(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def make_unrelated(tokenizer: Tokenizer, number: int, seed: int) -> NDArray[np.int16]:
    """Ids (N, 77) of texts that belong to no picture, sorted by length."""
    rng = random.Random(seed)
    ids = tokenize(tokenizer, [unrelated_text(LANGUAGES[i % 2], rng) for i in range(number)])
    return ids[np.argsort(lengths(ids, end_of(tokenizer)), kind="stable")]


def lengths(ids: NDArray[np.int16], end: int) -> NDArray[np.int64]:
    """Tokens up to and with the first end token: (N, 77) -> (N,)."""
    first: NDArray[np.int64] = (ids == end).argmax(axis=1)
    return first + 1
