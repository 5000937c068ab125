"""A model of open_clip behind the Encoder protocol. Imports torch, numpy, safetensors, towers."""

from collections.abc import Callable, Sequence
from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open

from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.forking import FreeLock
from clip_embeddings.inputs.patches import PatchPreprocessing
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.models.encoder import check_ids
from clip_embeddings.models.open_clip.tokenizer import text_tokenizer
from clip_embeddings.models.open_clip.towers import build
from clip_embeddings.models.running.device import BatchSizes, batch_sizes, with_halving
from clip_embeddings.models.running.pixels import gain_and_offset, normalised, to_device, to_numpy
from clip_embeddings.models.running.thread import compute
from clip_embeddings.similarity import ScoreFunction
from clip_embeddings.types import Role

if TYPE_CHECKING:
    from clip_embeddings.models.open_clip.files import OpenClipFiles

_KIND = "open_clip"


class OpenClipEncoder:
    """Two towers of open_clip. Both load when one is first used: open_clip builds them as one model."""

    def __init__(self, files: "OpenClipFiles", device: torch.device, dtype: torch.dtype) -> None:
        self._files, self._device, self._dtype = files, device, dtype
        self.kind, self.dimension = _KIND, files.dimension
        self.device, self.dtype = str(device), str(dtype).removeprefix("torch.")
        self.scoring = _scoring_of(files)
        self.tokenizer = text_tokenizer(files)
        self.preprocessing: Preprocessing | PatchPreprocessing = files.preprocessing
        self.batch_sizes: BatchSizes = batch_sizes(device)
        self._model: Any = None
        self._loading = FreeLock()
        self._gain, self._offset = gain_and_offset(self.preprocessing, device)

    def for_role(self, role: Role) -> "OpenClipEncoder":
        """Itself: both roles are the same to it."""
        return self

    def encode_text(self, ids: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
        """B rows of ids -> (B, D)."""
        rows = self.tokenizer.padded(ids)
        check_ids(self._files.model, rows, self._files.settings.vocabulary)
        return self._in_parts(lambda some: self._text_features(rows[some]), len(rows))

    def encode_image(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """B pictures of (H, W, 3) -> (B, D)."""
        rows = self.preprocessing.batch(pixels)["pixel_values"]
        return self._in_parts(lambda some: self._image_features(rows[some]), len(rows))

    def _in_parts(
        self, encode: Callable[[NDArray[Any]], NDArray[np.float32]], count: int
    ) -> NDArray[np.float32]:
        """encode(rows) where the device computes, in parts if its memory is too small for all of them."""
        return compute(self._device, with_halving, encode, np.arange(count))

    @torch.inference_mode()
    def _text_features(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return to_numpy(self._loaded().encode_text(to_device(torch.from_numpy(ids), self._device)))

    @torch.inference_mode()
    def _image_features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        # Pixels cross to the device as bytes, not as floats.
        levels = normalised(to_device(torch.from_numpy(pixels), self._device), self._gain, self._offset)
        return to_numpy(self._loaded().encode_image(levels.to(self._dtype)))

    def _loaded(self) -> Any:
        """The model in eval mode, loaded once; threads that ask at the same time wait for it."""
        with self._loading:
            if self._model is None:
                model = build(self._files).to(device=self._device, dtype=self._dtype).eval()
                self._model = model
            return self._model

    def token_states(
        self, ids: NDArray[np.int64], filled: NDArray[np.bool_], *, layer: int, skip: int
    ) -> NDArray[np.float32]:
        """Refused.

        Raises:
            InvalidInputError: always.
        """
        raise InvalidInputError(
            f"token_states: model {self._files.model!r} is one of open_clip; only the text towers of CLIP in "
            "transformers are what diffusion models are conditioned on"
        )


def _scoring_of(files: "OpenClipFiles") -> ScoreFunction:
    """How cosines become probabilities, from two numbers of the weights."""
    scale = exp(_number(files, "logit_scale"))
    if not files.settings.biased:
        return ScoreFunction("softmax", scale)
    return ScoreFunction("sigmoid", scale, _number(files, "logit_bias", 0.0))


def _number(files: "OpenClipFiles", name: str, otherwise: float | None = None) -> float:
    """One number of the weights, without loading the others."""
    (path,) = files.weights()
    try:
        with safe_open(path, "pt") as weights:
            if name in weights.keys():  # noqa: SIM118 - not a mapping
                return float(weights.get_tensor(name).reshape(()))
    except Exception as error:  # damaged files surface as errors of many kinds
        raise ModelLoadError(
            f"model {files.model!r}: cannot load the weights in {path.parent} ({error})"
        ) from error
    if otherwise is None:
        raise ModelLoadError(f"model {files.model!r}: its weights have no {name}")
    return otherwise
