"""A complete model of sentence-transformers on this machine: a `Model`. Imports errors, hub and digest.

What it is, and how long its vectors are, is read off its files, so a fingerprint needs neither weights in
memory nor the library.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.layout import MODULES
from clip_embeddings.models.hub.listing import read_json
from clip_embeddings.models.identity.digest import file_digest, tensors_digest
from clip_embeddings.models.identity.stored import StoredModel
from clip_embeddings.models.model import importing
from clip_embeddings.models.sentence_transformers.layout import Module, Parts, modules_of

if TYPE_CHECKING:
    import torch

    from clip_embeddings.models.encoder import Encoder

SETTINGS = "config_sentence_transformers.json"
# Keys that say how and by whom a file was written, not what the model computes. Beside a model without
# modules.json its architectures say how it is pooled, so they count here.
_VOLATILE = {
    "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "torch_dtype", "dtype",
    "__version__", "is_local",
}  # fmt: skip
_AS_THEY_ARE = ("tokenizer.json", "vocab.json", "added_tokens.json")  # large, or keys that are words
_SAY_WHAT_IS_READ = ("config.json", "tokenizer_config.json", "sentence_bert_config.json")
_REDIRECTIONS = {
    "configuration_files", "fast_tokenizer_files", "transformers_weights", "tokenizer_name_or_path",
    "variant", "gguf_file",
}  # fmt: skip
_NO_DIFFERENCE = ("generation_config.json", "calibration.json")


@dataclass(frozen=True)
class SentenceTransformersFiles(StoredModel):
    """A model's files; its weights lie beside the rest.

    Attributes:
        parts: their names.
        truncate_dim: numbers of each vector that are kept; None keeps what the model gives.
    """

    parts: Parts = field(kw_only=True)
    truncate_dim: int | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, model: str, folder: Path, revision: str | None, parts: Parts) -> "SentenceTransformersFiles":
        """Those in a folder."""
        return cls(model, folder, folder, revision, "safetensors, by sentence-transformers", parts=parts)

    def _check_files(self) -> None:
        """Keys by which other files are read than those that are counted and watched here."""
        for name in self.parts.small:
            if name.rpartition("/")[2] in _SAY_WHAT_IS_READ:
                found = _REDIRECTIONS & _keys(read_json(self.model, self.folder / name))
                if found:
                    raise ModelLoadError(
                        f"model {self.model!r}: {', '.join(sorted(found))} in its {name} names files to be "
                        "read in place of the usual ones; give those the usual names, and take the key out"
                    )

    def cut(self, truncate_dim: int) -> "SentenceTransformersFiles":
        """The same model with shorter vectors."""
        return replace(self, truncate_dim=truncate_dim)

    @property
    def preprocessing(self) -> str:
        """How it wants its pictures, in words."""
        return "by the model's own processor"

    def exported(self) -> list[tuple[Path | str, str]]:
        """Not written into a folder of its own."""
        raise ModelLoadError(
            f"model {self.model!r} is run by another library, and is not written into a folder of its own; "
            f"it is whole in {self.folder}, which can be copied"
        )

    @property
    def dimension(self) -> int:
        """Length of the vectors: what was asked for, else what the model's settings say, else all."""
        own = self._own_truncate_dim
        return self.truncate_dim or min(self.full_dimension, own or self.full_dimension)

    @property
    def _own_truncate_dim(self) -> int | None:
        # Beside a folder of transformers alone the library does not read its settings.
        own = self.json(SETTINGS).get("truncate_dim") if MODULES in self.parts.small else None
        if own is not None and (type(own) is not int or own < 1):
            raise ModelLoadError(f"model {self.model!r}: {SETTINGS} has truncate_dim {own!r:.200}")
        return own

    @cached_property
    def full_dimension(self) -> int:
        """Length of the vectors before any are cut."""
        from clip_embeddings.models.sentence_transformers.width import width_of

        return width_of(self)

    @property
    def modules(self) -> list[Module]:
        """Its steps; a folder of transformers alone is one."""
        path = self.folder / MODULES
        return (
            modules_of(self.model, read_json(self.model, path))
            if path.is_file()
            else [Module("Transformer", "")]
        )

    def weights(self) -> list[Path]:
        """The safetensors files, in order of name."""
        return [self.folder / name for name in self.parts.weights]

    def small(self) -> list[Path]:
        """Everything but the weights."""
        return [self.folder / name for name in (*self.parts.small, *self.parts.indices)]

    def identity(self) -> dict[str, object]:
        """Everything of it that changes vectors, as JSON.

        The release of sentence-transformers is not part of it: it keeps the vectors of models that an earlier
        one saved, and each of its updates would make every collection another one.
        """
        folders = sorted({path.parent for path in self.weights()})
        try:
            tensors = {
                folder.relative_to(self.folder).as_posix(): tensors_digest(
                    [path for path in self.weights() if path.parent == folder]
                )
                for folder in folders
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelLoadError(f"model {self.model!r}: cannot read its weights ({error})") from error
        small = [name for name in self.parts.small if name not in _NO_DIFFERENCE]
        own = {"library": "sentence-transformers", "tensors": tensors}
        return {**own, "files": {name: self._content(name) for name in small}, "dimension": self.dimension}

    def earlier_identity(self) -> None:
        """The scheme of fingerprints before knew none of these."""

    def _content(self, name: str) -> object:
        if name.rpartition("/")[2] in _AS_THEY_ARE or not name.endswith(".json"):
            return file_digest(self.folder / name)
        return _stable(read_json(self.model, self.folder / name))

    def load(self, device: "torch.device", dtype: "torch.dtype") -> "Encoder":
        """Its encoder on a device; one for all lengths of vectors."""
        with importing():
            from clip_embeddings.models.sentence_transformers.encoder import SentenceTransformersEncoder

        return SentenceTransformersEncoder(self, device, dtype)


def _keys(value: object) -> set[str]:
    """All keys that are set, those of objects within included."""
    if not isinstance(value, dict):
        return set()
    return {key for key, inner in value.items() if inner}.union(*map(_keys, value.values()))


def _stable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _stable(inner) for key, inner in value.items() if key not in _VOLATILE}
    return [_stable(inner) for inner in value] if isinstance(value, list) else value
