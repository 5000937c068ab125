"""ModelFiles: a complete model on this machine, whatever way it came here. Imports errors and models/hub."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.digest import stamp
from clip_embeddings.models.hub.layout import CONFIG, SAFETENSORS, SMALL, TOKENIZER, TOKENIZER_CONFIG
from clip_embeddings.models.hub.listing import read_json
from clip_embeddings.models.model import importing

if TYPE_CHECKING:
    import torch

    from clip_embeddings.models.encoder import Encoder

_REDIRECTIONS = ("configuration_files", "fast_tokenizer_files", "transformers_weights")


@dataclass(frozen=True)
class ModelFiles:
    """A complete model of transformers in a folder: a `Model`.

    Attributes:
        model: what was asked for.
        folder: holds config.json, the tokenizer and how pictures are prepared.
        weights_folder: holds the safetensors weights: the same folder, or one of converted weights.
        revision: the hub's commit, or None for a bundled model or a plain folder.
        origin: where the weights come from, in words.
        stamps: what tells whether a file is still the one that was found.
    """

    model: str
    folder: Path
    weights_folder: Path
    revision: str | None
    origin: str = "safetensors"
    stamps: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._refuse_redirections()
        object.__setattr__(self, "stamps", self._stamps())  # frozen

    def _refuse_redirections(self) -> None:
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
    def dimension(self) -> int:
        """D, the length of the model's vectors."""
        from clip_embeddings.models.identity import dimension_of

        return dimension_of(self)

    @property
    def pictures_alone(self) -> None:
        """Its texts are its own."""

    def identity(self) -> dict[str, object]:
        """Everything of it that changes vectors, as JSON."""
        from clip_embeddings.models.identity import identity_of

        return identity_of(self)

    def earlier_identity(self) -> dict[str, object] | None:
        """The same as the scheme of fingerprints before had it."""
        from clip_embeddings.models.identity import earlier_identity_of

        return earlier_identity_of(self)

    def load(self, device: "torch.device", dtype: "torch.dtype", compiled: bool) -> "Encoder":
        """Its encoder on a device."""
        with importing():
            from clip_embeddings.models.hf import TransformersEncoder

        return TransformersEncoder(self, device, dtype, compiled)

    def check_unchanged(self) -> None:
        """Raise where the folder was written anew: towers, tokenizer and fingerprint have to be of one model.

        Raises:
            ModelLoadError: a file is another one than when the model was found, or is gone.
        """
        try:
            same = self._stamps() == self.stamps
        except OSError:
            same = False
        if not same:
            raise ModelLoadError(
                f"model {self.model!r}: the files in {self.folder} have changed since they were found. "
                "Make a new CLIPEmbedder for what is there now"
            )

    def _stamps(self) -> tuple[object, ...]:
        return tuple((path.name, stamp(path)) for path in (*self.weights(), *self.small()))

    def json(self, name: str) -> dict[str, Any]:
        """Content of a JSON file; {} where the file is not there.

        Raises:
            ModelLoadError: it is damaged, or holds something else than an object.
        """
        path = self.folder / name
        content: Any = read_json(self.model, path) if path.exists() else {}
        if not isinstance(content, dict):
            raise ModelLoadError(
                f"model {self.model!r}: {name} holds {type(content).__name__}; expected an object"
            )
        return content

    def weights(self) -> list[Path]:
        """The safetensors files, in order of name."""
        single = self.weights_folder / SAFETENSORS
        index = self.weights_folder / f"{SAFETENSORS}.index.json"
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
