"""OpenClipFiles: a complete model of open_clip on this machine.

Imports errors, stored and what is beside it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.layout import TOKENIZER_CONFIG
from clip_embeddings.models.identity.digest import tensors_digest, tensors_of
from clip_embeddings.models.identity.stored import StoredModel
from clip_embeddings.models.open_clip.extra import needed
from clip_embeddings.models.open_clip.pictures import pictures_of
from clip_embeddings.models.open_clip.settings import (
    OPEN_CLIP_CONFIG,
    OPEN_CLIP_WEIGHTS,
    SMALL,
    SPECIAL_TOKENS,
    TOKENIZER_JSON,
    Settings,
    read_settings,
)
from clip_embeddings.models.open_clip.tokenizer import tokenizer_identity
from clip_embeddings.models.transformers.identity import read_weights

if TYPE_CHECKING:
    import torch

    from clip_embeddings.inputs.torchvision_like import TorchvisionPreprocessing
    from clip_embeddings.models.encoder import Encoder

# Weights that end in the joint space, and which of their axes it is.
_ENDS = {
    "text_projection": 1,
    "text_projection.weight": 0,
    "text.text_projection": 1,
    "text.text_projection.weight": 0,
    "visual.proj": 1,
    "visual.attnpool.c_proj.weight": 0,
    "visual.head.proj.weight": 0,
    "visual.head.mlp.fc2.weight": 0,
    "visual.trunk.head.weight": 0,
    "visual.trunk.head.fc.weight": 0,
}
_TOKENIZER = (TOKENIZER_JSON, TOKENIZER_CONFIG, SPECIAL_TOKENS)


@dataclass(frozen=True)
class OpenClipFiles(StoredModel):
    """A complete model of open_clip in a folder: a `Model`.

    Attributes:
        weights_name: the safetensors file in `weights_folder`.
        assumed: preprocess_cfg where the config leaves something out.
    """

    weights_name: str = OPEN_CLIP_WEIGHTS
    assumed: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def _stamps(self) -> tuple[object, ...]:
        # One repository may be named so that the table speaks for it, and so that it does not.
        return (*super()._stamps(), json.dumps(self.assumed, sort_keys=True))

    def _check_files(self) -> None:
        _ = self.settings

    @cached_property
    def settings(self) -> Settings:
        """What open_clip_config.json says.

        Raises:
            ModelLoadError: a value cannot be, or asks for what is not served.
        """
        return read_settings(self.model, self.json(OPEN_CLIP_CONFIG), self.assumed)

    @cached_property
    def dimension(self) -> int:
        """D, the length of the model's vectors.

        Raises:
            ModelLoadError: the weights are of another length than the config says.
        """
        said = self.settings.dimension
        found = read_weights(self, tensors_of, self.weights()[0])
        for name, axis in _ENDS.items():
            shape = found[name].shape if name in found else ()
            if len(shape) > axis and shape[axis] != said:
                raise ModelLoadError(
                    f"model {self.model!r}: {OPEN_CLIP_CONFIG} has embed_dim {said}; its weights are of "
                    f"another shape: {name} gives {shape[axis]}"
                )
        return said

    @cached_property
    def preprocessing(self) -> "TorchvisionPreprocessing":
        """How the model wants its pictures."""
        return pictures_of(self.model, self.settings)

    def identity(self) -> dict[str, object]:
        """Everything of it that changes vectors, as JSON."""
        return {
            "library": "open_clip",
            "tensors": read_weights(self, tensors_digest, self.weights()),
            "tokenizer": tokenizer_identity(self),
            "config": self.settings.stable(),
            "preprocessing": asdict(self.preprocessing),
        }

    def earlier_identity(self) -> None:
        """None: the scheme of fingerprints before knew no models of open_clip."""

    def load(self, device: "torch.device", dtype: "torch.dtype") -> "Encoder":
        """Its encoder on a device."""
        with needed(self.model):
            from clip_embeddings.models.open_clip.encoder import OpenClipEncoder

        return OpenClipEncoder(self, device, dtype)

    def weights(self) -> list[Path]:
        """The one safetensors file."""
        return [self.weights_folder / self.weights_name]

    def small(self) -> list[Path]:
        """Everything but the weights, as far as it is there."""
        return [path for name in SMALL if (path := self.folder / name).is_file()]

    def tokenizer(self) -> list[Path]:
        """Those of them that a tokenizer other than CLIP's is made of."""
        return [path for path in self.small() if path.name in _TOKENIZER]

    def exported(self) -> list[tuple[Path | str, str]]:
        """Each file or its text, and its name in a folder that loads by itself."""
        config = {**self.json(OPEN_CLIP_CONFIG), "preprocess_cfg": dict(self.settings.pictures)}
        small = [path for path in self.small() if path.name != OPEN_CLIP_CONFIG]
        return [
            (json.dumps(config, indent=2), OPEN_CLIP_CONFIG),
            *((path, path.name) for path in small),
            (self.weights()[0], OPEN_CLIP_WEIGHTS),
        ]
