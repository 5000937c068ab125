"""What a calibration costs: time beside embedding, and for one query. Imports the embedder.

Both sides are timed by turns, so that whatever else the machine does meets both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from clip_embeddings import CLIPEmbedder, ModalityCalibration
from clip_embeddings.types import ImageInput

BATCH = 32
_ROUNDS, _QUERIES = 15, 300


@dataclass(frozen=True)
class Times:
    """Milliseconds of repeated runs."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def undisturbed(self) -> float:
        """The 10th percentile: other programs only ever add time."""
        return sorted(self.values)[len(self.values) // 10]

    def __str__(self) -> str:
        return f"{self.median:.3f} ({min(self.values):.3f} to {max(self.values):.3f})"


@dataclass(frozen=True)
class Cost:
    """What was timed.

    Attributes:
        rows: what -> its times, in milliseconds.
        shares: "texts" and "pictures" -> median time of calibrating over that of embedding.
        extra: milliseconds that calibrating adds to a query, of runs that nothing else disturbed: the 10th
            percentile of calibrated ones less that of raw ones. What disturbs is many times as long.
    """

    rows: dict[str, Times]
    shares: dict[str, float]
    extra: float


def measure_cost(
    embedder: CLIPEmbedder,
    calibration: ModalityCalibration,
    texts: Sequence[str],
    pictures: Sequence[ImageInput],
) -> Cost:
    """Time one batch of texts, one of pictures and single queries.

    Args:
        embedder: without a calibration.
        calibration: of its model.
        texts, pictures: at least one of each; a batch is filled with them.
    """
    texts = [texts[i % len(texts)] for i in range(BATCH)]
    pictures = [pictures[i % len(pictures)] for i in range(BATCH)]
    words, shown = embedder.embed_texts(texts), embedder.embed_images(pictures)  # and the model is warm
    levelled = embedder.with_calibration(calibration)
    query, asked = texts[:1], words[:1]
    embed_texts, apply_texts = _by_turns(
        lambda: embedder.embed_texts(texts), lambda: calibration.apply(words, "text"), _ROUNDS
    )
    embed_pictures, apply_pictures = _by_turns(
        lambda: embedder.embed_images(pictures), lambda: calibration.apply(shown, "image"), _ROUNDS
    )
    plain, calibrated = _by_turns(
        lambda: embedder.embed_texts(query, role="query"),
        lambda: levelled.embed_texts(query, role="query"),
        _QUERIES,
    )
    alone, _ = _by_turns(lambda: calibration.apply(asked, "text", "query"), lambda: None, _QUERIES)
    return Cost(
        {
            f"embedding {BATCH} texts": embed_texts,
            "calibrating them": apply_texts,
            f"embedding {BATCH} pictures": embed_pictures,
            "calibrating those": apply_pictures,
            "one raw text query": plain,
            "one calibrated text query": calibrated,
            "the calibration of one vector alone": alone,
        },
        {
            "texts": apply_texts.median / embed_texts.median,
            "pictures": apply_pictures.median / embed_pictures.median,
        },
        calibrated.undisturbed - plain.undisturbed,
    )


def _by_turns(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[Times, Times]:
    """Each round runs both; which goes first alternates."""
    first(), second()
    times: tuple[list[float], list[float]] = ([], [])
    for i in range(rounds):
        for which in (i % 2, 1 - i % 2):
            started = perf_counter()
            (first, second)[which]()
            times[which].append(1000 * (perf_counter() - started))
    return Times(tuple(times[0])), Times(tuple(times[1]))
