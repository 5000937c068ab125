"""Any family of transformers behind the Encoder protocol. Imports torch, transformers, numpy.

What sets families apart is data, in models/families/; how their files are read is in loading.py.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.forking import FreeLock
from clip_embeddings.models.encoder import check_ids
from clip_embeddings.models.running.device import BatchSizes, batch_sizes, with_halving
from clip_embeddings.models.running.last_mlp import only_what_is_read
from clip_embeddings.models.running.layout import lay_out
from clip_embeddings.models.running.pixels import gain_and_offset, normalised, to_device, to_numpy
from clip_embeddings.models.running.thread import compute
from clip_embeddings.models.transformers.loading import (
    TOWERS,
    architecture_of,
    detach_from_file,
    load_weights,
    read_config,
    read_number,
    text_tokenizer,
    without,
)
from clip_embeddings.models.transformers.preprocessing import preprocessing_of
from clip_embeddings.types import Role

if TYPE_CHECKING:
    from clip_embeddings.models.transformers.files import ModelFiles

TEXT, VISION = TOWERS


class TransformersEncoder:
    """Two towers of transformers.

    Each loads when it is first used: a process that only asks by text never holds the picture tower.
    """

    def __init__(self, files: "ModelFiles", device: torch.device, dtype: torch.dtype) -> None:
        family = files.family
        self._files, self._device, self._dtype = files, device, dtype
        self.family, self.kind, self.dimension = family, family.type, files.dimension
        self.device, self.dtype = str(device), str(dtype).removeprefix("torch.")
        self._config: Any = read_config(files, family)
        self.scoring = family.scoring(partial(read_number, files), self._config)
        self.tokenizer = text_tokenizer(files, family, self._config.text_config)
        self.preprocessing = preprocessing_of(files)
        self.batch_sizes: BatchSizes = batch_sizes(device)
        self._towers: dict[str, Any] = {}
        self._loading = FreeLock()
        self._gain, self._offset = gain_and_offset(self.preprocessing, device)

    def for_role(self, role: Role) -> "TransformersEncoder":
        """Itself: these models know no roles."""
        return self

    def encode_text(self, ids: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
        """B rows of ids -> (B, D)."""
        rows = self.tokenizer.padded(ids)
        self._check_ids(rows)
        lengths = np.array([len(row) for row in ids])
        filled = np.arange(rows.shape[1]) < lengths[:, None]
        return self._in_parts(lambda some: self._text_features(rows[some], filled[some]), len(rows))

    def encode_image(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """B pictures of (H, W, 3) -> (B, D)."""
        given = self.preprocessing.batch(pixels)
        return self._in_parts(
            lambda some: self._image_features({name: rows[some] for name, rows in given.items()}), len(pixels)
        )

    def _check_ids(self, ids: NDArray[np.int64]) -> None:
        check_ids(self._files.model, ids, int(self._config.text_config.vocab_size))

    def _in_parts(
        self, encode: Callable[[NDArray[Any]], NDArray[np.float32]], count: int
    ) -> NDArray[np.float32]:
        """encode(rows) where the device computes, in parts if its memory is too small for all of them."""
        return compute(self._device, with_halving, encode, np.arange(count))

    @torch.inference_mode()
    def _text_features(self, ids: NDArray[np.int64], filled: NDArray[np.bool_]) -> NDArray[np.float32]:
        given = {"input_ids": to_device(torch.from_numpy(ids), self._device)}
        if self.family.text.mask:
            given["attention_mask"] = to_device(torch.from_numpy(filled).long(), self._device)
        return self._features(TEXT, given)

    @torch.inference_mode()
    def _image_features(self, batch: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        # Pixels cross to the device as bytes, not as floats.
        given = {name: to_device(torch.from_numpy(rows), self._device) for name, rows in batch.items()}
        levels = normalised(given["pixel_values"], self._gain, self._offset)
        given["pixel_values"] = levels.to(self._dtype)
        return self._features(VISION, given)

    def _features(self, tower: str, given: dict[str, torch.Tensor]) -> NDArray[np.float32]:
        model = self._tower(tower)
        try:
            return to_numpy(model.features(**given).pooler_output)
        except AttributeError as error:  # a dual encoder may be made of any two models
            kind = getattr(self._config, "text_config" if tower == TEXT else "vision_config").model_type
            raise ModelLoadError(
                f"model {self._files.model!r}: its {kind} does not give one vector for an input ({error}); "
                "expected a model with a pooler"
            ) from error

    def _tower(self, name: str) -> Any:
        """One tower in eval mode, loaded once; threads that ask at the same time wait for it."""
        with self._loading:
            if name not in self._towers:
                kind = without(architecture_of(self._files, self.family), VISION if name == TEXT else TEXT)
                model = load_weights(kind, self._files, self._dtype, self._config).to(self._device).eval()
                model.features = model.get_text_features if name == TEXT else model.get_image_features
                lay_out(model, self._device, self._dtype)
                self._skip_unread(model, name)
                if self._device.type == "cpu":  # another device has copies already
                    detach_from_file(model)
                self._towers[name] = model
            return self._towers[name]

    def _skip_unread(self, model: Any, name: str) -> None:
        """Leave out of the last layer what nobody reads; text towers that give hidden states have no rule."""
        rules = self.family.text, self.family.pictures
        position = rules[0].read if name == TEXT else rules[1].read(self._config.vision_config)
        if position is not None:
            only_what_is_read(model, position)

    def token_states(
        self, ids: NDArray[np.int64], filled: NDArray[np.bool_], *, layer: int, skip: int
    ) -> NDArray[np.float32]:
        """(B, T) -> (B, T, W)."""
        if not self.family.token_states:
            raise InvalidInputError(
                f"token_states: model {self._files.model!r} is of type {self.family.type}; only the text "
                "towers of CLIP are what diffusion models are conditioned on"
            )
        states = int(self._config.text_config.num_hidden_layers) + 1
        if type(layer) is not int or type(skip) is not int:
            raise InvalidInputError(
                f"token_states: got layer={layer!r}, skip={skip!r}; expected whole numbers"
            )
        place = (layer + states if layer < 0 else layer) - skip
        if not -states <= layer < states or skip < 0 or place < 0:
            raise InvalidInputError(
                f"token_states: got layer={layer}, skip={skip}; the text tower has the layers 0 to "
                f"{states - 1}, or -{states} to -1, and a skip goes back from there, at most to 0"
            )
        self._check_ids(ids)
        return self._in_parts(
            lambda rows: self._token_states(ids[rows], filled[rows], place, norm=layer == -1), len(ids)
        )

    @torch.inference_mode()
    def _token_states(
        self, ids: NDArray[np.int64], filled: NDArray[np.bool_], place: int, *, norm: bool
    ) -> NDArray[np.float32]:
        """Source: `encode_prompt` of diffusers, which masks padding only if the config says so."""
        config = self._config.text_config
        tower = self._tower(TEXT).text_model
        masked = getattr(config, "use_attention_mask", False)
        mask = to_device(torch.from_numpy(filled).long(), self._device) if masked else None
        given = to_device(torch.from_numpy(ids), self._device)
        all_states = tower(given, attention_mask=mask, output_hidden_states=True).hidden_states
        states = all_states[place]  # (B, T, W)
        return to_numpy(tower.final_layer_norm(states) if norm else states)
