"""A model whose weights may change: loaded in float32, run with gradients, saved as a folder that loads.

What `encoder.py` loads is shared by everybody in the process and frozen. Imports torch, transformers and what
reads a model's files.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.layout import PREPROCESSING, TOKENIZER
from clip_embeddings.models.model import Model
from clip_embeddings.models.running.pixels import gain_and_offset, normalised
from clip_embeddings.models.transformers.files import ModelFiles
from clip_embeddings.models.transformers.loading import (
    architecture_of,
    load_weights,
    read_config,
    text_tokenizer,
)
from clip_embeddings.models.transformers.preprocessing import preprocessing_of
from clip_embeddings.models.transformers.tokenizer import quiet

# Taken over as they are. Not calibration.json: it was measured on the weights before.
_KEPT = (*TOKENIZER, *PREPROCESSING)


class TrainableCLIP:
    """A transformers `CLIPModel` in float32 on one device.

    Attributes:
        model: the module; whoever trains it may put adapters into it.
        tokenizer, preprocessing: how text and pictures become its inputs.
        precision: what its layers compute in; the weights and the results are float32.
    Raises:
        ModelLoadError: not a CLIP, or damaged files.
    """

    def __init__(self, files: Model, device: torch.device, precision: torch.dtype) -> None:
        if not isinstance(files, ModelFiles):
            raise ModelLoadError(
                f"model {files.model!r} is run by another library; only a clip of transformers can be "
                "fine-tuned"
            )
        family = files.family
        if not family.trainable:
            raise ModelLoadError(
                f"model {files.model!r} is of type {family.type!r}; only clip can be fine-tuned"
            )
        self.files, self.device, self.precision = files, device, precision
        kind, config = architecture_of(files, family), read_config(files, family)
        self.model = load_weights(kind, files, torch.float32, config).to(device)
        self.tokenizer = text_tokenizer(files, family, config.text_config)
        self.preprocessing = preprocessing_of(files)
        self._gain, self._offset = gain_and_offset(self.preprocessing, device)

    def embed_texts(self, ids: Sequence[NDArray[np.int64]]) -> Tensor:
        """Unit rows of B texts' token ids: -> (B, D) float32."""
        rows = self.tokenizer.padded(ids)
        with self._autocast():
            output = self.model.get_text_features(input_ids=torch.from_numpy(rows).to(self.device))
        return _unit(output)

    def embed_pictures(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Unit rows of cropped pictures: (B, H, W, 3) -> (B, D) float32."""
        values = normalised(torch.from_numpy(pixels).to(self.device), self._gain, self._offset)
        with self._autocast():
            output = self.model.get_image_features(pixel_values=values)
        return _unit(output)

    def _autocast(self) -> torch.autocast:
        mixed = self.precision != torch.float32
        return torch.autocast(self.device.type, self.precision if mixed else None, enabled=mixed)

    def save(self, folder: Path) -> None:
        """Write a folder that loads like the one it came from; the weights come last and in float32."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _KEPT:
            if (self.files.folder / name).is_file():
                shutil.copyfile(self.files.folder / name, folder / name)
        scratch = folder / "unfinished"
        shutil.rmtree(scratch, ignore_errors=True)
        with quiet():
            self.model.save_pretrained(scratch, max_shard_size="1TB")  # one file
        # safetensors makes files that only their owner may read.
        (scratch / "model.safetensors").chmod((scratch / "config.json").stat().st_mode)
        for name in ("config.json", "model.safetensors"):
            (scratch / name).replace(folder / name)
        shutil.rmtree(scratch)


def _unit(output: Any) -> Tensor:
    """Projected features, normalised; releases before 5 return the tensor itself."""
    return F.normalize(getattr(output, "pooler_output", output).float(), dim=-1)
