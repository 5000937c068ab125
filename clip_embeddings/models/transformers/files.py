"""ModelFiles: a complete model of transformers on this machine, whatever way it came here.

Imports errors and models/hub.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.families import FAMILIES
from clip_embeddings.models.family import Family
from clip_embeddings.models.hub.layout import CONFIG, SAFETENSORS, SMALL, TOKENIZER, TOKENIZER_CONFIG
from clip_embeddings.models.hub.listing import read_json
from clip_embeddings.models.identity.stored import StoredModel
from clip_embeddings.models.model import importing
from clip_embeddings.models.registry import check_type

if TYPE_CHECKING:
    import torch

    from clip_embeddings.inputs.patches import PatchPreprocessing
    from clip_embeddings.inputs.preprocess import Preprocessing
    from clip_embeddings.models.encoder import Encoder

_REDIRECTIONS = ("configuration_files", "fast_tokenizer_files", "transformers_weights")
_INDEX = f"{SAFETENSORS}.index.json"


@dataclass(frozen=True)
class ModelFiles(StoredModel):
    """A complete model of transformers in a folder: a `Model`.

    The folder holds config.json, the tokenizer and how pictures are prepared.
    """

    def _check_files(self) -> None:
        """Keys by which transformers reads other files than those that are counted and watched here."""
        config = self.json(CONFIG)
        towers = [config.get(name) for name in ("text_config", "vision_config")]
        found = {key for each in (config, *towers, self.json(TOKENIZER_CONFIG)) if isinstance(each, dict)
                 for key in _REDIRECTIONS if each.get(key)}  # fmt: skip
        if found:
            raise ModelLoadError(
                f"model {self.model!r}: its {', '.join(sorted(found))} names files to be read in place of "
                "the usual ones; give those the usual names, and take the key out"
            )

    @cached_property
    def family(self) -> Family:
        """The family that it is of.

        Raises:
            ModelLoadError: none that loads.
        """
        return FAMILIES[check_type(self.model, self.json(CONFIG))]

    @cached_property
    def dimension(self) -> int:
        """D, the length of the model's vectors."""
        from clip_embeddings.models.transformers.identity import dimension_of

        return dimension_of(self)

    def identity(self) -> dict[str, object]:
        """Everything of it that changes vectors, as JSON."""
        from clip_embeddings.models.transformers.identity import identity_of

        return identity_of(self)

    def earlier_identity(self) -> dict[str, object] | None:
        """The same as the scheme of fingerprints before had it."""
        from clip_embeddings.models.transformers.identity import earlier_identity_of

        return earlier_identity_of(self)

    def load(self, device: "torch.device", dtype: "torch.dtype") -> "Encoder":
        """Its encoder on a device."""
        with importing():
            from clip_embeddings.models.transformers.encoder import TransformersEncoder

        return TransformersEncoder(self, device, dtype)

    @property
    def preprocessing(self) -> "Preprocessing | PatchPreprocessing":
        """How the model wants its pictures."""
        from clip_embeddings.models.transformers.preprocessing import preprocessing_of

        return preprocessing_of(self)

    def weights(self) -> list[Path]:
        """The safetensors files, in order of name."""
        single = self.weights_folder / SAFETENSORS
        index = self.weights_folder / _INDEX
        if single.exists() or not index.exists():
            return [single]
        shards = set(read_json(self.model, index)["weight_map"].values())
        return [self.weights_folder / name for name in sorted(shards)]

    def small(self) -> list[Path]:
        """Everything but the weights, as far as it is there."""
        return [path for name in SMALL if (path := self.folder / name).is_file()]

    def tokenizer(self) -> list[Path]:
        """Those of them that the tokenizer is made of."""
        return [path for path in self.small() if path.name in TOKENIZER]

    def exported(self) -> list[tuple[Path | str, str]]:
        """Each file or its text, and its name in a folder that loads by itself."""
        wanted = [*self.small(), *self.weights()]
        if len(self.weights()) > 1 or not (self.weights_folder / SAFETENSORS).exists():
            wanted.append(self.weights_folder / _INDEX)
        # Shards may lie in a subfolder of the weights'; everything else lies flat.
        return [
            (path, path.name if path.parent == self.folder else str(path.relative_to(self.weights_folder)))
            for path in wanted
        ]
