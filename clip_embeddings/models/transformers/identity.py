"""What a model of transformers is, read off its files: what changes vectors, and their length.

Imports the standard library and what reads a model's files.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.family import PROJECTION
from clip_embeddings.models.identity.digest import file_digest, tensors_digest, tensors_of
from clip_embeddings.models.identity.stored import StoredModel
from clip_embeddings.models.transformers.preprocessing import preprocessing_of
from clip_embeddings.models.transformers.tokenizer import tokenizer_identity

if TYPE_CHECKING:
    from clip_embeddings.models.transformers.files import ModelFiles

# Keys of config.json that say how a file was written, not what the model computes.
_VOLATILE = {"_name_or_path", "_commit_hash", "transformers_version", "torch_dtype", "dtype", "architectures"}
T = TypeVar("T")
R = TypeVar("R")


def identity_of(files: "ModelFiles") -> dict[str, object]:
    """Tensors, tokenizer, config and preprocessing, whatever files they lie in."""
    return {
        "tensors": read_weights(files, tensors_digest, files.weights()),
        "tokenizer": tokenizer_identity(files),
        **_common(files),
    }


def earlier_identity_of(files: "ModelFiles") -> dict[str, object]:
    """The same made of files as they lie, so another format or tokenizer file was another model."""
    return {
        "weights": {path.name: read_weights(files, file_digest, path) for path in files.weights()},
        "tokenizer": {
            path.name: file_digest(path)
            for path in files.tokenizer()
            if path.name in ("tokenizer.json", "vocab.json", "merges.txt")
        },
        **_common(files),
    }


def _common(files: "ModelFiles") -> dict[str, object]:
    return {
        "config": stable(files.json("config.json")),
        "preprocessing": asdict(preprocessing_of(files)),
    }


def dimension_of(files: "ModelFiles") -> int:
    """D, the length of the model's vectors, as its weights have it; no weights are loaded.

    Raises:
        ModelLoadError: the weights have no projection, or the config says something else.
    """
    family = files.family
    said, name = files.json("config.json").get("projection_dim"), family.width
    found = next((shape[0] for path in files.weights() if (shape := shape_of(files, path, name))), None)
    if found is None:
        raise ModelLoadError(
            f"model {files.model!r}: its weights have no {name}; expected those of {family.architecture}"
        )
    if name == PROJECTION and said not in (None, found):
        raise ModelLoadError(
            f"model {files.model!r}: config.json has projection_dim {said!r}; its weights are of another "
            f"shape: {name} gives {found}"
        )
    return found


def stable(value: object) -> object:
    """A config without what says how it was written."""
    if isinstance(value, dict):
        return {key: stable(inner) for key, inner in value.items() if key not in _VOLATILE}
    return value


def shape_of(files: StoredModel, path: Path, name: str) -> tuple[int, ...]:
    """A tensor's shape in one file; () if it is not in it."""
    found = read_weights(files, tensors_of, path).get(name)
    return found.shape if found else ()


def read_weights(files: StoredModel, read: Callable[[T], R], what: T) -> R:
    """read(what), where what it raises of damaged weights becomes ours."""
    try:
        return read(what)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelLoadError(
            f"model {files.model!r}: cannot read the weights in {files.weights_folder} ({error})"
        ) from error
