"""The CLIP family behind the Encoder protocol.

To add a family, write its encoder and a row in FAMILIES. Imports torch, transformers, numpy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor
from transformers import CLIPConfig, CLIPTextModelWithProjection, CLIPVisionModelWithProjection
from transformers.models.clip.modeling_clip import CLIPMLP

from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.forking import FreeLock
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.inputs.tokens import TextTokenizer
from clip_embeddings.models.device import BatchSizes, batch_sizes, choose_device, choose_dtype, with_halving
from clip_embeddings.models.encoder import Encoder
from clip_embeddings.models.files import ModelFiles
from clip_embeddings.models.hub.layout import TOKENIZER_CONFIG
from clip_embeddings.models.packed import can_pack, pack
from clip_embeddings.models.preprocessing import preprocessing_of
from clip_embeddings.models.registry import check_type
from clip_embeddings.models.thread import compute
from clip_embeddings.models.tokenizer import load_tokenizer, quiet
from clip_embeddings.similarity import ScoreFunction


class CLIPEncoder:
    """A transformers `CLIPModel`: text causal with EOS pooling, pictures by the class token.

    Each tower loads when it is first used: a process that only asks by text never holds the picture tower.
    """

    def __init__(self, files: ModelFiles, device: torch.device, dtype: torch.dtype, compiled: bool) -> None:
        self._files, self._device, self._dtype, self._compiled = files, device, dtype, compiled
        self.device, self.dtype = str(device), str(dtype).removeprefix("torch.")
        self._config: Any = read_config(files)
        self.dimension = int(self._config.projection_dim)
        self.scoring = ScoreFunction("softmax", float(np.exp(_read_scalar(files, "logit_scale"))))
        self.tokenizer = text_tokenizer(files, int(self._config.text_config.max_position_embeddings))
        self.preprocessing = preprocessing_of(files)
        self.batch_sizes: BatchSizes = batch_sizes(device)
        self._towers: dict[Any, Any] = {}
        self._loading = FreeLock()
        self._gain, self._offset = gain_and_offset(self.preprocessing, device)

    def encode_text(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(B, T) -> (B, D)."""
        self._check_ids(ids)
        return self._in_parts(self._text_features, ids)

    def encode_image(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(B, H, W, 3) -> (B, D)."""
        return self._in_parts(self._image_features, pixels)

    def _check_ids(self, ids: NDArray[np.int64]) -> None:
        """A tokenizer of another model may know more than the tower, which a GPU does not survive."""
        known = int(self._config.text_config.vocab_size)
        if ids.size and ids.max() >= known:
            raise ModelLoadError(
                f"model {self._files.model!r}: its tokenizer gives the id {ids.max()}; its text tower knows "
                f"0 to {known - 1}. Put the tokenizer and the weights of one model into a folder"
            )

    def _in_parts(
        self, encode: Callable[[NDArray[Any]], NDArray[np.float32]], batch: NDArray[Any]
    ) -> NDArray[np.float32]:
        """encode(batch) where the device computes, in parts if its memory is too small for all of it."""
        return compute(self._device, with_halving, encode, batch)

    @torch.inference_mode()
    def _text_features(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        # No attention mask: padding comes after the end token, where a causal model cannot see it.
        tower = self._text_tower()
        return _to_numpy(tower(input_ids=self._to_device(torch.from_numpy(ids))).text_embeds)

    @torch.inference_mode()
    def _image_features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        levels = self._to_device(torch.from_numpy(pixels))  # bytes cross to the device, floats do not
        values = normalised(levels, self._gain, self._offset).to(self._dtype)
        tower = self._tower(CLIPVisionModelWithProjection, self._config.vision_config)
        return _to_numpy(tower(pixel_values=values).image_embeds)

    def _text_tower(self) -> Any:
        return self._tower(CLIPTextModelWithProjection, self._config.text_config)

    def _tower(self, kind: Any, config: Any) -> Any:
        """One tower in eval mode, loaded once; threads that ask at the same time wait for it."""
        with self._loading:
            if kind not in self._towers:
                config.projection_dim = self.dimension  # CLIPModel goes by the common one
                model = load_weights(kind, self._files, self._dtype, config).to(self._device).eval()
                if self._compiled:
                    # One graph for all sizes: each length of text would be compiled anew otherwise.
                    model = torch.compile(model, dynamic=True)
                elif can_pack(self._device, self._dtype):
                    pack(model, CLIPMLP)
                if self._device.type == "cpu":  # another device has copies already
                    _detach_from_file(model)
                self._towers[kind] = model
            return self._towers[kind]

    def token_states(
        self, ids: NDArray[np.int64], filled: NDArray[np.bool_], *, layer: int, skip: int
    ) -> NDArray[np.float32]:
        """(B, T) -> (B, T, W)."""
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
            lambda rows: self._token_states(ids[rows], filled[rows], place, norm=layer == -1),
            np.arange(len(ids)),
        )

    @torch.inference_mode()
    def _token_states(
        self, ids: NDArray[np.int64], filled: NDArray[np.bool_], place: int, *, norm: bool
    ) -> NDArray[np.float32]:
        """Source: `encode_prompt` of diffusers, which masks padding only if the config says so."""
        config = self._config.text_config
        tower = self._text_tower().text_model
        masked = getattr(config, "use_attention_mask", False)
        mask = self._to_device(torch.from_numpy(filled).long()) if masked else None
        given = self._to_device(torch.from_numpy(ids))
        all_states = tower(given, attention_mask=mask, output_hidden_states=True).hidden_states
        states = all_states[place]  # (B, T, W)
        return _to_numpy(tower.final_layer_norm(states) if norm else states)

    def _to_device(self, tensor: Tensor) -> Tensor:
        if self._device.type == "cuda":
            tensor = tensor.pin_memory()
        return tensor.to(self._device, non_blocking=True)


def gain_and_offset(preprocessing: Preprocessing, device: torch.device) -> tuple[Tensor, Tensor]:
    """(p * scale - mean) / std as one multiplication and one addition: (3,) each."""
    std = torch.tensor(preprocessing.std, device=device)
    return preprocessing.scale / std, -torch.tensor(preprocessing.mean, device=device) / std


def normalised(pixels: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Pixels times gain plus offset: uint8 (B, H, W, 3) -> float (B, 3, H, W)."""
    width = pixels.shape[2]
    # (B, H, W * 3): with the three channels alone as the last axis it takes six times as long on a CPU.
    rows = pixels.float().flatten(2) * gain.repeat(width) + offset.repeat(width)
    return rows.view(pixels.shape).permute(0, 3, 1, 2)


def _to_numpy(features: Tensor) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = features.float().cpu().numpy()
    return rows


def read_config(files: ModelFiles) -> Any:
    """The config as transformers reads it.

    Raises:
        ModelLoadError: a value of it cannot be.
    """
    try:
        config: Any = CLIPConfig.from_pretrained(files.folder, local_files_only=True)
        for each in (config, config.text_config, config.vision_config):
            each.return_dict = True  # how results are handed over, which is our own affair
        if type(config.text_config.eos_token_id) is not int:
            raise ValueError(f"eos_token_id is {config.text_config.eos_token_id!r}, not one number")
        _check_numbers(config, "projection_dim")
        _check_numbers(config.text_config, "vocab_size", "max_position_embeddings", "num_attention_heads")
        _check_numbers(config.vision_config, "num_attention_heads")
        return config
    except Exception as error:  # values of another type surface as errors of many kinds
        raise ModelLoadError(f"model {files.model!r}: cannot use its config.json ({error})") from error


def _check_numbers(config: Any, *names: str) -> None:
    """Numbers that no weight's shape would show to be wrong."""
    for name in names:
        if type(number := getattr(config, name)) is not int or number < 1:
            raise ValueError(f"{name} is {number!r:.200}, not a whole number above 0")


def _read_scalar(files: ModelFiles, name: str) -> float:
    """One number of the weights, without loading the others."""
    try:
        for path in files.weights():
            with safe_open(path, "pt") as weights:
                if name in weights.keys():  # noqa: SIM118 - not a mapping
                    return float(weights.get_tensor(name))
    except Exception as error:
        raise _damaged(files, error) from error
    raise ModelLoadError(f"model {files.model!r}: its weights have no {name}; expected those of a CLIPModel")


def load_weights(kind: Any, files: ModelFiles, dtype: torch.dtype, config: Any) -> Any:
    """A model, or one tower of it, of a class of transformers; the weights may lie apart from the config.

    Raises:
        ModelLoadError: damaged files, or weights that are missing or of another shape.
    """
    files.check_unchanged()
    try:
        with quiet():
            loaded: Any = kind.from_pretrained(
                files.weights_folder,
                config=config,
                dtype=dtype,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
    except Exception as error:  # damaged files surface as errors of safetensors, json or torch
        raise _damaged(files, error) from error
    model, report = loaded
    # transformers fills a missing weight with random numbers and goes on.
    if absent := [*report["missing_keys"], *report["mismatched_keys"]]:
        raise ModelLoadError(
            f"model {files.model!r}: {len(absent)} weights are missing or of another shape, first {absent[0]}"
        )
    return model


def _damaged(files: ModelFiles, error: Exception) -> ModelLoadError:
    return ModelLoadError(
        f"model {files.model!r}: cannot load the weights in {files.weights_folder} ({error})"
    )


def _detach_from_file(model: Any) -> None:
    """Copy the weights that are still pages of their file: whoever writes into it would change them."""
    for weight in model.parameters():
        weight.data = weight.data.clone()


def text_tokenizer(files: ModelFiles, positions: int) -> TextTokenizer:
    """How text becomes the tower's ids, with the limit and the side of cutting that the model was saved with.

    Raises:
        ModelLoadError: it puts no token at the end of a text, where CLIP reads the text's meaning.
    """
    made = load_tokenizer(files)
    longest = made.model_max_length or positions
    if not isinstance(longest, int | float) or not longest >= 1:  # NaN fails too
        raise ModelLoadError(
            f"model {files.model!r}: {TOKENIZER_CONFIG} has model_max_length {longest!r:.200}; expected a "
            "number of tokens"
        )
    context = int(min(positions, longest))
    tokenizer = TextTokenizer(
        made.backend_tokenizer,
        context=context,
        pad=made.pad_token_id,
        keep="end" if made.truncation_side == "left" else "start",
    )
    if not tokenizer.framed:
        raise ModelLoadError(
            f"model {files.model!r}: its tokenizer puts no end token behind a text, and CLIP reads the text "
            "there. Check post_processor in its tokenizer.json"
        )
    if tokenizer.room < 1:
        raise ModelLoadError(
            f"model {files.model!r}: {context} tokens at once leave no room for a text; "
            f"max_position_embeddings in config.json or model_max_length in {TOKENIZER_CONFIG} is wrong"
        )
    return tokenizer


FAMILIES: dict[str, Callable[[ModelFiles, torch.device, torch.dtype, bool], Encoder]] = {"clip": CLIPEncoder}
_LOADED: dict[tuple[object, ...], Encoder] = {}
_LOADING = FreeLock()


def load_encoder(
    files: ModelFiles, *, device: str = "auto", dtype: str = "auto", compiled: bool = False
) -> Encoder:
    """Load a model, once for each identity, device, dtype and way of running it in this process.

    Raises:
        ModelLoadError: not a family we know, or damaged files.
        InvalidInputError: the device is not on this machine.
    """
    place = choose_device(device)
    precision = choose_dtype(dtype, place)
    family = check_type(files.model, files.json("config.json"))
    files.check_unchanged()
    # A preprocessor or a tokenizer that is written anew makes other vectors, as weights do.
    key = (files.stamps, place, precision, compiled)
    with _LOADING:
        if key not in _LOADED:
            _LOADED[key] = FAMILIES[family](files, place, precision, compiled)
        return _LOADED[key]
