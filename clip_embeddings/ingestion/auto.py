"""What a new collection is calibrated with: measured on a part of the files that it is made for.

That is done before the collection is there: one that exists, even an empty one, others may have open, and
would write vectors without the calibration into it. What is drawn is embedded once: `ingest` takes the
vectors from the sample.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clip_embeddings.calibration import MINIMUM
from clip_embeddings.calibration.known import hardly_known
from clip_embeddings.config import REFERENCE
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import FingerprintMismatchError, InvalidInputError
from clip_embeddings.ingestion.find.discovery import AnyPath
from clip_embeddings.ingestion.sample import FileSample, sample_files
from clip_embeddings.models.hub.layout import CALIBRATION
from clip_embeddings.models.hub.locate import locate

Calibrate = AnyPath | Iterable[AnyPath] | FileSample | Callable[[CLIPEmbedder], FileSample]
"""Files and folders to measure on, a sample, or what draws one: `lambda embedder: sample_files(...)`."""
logger = logging.getLogger(__name__)


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


def decide_on(embedder: CLIPEmbedder, given: Calibrate) -> Decision:
    """`decide` on what a caller has named; what was decided is logged.

    Raises:
        InvalidInputError: a path that cannot be used, or no paths and no sample.
        FingerprintMismatchError: a sample of another model.
    """
    if callable(given):
        sample = given(embedder)
    elif isinstance(given, FileSample):
        sample = given
    else:
        sample = sample_files(given, embedder)
    if not isinstance(sample, FileSample):
        got = type(sample).__name__
        raise InvalidInputError(f"calibrate: the function gave {got}; expected what sample_files returns")
    if not embedder.matches_model(sample.model):
        raise FingerprintMismatchError(
            f"calibrate: the sample holds vectors of {sample.model_name!r} (fingerprint {sample.model}); the "
            f"embedder is {embedder.config.model!r} ({embedder.model_fingerprint}). Sample with it: "
            "sample_files(paths, embedder)"
        )
    decision = decide(embedder, sample)
    if decision.embedder.config.calibration is None:
        logger.warning("%s", decision.said)
    else:
        logger.info("%s", decision.said)
    return decision


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
