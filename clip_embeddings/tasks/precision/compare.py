"""compare_precision: what faster settings do to the vectors and the searches of a user's own items.

Imports numpy, the embedder and what is below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import FingerprintMismatchError, ImageDecodeError, InvalidInputError
from clip_embeddings.inputs.arguments import listed
from clip_embeddings.pipeline import progress
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.tasks.precision.nearest import TOP, nearest_kept
from clip_embeddings.tasks.precision.report import NAMES, CosineKept, PrecisionReport
from clip_embeddings.types import Embeddings, ImageSource, Modality


def compare_precision(
    reference: CLIPEmbedder,
    other: CLIPEmbedder,
    *,
    texts: Sequence[str] = (),
    images: Iterable[ImageSource] = (),
    k: int = TOP,
    show_progress: bool = False,
) -> PrecisionReport:
    """Embed the same items twice and compare: vectors, nearest neighbours, rates.

    Random weights and other people's pictures say little of what bfloat16 or `draft` do to a collection: give
    your model and some hundred of your own items. Raw vectors are compared; a calibration is left aside. For
    each pair of modalities every item is a query, and the item itself is left out of what it finds.

    Args:
        reference: what is compared with, such as `CLIPEmbedder(model, dtype="float32", draft=False)`.
        other: the same model with other settings.
        texts: N strings.
        images: M pictures, as `embed_images` takes them, but no file objects: each is read several times.
        k: how many of the nearest are looked at; fewer where there are not twice as many to choose from.
    Raises:
        InvalidInputError: no item, or no picture that can be read and no text; or k is below 1.
        FingerprintMismatchError: two models.
        ClipEmbeddingsError: one of them gives numbers that are not finite, as float16 may.
    """
    if type(k) is not int or k < 1:
        raise InvalidInputError(f"k: got {k!r}; expected a whole number of at least 1")
    raw = tuple(each.with_calibration(None) for each in (reference, other))
    if raw[0].fingerprint != raw[1].fingerprint:
        raise FingerprintMismatchError(
            f"reference is {raw[0].config.model!r} (fingerprint {raw[0].fingerprint}), other is "
            f"{raw[1].config.model!r} ({raw[1].fingerprint}); expected one model with two settings"
        )
    texts, images = listed(texts, "texts"), listed(images, "images")
    if not texts and not images:
        raise InvalidInputError("texts and images are empty; expected at least one item")
    first, second = (_run(each, texts, images, show_progress) for each in raw)
    failures = {each.index: each for each in (*second.failures, *first.failures)}
    vectors = {name: _shared(first, second, name) for name in NAMES}
    if not any(len(places) for _, _, places in vectors.values()):
        raise next(iter(failures.values()))
    there = {name: each for name, each in vectors.items() if len(each[2])}
    cosines = {
        name: _kept(exact, fast, places, (first.rates[name], second.rates[name]))
        for name, (exact, fast, places) in there.items()
    }
    found = {
        (a, b): nearest_kept(*there[a][:2], *there[b][:2], k=k, own=a == b) for a in there for b in there
    }
    return PrecisionReport(
        (raw[0].dtype, raw[1].dtype),
        cosines,
        {pair: kept for pair, kept in found.items() if kept},
        tuple(failures[index] for index in sorted(failures)),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """What one embedder made: unit rows, their places in the lists given, items a second."""

    vectors: Mapping[Modality, Embeddings]
    places: Mapping[Modality, NDArray[np.int64]]
    rates: Mapping[Modality, float]
    failures: tuple[ImageDecodeError, ...]


def _run(embedder: CLIPEmbedder, texts: list[str], images: list[ImageSource], show: bool) -> _Run:
    """Both kinds, each timed once its tower is there: loading and laying out weights is not its rate."""
    embedder.embed_texts(texts[:1])
    list(embedder.iter_images(images[:1]))
    begun = perf_counter()
    words = embedder.embed_texts(texts, show_progress=show)
    between = perf_counter()
    total = -(-len(images) // embedder.batch_size)
    batches = list(progress(embedder.iter_images(images), "Embedding pictures", total, show))
    ended = perf_counter()
    none = [np.zeros((0, embedder.dimension), np.float32)]
    pictures = np.concatenate(none + [batch.embeddings for batch in batches])
    places = np.concatenate([np.zeros(0, np.int64), *(batch.indices for batch in batches)])
    return _Run(
        {"text": l2_normalize(words), "image": l2_normalize(pictures)},
        {"text": np.arange(len(texts)), "image": places},
        {"text": _rate(len(words), between - begun), "image": _rate(len(pictures), ended - between)},
        tuple(failure for batch in batches for failure in batch.failures),
    )


def _rate(number: int, seconds: float) -> float:
    return number / max(seconds, 1e-9)


def _shared(first: _Run, second: _Run, name: Modality) -> tuple[Embeddings, Embeddings, NDArray[np.int64]]:
    """Rows of what both could embed, (n, D) and (n, D), and their places (n,)."""
    places, left, right = np.intersect1d(first.places[name], second.places[name], return_indices=True)
    return first.vectors[name][left], second.vectors[name][right], places


def _kept(
    exact: Embeddings, fast: Embeddings, places: NDArray[np.int64], rates: tuple[float, float]
) -> CosineKept:
    left, right = (
        exact.astype(np.float64),
        fast.astype(np.float64),
    )  # a sum in float32 ends at the sixth place
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    cosines = np.minimum((left * right).sum(axis=1) / lengths, 1.0)  # (n, D) -> (n,)
    least = int(cosines.argmin())
    return CosineKept(len(cosines), float(cosines.mean()), float(cosines[least]), int(places[least]), rates)
