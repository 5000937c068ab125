"""A picture tower with the text model of another: what was indexed by pictures answers other languages.

Imports errors and the models beside it; torch inside functions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.models.encoder import check_ids
from clip_embeddings.models.model import Model, importing
from clip_embeddings.models.text_model.files import TextFiles
from clip_embeddings.types import Role

if TYPE_CHECKING:
    import torch

    from clip_embeddings.models.encoder import Encoder
    from clip_embeddings.models.text_model.tower import TextTower


@dataclass(frozen=True)
class PairedModel:
    """A `Model`: pictures by one, texts by another whose vectors lie in the same space.

    Attributes:
        pictures: the model whose picture tower is used, and whose scores.
        texts: the text model.
    """

    pictures: Model
    texts: TextFiles

    @property
    def model(self) -> str:
        return self.pictures.model

    @property
    def folder(self) -> Path:
        return self.pictures.folder

    @property
    def weights_folder(self) -> Path:
        return self.pictures.weights_folder

    @property
    def preprocessing(self) -> object:
        return self.pictures.preprocessing

    def exported(self) -> list[tuple[Path | str, str]]:
        """Its two models are taken elsewhere one by one."""
        raise ModelLoadError(
            f"model {self.model!r} has the text model {self.texts.files.model!r} beside it; copy each alone"
        )

    @property
    def revision(self) -> str | None:
        return self.pictures.revision

    @property
    def origin(self) -> str:
        return f"{self.pictures.origin}; texts by {self.texts.files.model} ({self.texts.files.origin})"

    @property
    def stamps(self) -> tuple[object, ...]:
        return (self.pictures.stamps, self.texts.stamps)

    @cached_property
    def dimension(self) -> int:
        """D, the length of both models' vectors.

        Raises:
            ModelLoadError: they are not equally long, so they cannot be of one space.
        """
        pictures, texts = self.pictures.dimension, self.texts.dimension
        if pictures != texts:
            raise ModelLoadError(
                f"model {self.model!r} gives vectors of {pictures} numbers, text model "
                f"{self.texts.files.model!r} of {texts}; name the model that the text model was trained for"
            )
        return pictures

    @property
    def pictures_alone(self) -> Model:
        return self.pictures

    def check_unchanged(self) -> None:
        """Raise ModelLoadError where files of either were written anew."""
        self.pictures.check_unchanged()
        self.texts.files.check_unchanged()

    def identity(self) -> dict[str, object]:
        """That of the picture model, and that of the text model beside it."""
        return {**self.pictures.identity(), "text_model": self.texts.identity()}

    def earlier_identity(self) -> dict[str, object] | None:
        return None

    def load(self, device: "torch.device", dtype: "torch.dtype") -> "Encoder":
        _ = self.dimension
        with importing():
            from clip_embeddings.models.text_model.tower import TextTower

        return PairedEncoder(
            self.pictures.load(device, dtype),
            TextTower(self.texts, device, dtype),
            device,
        )


class PairedEncoder:
    """The encoder of a picture model, with texts encoded by another model's tower."""

    def __init__(self, pictures: "Encoder", texts: "TextTower", device: "torch.device") -> None:
        self._pictures, self._texts, self._place = pictures, texts, device
        self.kind = pictures.kind
        self.dimension, self.scoring = pictures.dimension, pictures.scoring
        self.preprocessing, self.batch_sizes = pictures.preprocessing, pictures.batch_sizes
        self.device, self.dtype = pictures.device, pictures.dtype
        self.tokenizer = texts.tokenizer

    def for_role(self, role: Role) -> "PairedEncoder":
        """Itself: these models know no roles."""
        return self

    def encode_image(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """B pictures of (H, W, 3) -> (B, D)."""
        return self._pictures.encode_image(pixels)

    def encode_text(self, ids: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
        """B rows of ids -> (B, D)."""
        from clip_embeddings.models.running.device import with_halving
        from clip_embeddings.models.running.thread import compute

        rows = self.tokenizer.padded(ids)
        check_ids(self._texts.model, rows, self._texts.vocabulary)
        filled = np.arange(rows.shape[1]) < np.array([len(row) for row in ids])[:, None]
        encode: Callable[[Any], Any] = lambda some: (  # noqa: E731
            self._texts.features(rows[some], filled[some]).float().cpu().numpy()
        )
        return compute(self._place, with_halving, encode, np.arange(len(rows)))

    def token_states(
        self, ids: NDArray[np.int64], filled: NDArray[np.bool_], *, layer: int, skip: int
    ) -> NDArray[np.float32]:
        raise InvalidInputError(
            "token_states: this embedder has a text_model, whose states no diffusion model reads"
        )
