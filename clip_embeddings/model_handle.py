"""The model behind an embedder: its settings, what it is, and whose vectors can be compared with its own."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.config import EmbedderConfig
from clip_embeddings.inputs.tokens import Passage
from clip_embeddings.models.hub.assets import say_once
from clip_embeddings.models.hub.locate import locate, name_from_anywhere
from clip_embeddings.models.identity.fingerprint import (
    calibration_of,
    fingerprint_of,
    is_earlier_fingerprint_of,
    is_model_fingerprint_of,
    model_fingerprint_of,
)
from clip_embeddings.models.model import Model, importing
from clip_embeddings.models.tiny import WEIGHTS
from clip_embeddings.models.tiny.own import unlike
from clip_embeddings.similarity import ScoreFunction
from clip_embeddings.types import Embeddings

if TYPE_CHECKING:
    from clip_embeddings.models.encoder import Encoder

_PAGE = 768
"""Pixels of a page's shorter edge for a model that takes pictures of any size."""


class ModelHandle:
    """Loads at first use. Pickles and copies hold the settings, no weights.

    Attributes:
        config: the settings.
    """

    config: EmbedderConfig

    def __repr__(self) -> str:
        known = self.__dict__  # what is loaded already: a repr loads nothing
        family = f"family {self.family}" if "_encoder" in known else "not loaded yet"
        given = known.get("calibration") or self.config.calibration
        state = "no calibration" if given is None else f"calibration {getattr(given, 'id', given)}"
        return f"<{type(self).__name__} {self.config.model!r}: {family}, {state}>"

    def __getstate__(self) -> object:
        """What it was given: what was loaded or looked up since is so again where a copy is used."""
        state = super().__getstate__()
        attributes, slots = state if isinstance(state, tuple) else (state, None)  # a subclass may have slots
        given = {
            name: value
            for name, value in dict(attributes or {}).items()  # another thread may load meanwhile
            if not isinstance(getattr(type(self), name, None), cached_property)
        }
        return given if slots is None else (given, slots)

    @cached_property
    def _files(self) -> Model:
        config = self.config
        return locate(
            config.model,
            config.revision,
            text_model=config.text_model,
            truncate_dim=config.truncate_dim,
            allow_pickle=config.allow_pickle,
        )

    @cached_property
    def _encoder(self) -> "Encoder":
        files = self._files  # before torch is imported: an unknown model is answered at once
        with importing():
            from clip_embeddings.models.loaded import load_encoder
        config = self.config
        return load_encoder(files, device=config.device, dtype=config.dtype)

    @cached_property
    def dimension(self) -> int:
        """D, the length of every vector."""
        return self._files.dimension

    @property
    def portable_config(self) -> EmbedderConfig:
        """The settings as they mean the same in another working folder: what is stored or sent elsewhere."""
        text_model = self.config.text_model
        return replace(
            self.config,
            model=name_from_anywhere(self.config.model),
            text_model=None if text_model is None else name_from_anywhere(str(text_model)),
        )

    @property
    def family(self) -> str:
        """The model's type, "clip", "siglip" ... as config.json has it, or the library that runs it."""
        return self._encoder.kind

    @property
    def context(self) -> int:
        """Tokens that the text tower reads, special tokens included: 77 for CLIP."""
        return self._encoder.tokenizer.context

    @property
    def logit_scale(self) -> float:
        """What the model multiplies cosines by before a softmax or a sigmoid."""
        return self._encoder.scoring.scale

    @property
    def scoring(self) -> ScoreFunction:
        """How the model turns cosines of raw vectors into probabilities: a softmax for CLIP."""
        return self._encoder.scoring

    def count_unlike(self, vectors: Embeddings) -> int:
        """How many raw vectors (N, D) are of pictures that the model was not made for.

        Only the bundled model can tell: it knows drawn scenes. 0 for any other.
        """
        if self._files.folder != WEIGHTS or not len(vectors):
            return 0
        return int(unlike(vectors).sum())

    @property
    def resolved_revision(self) -> str | None:
        """The hub's commit that is loaded; None for a folder or a bundled model."""
        return self._files.revision

    @property
    def device(self) -> str:
        """Where the weights are, for example "cuda:0"."""
        return self._encoder.device

    @property
    def dtype(self) -> str:
        """The precision that the weights are in."""
        return self._encoder.dtype

    @property
    def batch_size(self) -> int:
        """Pictures in one forward pass: what was set, else what suits the device."""
        return self.config.batch_size or self._encoder.batch_sizes.images

    @property
    def picture_edge(self) -> int:
        """Pixels of a picture's shorter edge from which on the model sees no more of it."""
        return self._encoder.preprocessing.least_edge or _PAGE

    @property
    def _least_edge(self) -> int | None:
        """Pixels that a JPEG's shorter edge keeps when it is decoded smaller; None: all of them.

        By itself it is where precision is reduced too, and of twice as many as suffice for photographs: what
        is drawn of thin lines, a page of text, moves several times as far with fewer.
        """
        draft, enough = self.config.draft, self._encoder.preprocessing.least_edge
        if draft == "auto":
            return 2 * enough if enough and self.dtype != "float32" else None
        return enough if draft else None

    @property
    def _lanes(self) -> int:
        """Batches under way at once."""
        return 2 if self.device.startswith("cuda") else 1

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two embedders only where their vectors can be compared; needs no weights in memory."""
        calibration = self.calibration.id if self.calibration else None
        return fingerprint_of(
            self._files,
            long_text=self.config.long_text,
            calibration=calibration,
            normalize=self.config.normalize,
        )

    @cached_property
    def model_fingerprint(self) -> str:
        """That of the model alone: what a calibration is made for, under any long-text policy."""
        return model_fingerprint_of(self._files)

    def matches(self, fingerprint: object) -> bool:
        """Whether vectors with this fingerprint on record are of this embedder, calibration included.

        It may be one of an earlier release, which had another way to make them; and under a text_model that
        of the picture model alone, without a calibration: pictures have the same vectors, and the text model
        was trained to give those of the other. Then a log line says so.
        """
        if fingerprint == self.fingerprint:
            return True
        if not self.config.normalize:  # no earlier release had such
            return False
        calibration = self.calibration.id if self.calibration else None
        policy = self.config.long_text
        if is_earlier_fingerprint_of(self._files, fingerprint, long_text=policy, calibration=calibration):
            return True
        alone = self._files.pictures_alone
        if alone is None or calibration:
            return False
        same = fingerprint == fingerprint_of(alone, long_text=policy) or is_earlier_fingerprint_of(
            alone, fingerprint, long_text=policy, calibration=None
        )
        if same:
            say_once(
                f"vectors on record are of {self.config.model!r} alone; pictures have the same here, texts "
                f"are embedded by {self.config.text_model!r}, which was trained to give those of the other"
            )
        return same

    def matches_model(self, fingerprint: object) -> bool:
        """Whether a `model_fingerprint` on record, of a calibration or a sample, is of this model."""
        return is_model_fingerprint_of(self._files, fingerprint)

    @cached_property
    def calibration(self) -> ModalityCalibration | None:
        """What vectors are calibrated with; None if they are as the model gives them.

        Raises:
            InvalidInputError: it cannot be read, or the model ships with none.
            FingerprintMismatchError: it was measured on another model.
        """
        return calibration_of(self.config.calibration, self._files)

    def split_text(self, text: str) -> list[Passage]:
        """Split a text into passages that fit the model's context, at sentences and words if possible."""
        return self._encoder.tokenizer.passages(text)
