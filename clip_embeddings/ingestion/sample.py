"""Samples of files to measure the modality gap on, before they are ingested."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration import CalibrationEstimator, ModalityCalibration
from clip_embeddings.calibration.known import share_known
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import FingerprintMismatchError, InvalidInputError
from clip_embeddings.ingestion.find.choosing import Only, choice_of
from clip_embeddings.ingestion.find.discovery import AnyPath, discover, several
from clip_embeddings.ingestion.find.entries import Entry, checked_schemes
from clip_embeddings.ingestion.gathering import Gathering, Pairs
from clip_embeddings.ingestion.read.documents.parts import Pdf
from clip_embeddings.ingestion.read.local import MAX_BYTES, UnusableFile
from clip_embeddings.ingestion.read.reading import Remote, read_entry
from clip_embeddings.ingestion.read.taking import Taking
from clip_embeddings.ingestion.read.texts import checked_encoding
from clip_embeddings.types import Modality

SAMPLE_SIZE = 2000
"""Rows of each modality: the mean is then off by about 0.02."""


@dataclass(frozen=True, eq=False)
class FileSample:
    """Vectors of a random part of some files, embedded before a collection is made for them.

    Attributes:
        model: `CLIPEmbedder.model_fingerprint` of the vectors.
        model_name: the model in words.
        source: which files, in words.
        vectors: row id, as `ingest` gives it -> raw unit float32 (D,).
        counts: how many vectors of each modality the calibration is measured on.
    """

    model: str
    model_name: str
    source: str
    vectors: Mapping[str, NDArray[np.float32]]
    _estimator: CalibrationEstimator
    _pairs: Pairs | None = None

    def __repr__(self) -> str:
        return f"FileSample({self.source}, model {self.model_name!r}, {len(self.vectors)} vectors)"

    @property
    def counts(self) -> dict[Modality, int]:
        seen = self._estimator.counts
        return {each: seen.get(("document", each), 0) for each in get_args(Modality)}

    def calibration(self, *, minimum: int = 300, level: bool = True) -> ModalityCalibration:
        """The calibration of the sample.

        Args:
            minimum: fewest vectors of each modality.
            level: spread the scores alike too; False only centres.
        Raises:
            InvalidInputError: too few pictures or texts.
        """
        return self._estimator.calibration(
            self.model, source=self.source, minimum=minimum, level=level, paired=self._pairs is not None
        )

    def known(self, calibration: ModalityCalibration) -> float | None:
        """How many captions find their own picture among the nearest tenth of those sampled, 0 to 1.

        A tenth is chance. None where fewer than half of the pictures have captions.
        """
        return None if self._pairs is None else share_known(*self._pairs, calibration)


def sample_files(
    paths: AnyPath | Iterable[AnyPath],
    embedder: CLIPEmbedder,
    *,
    manifests: AnyPath | Iterable[AnyPath] = (),
    captions: Mapping[str, str] | None = None,
    allow_schemes: Iterable[str] = (),
    size: int = SAMPLE_SIZE,
    seed: int = 0,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30,
    encoding: str | None = None,
    exclude: str | Iterable[str] = (),
    include: str | Iterable[str] = (),
    only: Only | None = None,
    pdf: Pdf = "both",
) -> FileSample:
    """Embed a random part of what `ingest` of the same paths and manifests would store.

    Files are read in random order until there are enough; one that cannot be used is passed over, as
    `ingest` reports it. Means of files of different topics take the topic for a part of the gap, so where at
    least half of the sampled pictures have a caption, those pictures and their captions are what the
    calibration is measured on, in place of passages.

    Args:
        paths, manifests, captions, allow_schemes, max_bytes, timeout, encoding: as for `ingest`.
        exclude, include, only, pdf: as for `ingest`.
        embedder: its calibration is left aside.
        size: most pictures and most passages.
        seed: another one takes other files.
    Raises:
        InvalidInputError: a path or manifest that cannot be used, or size is below 1.
        MissingExtraError: a manifest or address without what reads it.
        TextTooLongError: a caption over the limit under long_text="error".
    """
    check_size(size)
    raw = embedder.with_calibration(None)
    paths, manifests = several(paths), several(manifests)
    choice = choice_of(exclude, include, only)
    taking = Taking(checked_encoding(encoding), only, pdf)
    found = discover(
        paths,
        manifests=manifests,
        allow_schemes=allow_schemes,
        captions=captions,
        choice=choice,
        encoding=taking.encoding,
        max_bytes=max_bytes,
    )
    remote = Remote(checked_schemes(allow_schemes), max_bytes, timeout, taking)
    gathering = Gathering(raw, size, seed)
    for entry in gathering.shuffled(each for each in found if isinstance(each, Entry)):
        if gathering.full:
            break
        if gathering.wants(entry):
            with suppress(UnusableFile):
                gathering.take(read_entry(entry, remote), entry.words)
    vectors, estimator, pairs = gathering.result()
    counts, named = estimator.counts, [str(path) for path in (*paths, *manifests)]
    texts = "captions" if pairs else "text passages"
    where = ", ".join(named[:3]) + (", ..." if len(named) > 3 else "")
    pictures, words = (counts.get(("document", each), 0) for each in ("image", "text"))
    said = f"{pictures} pictures and {words} {texts} of {where}"
    return FileSample(raw.model_fingerprint, raw.config.model, said, vectors, estimator, pairs)


def check_sample(sample: FileSample, embedder: CLIPEmbedder, collection: str) -> None:
    """Refuse a sample whose vectors cannot be compared with those of a collection.

    Args:
        embedder: the collection's.
        collection: its name, for the message.
    Raises:
        FingerprintMismatchError: they are of another model.
    """
    if not embedder.matches_model(sample.model):
        raise FingerprintMismatchError(
            f"the sample holds vectors of {sample.model_name!r} (fingerprint {sample.model}); collection "
            f"{collection!r} has those of {embedder.config.model!r} ({embedder.model_fingerprint}). "
            "Sample with the collection's model: sample_files(paths, embedder_of(collection))"
        )


def check_size(size: int) -> None:
    """How many rows to draw.

    Raises:
        InvalidInputError: not a whole number of at least 1.
    """
    if type(size) is not int or size < 1:
        raise InvalidInputError(f"size: got {size!r}; expected a whole number of at least 1")
