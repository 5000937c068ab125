"""A text model in place of a text tower: transformer, pooling, dense layers. Imports torch and transformers.

Source: the modules Transformer, Pooling and Dense of sentence-transformers; `MultilingualCLIP` of
FreddeFrallan/Multilingual-CLIP.
"""

from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor, nn

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.forking import FreeLock
from clip_embeddings.inputs.tokens import TextTokenizer
from clip_embeddings.models.family import positions_behind_padding
from clip_embeddings.models.running.layout import lay_out
from clip_embeddings.models.text_model.files import Dense, TextFiles
from clip_embeddings.models.transformers.loading import detach_from_file, load_weights
from clip_embeddings.models.transformers.tokenizer import load_tokenizer

_POOLER = "pooler."  # BERT's own, which is not used here and not always saved


class TextTower:
    """A text model, loaded at its first use.

    Attributes:
        model: what was asked for.
        tokenizer: how text becomes its ids.
    """

    def __init__(self, files: TextFiles, device: torch.device, dtype: torch.dtype) -> None:
        self._files, self._device, self._dtype = files, device, dtype
        self.model, self._config = files.files.model, _config(files)
        self.tokenizer = self._made_tokenizer()
        self.vocabulary = int(self._config.vocab_size)
        self._loading = FreeLock()
        self._model: Any = None

    def _made_tokenizer(self) -> TextTokenizer:
        made = load_tokenizer(self._files.files, self._files.tokenizer_rule)
        limits = [positions_behind_padding(self._config), made.model_max_length or None, self._files.longest]
        return TextTokenizer(
            made.backend_tokenizer,
            context=int(min(limit for limit in limits if limit)),
            pad=made.pad_token_id,
            fill="pad",
        )

    @torch.inference_mode()
    def features(self, ids: NDArray[np.int64], filled: NDArray[np.bool_]) -> Tensor:
        """(B, T) ids and which of them are text -> (B, D)."""
        model = self._loaded()
        mask = torch.from_numpy(filled).to(self._device)
        given = torch.from_numpy(ids).to(self._device)
        states = model(input_ids=given, attention_mask=mask.long()).last_hidden_state  # (B, T, W)
        if self._files.pooling == "cls":
            pooled = states[:, 0]
        else:
            weight = mask[..., None].to(states.dtype)
            pooled = (states * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
        result: Tensor = model.dense(pooled)
        return result

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                files = self._files.files
                kind = transformers.AutoModel._model_mapping[type(self._config)]
                names = {"^transformer\\.": ""} if self._files.is_m_clip else None
                model = load_weights(kind, files, self._dtype, self._config, spare=(_POOLER,), renamed=names)
                model.dense = nn.Sequential(*map(self._layer, self._files.dense))
                model = model.to(self._device).eval()
                lay_out(model, self._device, self._dtype)
                if self._device.type == "cpu":
                    detach_from_file(model)
                self._model = model
            return self._model

    def _layer(self, layer: Dense) -> nn.Module:
        with safe_open(layer.weights, "pt") as stored:
            weight = stored.get_tensor(f"{layer.prefix}weight")
            name = f"{layer.prefix}bias"
            bias = stored.get_tensor(name) if name in stored.keys() else None  # noqa: SIM118 - not a mapping
        linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=self._dtype)
        linear.weight.data = weight.to(self._dtype)
        if bias is not None:
            linear.bias.data = bias.to(self._dtype)
        return nn.Sequential(linear, getattr(nn, layer.activation)())


def _config(files: TextFiles) -> Any:
    try:
        if files.is_m_clip:
            return _of_m_clip(files)
        config: Any = transformers.AutoConfig.from_pretrained(
            files.files.folder, local_files_only=True, trust_remote_code=False
        )
        if config.is_encoder_decoder:
            raise ValueError(f"{config.model_type} has a decoder; expected an encoder alone")
        config.return_dict = True
        return config
    except Exception as error:  # values of another type surface as errors of many kinds
        raise ModelLoadError(
            f"text model {files.files.model!r}: cannot use its config.json ({error})"
        ) from error


def _of_m_clip(files: TextFiles) -> Any:
    """M-CLIP's config names the model that it was trained from, not its sizes: weights have them."""
    base = str(files.files.json("config.json").get("modelBase", ""))
    if "xlm-roberta" not in base.lower():
        raise ValueError(f"modelBase is {base!r:.200}; known are those of XLM-RoBERTa")
    with safe_open(files.files.weights()[0], "pt") as stored:
        names = list(stored.keys())
        vocabulary, width = stored.get_slice("transformer.embeddings.word_embeddings.weight").get_shape()
        positions = stored.get_slice("transformer.embeddings.position_embeddings.weight").get_shape()[0]
        inner = stored.get_slice("transformer.encoder.layer.0.intermediate.dense.weight").get_shape()[0]
    layers = {name.split(".")[3] for name in names if name.startswith("transformer.encoder.layer.")}
    return transformers.XLMRobertaConfig(
        vocab_size=vocabulary, hidden_size=width, intermediate_size=inner, num_hidden_layers=len(layers),
        num_attention_heads=max(1, width // 64), max_position_embeddings=positions, type_vocab_size=1,
        layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
