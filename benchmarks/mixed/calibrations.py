"""The calibrations that are compared: whose means, and how they were blended. Imports the estimator."""

from collections.abc import Sequence

from benchmarks.mixed.data import Pairs
from benchmarks.mixed.metrics import Columns
from clip_embeddings import CalibrationEstimator, CLIPEmbedder, InvalidInputError, ModalityCalibration

SHRINK = 300  # how many vectors the reference counts for


def estimated(
    sample: Pairs, model: str, *, level: bool = True, asked: Sequence[str] = ("text", "picture")
) -> ModalityCalibration:
    """A calibration from the calibration split: its documents, and those kinds of its queries."""
    estimator = CalibrationEstimator()
    estimator.add(sample.texts, "text")
    estimator.add(sample.pictures, "image")
    for queries in (sample.queries[kind] for kind in asked if kind in sample.queries):
        estimator.add(queries.vectors, queries.modality, "query")
    return estimator.calibration(model, source=sample.name, minimum=2, level=level)


def of_collection(pairs: Pairs, texts: Columns, pictures: Columns, model: str) -> ModalityCalibration:
    """From the rows of a collection itself: documents only, as a store holds no queries."""
    estimator = CalibrationEstimator()
    estimator.add(pairs.texts[texts], "text")
    estimator.add(pairs.pictures[pictures], "image")
    return estimator.calibration(model, source="the collection", minimum=2)


def shrunk(own: ModalityCalibration, reference: ModalityCalibration) -> ModalityCalibration:
    """The collection's means, pulled towards the reference as if that were SHRINK more vectors."""
    means = dict(reference.means)  # the means of queries stay those of the reference
    for kind, mean in own.means.items():
        weight = SHRINK / (SHRINK + own.counts[kind])
        means[kind] = (1 - weight) * mean + weight * reference.means[kind]
    return ModalityCalibration(
        own.model, means, {**reference.counts, **own.counts}, reference.levels, source="the two"
    )


def bundled(embedder: CLIPEmbedder) -> ModalityCalibration | None:
    """The reference that the model ships with, if it does."""
    try:
        return embedder.with_calibration("reference").calibration
    except InvalidInputError:
        return None
