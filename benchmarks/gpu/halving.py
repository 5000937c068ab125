"""Memory that runs out: batches are halved, and vectors stay the same. Imports torch and this library."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.gpu.check import TIME_UP, Check, Unlike, least_cosine
from benchmarks.gpu.loads import captions, crops, embedder
from benchmarks.shared.results import table
from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.running import device as running

_NAME, _BOUND = "CLIP ViT-B/32", 0.99999
_SHARE = 0.4  # of what a whole batch takes
_SIMULATED = (
    "Simulated on a CPU: an encoder that raises torch.OutOfMemoryError for more than {} items stands in for "
    "a card that is full."
)
_REAL = (
    "The process was held to the weights and {:.0%} of what the whole took beside them, by "
    "torch.cuda.set_per_process_memory_fraction, so the errors are CUDA's own."
)
Embed = partial[NDArray[np.float32]]


def halving(check: Check) -> Iterator[str]:
    """float32, so that other sizes of batches give the same vectors but for rounding."""
    rows, wrong, size = list[list[str]](), list[str](), 4 if check.tiny else 512
    for lanes in (1, 2):
        for what, work in _works(check, lanes, size).items():
            label = f"{what}, {lanes} batch{'es' * (lanes > 1)} under way"
            if check.left <= 0:
                rows.append([label, TIME_UP, "", ""])
                continue
            cosine, halvings = _in_little(check, work, size // 2)
            rows.append([label, str(len(halvings)), _sizes(halvings), f"{cosine:.7f}"])
            if not halvings or cosine < _BOUND:
                wrong.append(label)
    yield (_REAL.format(_SHARE) if check.on_gpu else _SIMULATED.format(size // 2))
    yield table(["out of memory", "batches halved", "their items", "least cosine to the whole"], rows)
    if wrong:
        raise Unlike(f"not halved, or vectors below {_BOUND}: {'; '.join(wrong)}")


def _works(check: Check, lanes: int, size: int) -> dict[str, Embed]:
    """As many batches as there are lanes; of texts with more items, as one takes less memory."""
    settings: dict[str, Any] = {"lanes": lanes, "dtype": "float32"}
    pictures = embedder(check, _NAME, batch_size=size, **settings)
    many = size if check.tiny else 8 * size
    texts = embedder(check, _NAME, batch_size=many, **settings)
    return {
        "pictures": partial(pictures.embed_images, crops(pictures, lanes * size)),
        "texts": partial(texts.embed_texts, captions(lanes * many)),
    }


def _sizes(halvings: list[int]) -> str:
    return " and ".join(f"{size:,}" for size in sorted(set(halvings), reverse=True)) or "none"


def _in_little(check: Check, work: Embed, room: int) -> tuple[float, list[int]]:
    """Least cosine of what memory is enough for and what it is not, and the sizes that were halved."""
    work()  # what is only allocated once is there now
    _free(check)
    base = torch.cuda.memory_reserved(check.device) if check.on_gpu else 0
    if check.on_gpu:
        torch.cuda.reset_peak_memory_stats(check.device)
    whole = work()
    most = torch.cuda.max_memory_reserved(check.device) if check.on_gpu else 0
    _free(check)
    limit = base + int(_SHARE * (most - base))
    with _watched() as halvings, _held(check, limit) if check.on_gpu else _simulated(_made(work), room):
        parts = work()
    return least_cosine(parts, whole), halvings


def _made(work: Embed) -> CLIPEmbedder:
    """The embedder whose method some work is."""
    method: Any = work.func
    return method.__self__  # type: ignore[no-any-return]


def _free(check: Check) -> None:
    gc.collect()
    if check.on_gpu:
        torch.cuda.empty_cache()


@contextmanager
def _held(check: Check, limit: int) -> Iterator[None]:
    """This process gets no more of the card's memory than so many bytes."""
    total = torch.cuda.get_device_properties(check.device).total_memory
    torch.cuda.set_per_process_memory_fraction(limit / total, check.device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, check.device)
        _free(check)


@contextmanager
def _simulated(made: CLIPEmbedder, room: int) -> Iterator[None]:
    """An encoder that has memory for `room` items."""
    encoder: Any = made._encoder
    towers = {name: getattr(encoder, name) for name in ("_image_features", "_text_features")}

    def crowded(features: Any) -> Any:
        def call(given: Any, *rest: Any) -> Any:
            rows = given if isinstance(given, np.ndarray) else next(iter(given.values()))
            if len(rows) > room:
                raise torch.OutOfMemoryError("simulated")
            return features(given, *rest)

        return call

    for name, features in towers.items():
        setattr(encoder, name, crowded(features))
    try:
        yield
    finally:
        for name in towers:
            delattr(encoder, name)  # the methods of the class are there again


@contextmanager
def _watched() -> Iterator[list[int]]:
    """The sizes of batches that the library says it halves."""
    found: list[int] = []

    class Sizes(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            if "out of memory" in record.getMessage():
                found.extend(each for each in record.args or () if isinstance(each, int))
            return False  # they are in the table

    watching = Sizes()
    running.logger.addFilter(watching)
    try:
        yield found
    finally:
        running.logger.removeFilter(watching)
