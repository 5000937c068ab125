"""Where a model's files are: bundled, in a folder, in the hub's cache, or downloaded into it.

The hub is asked only for what is not on this machine. Imports huggingface_hub (inside functions) and errors.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.registry import MODELS, source_of, suggestion

_WANTED = (
    "config.json", "preprocessor_config.json",
    "model.safetensors", "model-*.safetensors", "model.safetensors.index.json",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt",
    "calibration.json",
)  # fmt: skip
_CONNECT_SECONDS = 4.0  # connecting and answering each get this long: an answer comes in under 10 seconds


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A complete model folder.

    Attributes:
        model: what was asked for.
        folder: holds config.json, safetensors weights and the tokenizer.
        revision: the hub's commit, or None for a bundled model or a plain folder.
    """

    model: str
    folder: Path
    revision: str | None

    def json(self, name: str) -> dict[str, Any]:
        """Content of a JSON file; {} where the file is not there."""
        path = self.folder / name
        try:
            content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise ModelLoadError(f"model {self.model!r}: cannot read {name} ({error})") from error
        if not isinstance(content, dict):
            raise ModelLoadError(
                f"model {self.model!r}: {name} holds {type(content).__name__}; expected an object"
            )
        return content

    def weights(self) -> list[Path]:
        """The safetensors files, in order of name."""
        index = self.json("model.safetensors.index.json").get("weight_map")
        names = sorted(set(index.values())) if index else ["model.safetensors"]
        return [self.folder / name for name in names]

    def missing(self) -> Iterator[str]:
        """Names of files that a model cannot do without and that are not there."""
        if not (self.folder / "config.json").is_file():
            yield "config.json"
        yield from (path.name for path in self.weights() if not path.is_file())
        if not (self.folder / "tokenizer.json").is_file() and not (self.folder / "vocab.json").is_file():
            yield "tokenizer.json"


def locate(model: str, revision: str | None = None) -> ModelFiles:
    """Find a model's files, downloading them only where this machine does not have them.

    Raises:
        ModelLoadError: unknown model, hub out of reach, or files missing; says what was tried.
    """
    source = source_of(model)
    folder = Path(source).expanduser()
    if model in MODELS and MODELS[model].bundled:
        return _complete(ModelFiles(model, folder, None))
    if folder.is_dir():
        if revision:
            raise ModelLoadError(
                f"model {model!r} is a folder; revision={revision!r} is for models on the hub"
            )
        return _complete(ModelFiles(model, folder.resolve(), None))
    if folder.is_absolute() or source.startswith((".", "~")) or source.count("/") > 1:
        raise ModelLoadError(f"model {model!r}: no such folder. {suggestion(model)}")
    return _cached(model, source, revision) or _downloaded(model, source, revision)


def _complete(files: ModelFiles) -> ModelFiles:
    if missing := list(files.missing()):
        pickled = "; it has pickled weights, which are not loaded" if list(files.folder.glob("*.bin")) else ""
        raise ModelLoadError(
            f"model {files.model!r}: {', '.join(missing)} not in {files.folder}{pickled}. "
            "Expected a folder written by save_pretrained (safetensors) with its tokenizer"
        )
    return files


def _cached(model: str, source: str, revision: str | None) -> ModelFiles | None:
    """What the hub's cache holds, if it is all there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(source, revision=revision, local_files_only=True))
    except HFValidationError as error:
        raise ModelLoadError(f"Unknown model {model!r}: {suggestion(model)}") from error
    except (LocalEntryNotFoundError, OSError):
        return None
    files = ModelFiles(model, folder, folder.name)
    return None if any(files.missing()) else files


def _downloaded(model: str, source: str, revision: str | None) -> ModelFiles:
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    asked = f"{source}{f'@{revision}' if revision else ''}"
    tried = f"tried the hub's cache on this machine, then {constants.ENDPOINT}"
    try:
        # A short question first: the download itself may take as long as it needs, an absent hub may not.
        HfApi().model_info(source, revision=revision, timeout=_CONNECT_SECONDS)
        folder = Path(snapshot_download(source, revision=revision, allow_patterns=list(_WANTED)))
    except GatedRepoError as error:
        raise ModelLoadError(
            f"model {asked!r} is gated; accept its terms on the hub and log in: hf auth login"
        ) from error
    except RevisionNotFoundError as error:
        raise ModelLoadError(f"model {source!r} has no revision {revision!r} on the hub") from error
    except RepositoryNotFoundError as error:
        raise ModelLoadError(f"Unknown model {model!r} ({tried}); {suggestion(model)}") from error
    except Exception as error:  # the http client's errors are not those of one library across versions
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelLoadError(
            f"model {asked!r} is not on this machine and the hub does not answer ({reason}); {tried}. "
            f"{suggestion(model)}"
        ) from error
    return _complete(ModelFiles(model, folder, folder.name))
