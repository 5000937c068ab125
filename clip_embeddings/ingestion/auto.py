"""`calibrate="auto"`: a new collection is calibrated on a part of what it is given, before any row is stored.

What is drawn is embedded once: `ingest` takes the vectors from the sample.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from clip_embeddings.calibration import MINIMUM, CalibrationEstimator
from clip_embeddings.calibration.known import hardly_known
from clip_embeddings.config import REFERENCE
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.ingestion.options import Plan
from clip_embeddings.ingestion.sample import SAMPLE_SIZE, FileSample, draw
from clip_embeddings.models.hub.layout import CALIBRATION
from clip_embeddings.models.hub.locate import locate
from clip_embeddings.types import Embeddings, Modality


@dataclass(frozen=True, slots=True)
class Decision:
    """What a new collection is made with.

    Attributes:
        embedder: calibrated, or raw where that cannot be measured.
        sample: what was drawn; its vectors are of use either way.
        said: what was decided and why, in one sentence without a full stop.
    """

    embedder: CLIPEmbedder
    sample: FileSample
    said: str


def decide(embedder: CLIPEmbedder, sample: FileSample) -> Decision:
    """Calibrate on a sample, if it holds enough; else take the model's own calibration, if it has one."""
    pictures, texts = sample.counts["image"], sample.counts["text"]
    if min(pictures, texts) >= MINIMUM:
        calibration = sample.calibration(minimum=MINIMUM)
        said = f"calibrated on {sample.source}, so that pictures and texts are ranked in one list"
        if (known := sample.known(calibration)) is not None and (problem := hardly_known(known)):
            said += f"; but {problem}"
        return Decision(embedder.with_calibration(calibration), sample, said)
    few = f"{pictures:,} pictures and {texts:,} texts are too few to measure on ({MINIMUM} of each)"
    if ships_with_reference(embedder):
        own = embedder.with_calibration(REFERENCE)
        return Decision(own, sample, f"{few}; the calibration that the model ships with is used")
    raw = "the collection is made raw, and its pictures and texts are ranked apart"
    return Decision(embedder, sample, f"{few}; {raw}, until it holds {MINIMUM} of each and is recalibrated")


def measured(
    rows: Iterable[tuple[Embeddings, Modality]], embedder: CLIPEmbedder
) -> tuple[CLIPEmbedder | None, str]:
    """`decide` for rows that are embedded already.

    Args:
        rows: raw unit rows (n, D) of one modality each.
        embedder: of those, without a calibration.
    Returns:
        The calibrated embedder, None where there are too few rows, and what was decided.
    """
    estimator = CalibrationEstimator()
    for vectors, modality in rows:
        estimator.add(vectors, modality)
    pictures, texts = (estimator.counts.get(("document", kind), 0) for kind in ("image", "text"))
    counted = f"{pictures:,} pictures and {texts:,} texts"
    if min(pictures, texts) < MINIMUM:
        return None, f"{counted} are too few to measure a calibration on ({MINIMUM} of each)"
    calibration = estimator.calibration(embedder.model_fingerprint, source=counted, minimum=MINIMUM)
    return embedder.with_calibration(calibration), f"calibrated on {counted}"


def calibrated(
    plan: Plan,
    embedder: CLIPEmbedder,
    count: Callable[[], int],
    become: Callable[[CLIPEmbedder], None],
    *,
    auto: bool = False,
) -> tuple[Plan, CLIPEmbedder]:
    """The plan and the embedder to go on with; others only under `calibrate="auto"`.

    Args:
        embedder: the collection's.
        auto: whether the collection was opened with `calibrate="auto"`.
        count: how many rows the collection has.
        become: gives the collection, which is empty, another calibration.
    """
    if not (auto or plan.calibrate) or embedder.calibration is not None or count():
        return plan, embedder
    decision = decide(embedder, plan.sample or _drawn(plan, embedder))
    if decision.embedder is not embedder:
        become(decision.embedder)
    return replace(plan, sample=decision.sample, said=decision.said), decision.embedder


def ships_with_reference(embedder: CLIPEmbedder) -> bool:
    """Whether calibration="reference" is there for this model."""
    config = embedder.config
    files = locate(
        config.model,
        config.revision,
        text_model=config.text_model,
        truncate_dim=config.truncate_dim,
        allow_pickle=config.allow_pickle,
    )
    return (files.folder / CALIBRATION).is_file()


def _drawn(plan: Plan, embedder: CLIPEmbedder) -> FileSample:
    named = [str(path) for path in (*plan.paths, *plan.manifests)]
    return draw(plan.found(), plan.remote, embedder, named, size=SAMPLE_SIZE, seed=0)
