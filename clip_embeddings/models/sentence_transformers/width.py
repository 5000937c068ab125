"""How long a model's vectors are, read off its files. Imports errors, families and, inside, transformers.

What is computed is compared with it when the model runs, so a wrong guess is an error and not a wrong store.
"""

from typing import TYPE_CHECKING, Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.families import FAMILIES
from clip_embeddings.models.identity.digest import tensors_of
from clip_embeddings.models.model import importing

if TYPE_CHECKING:
    from clip_embeddings.models.sentence_transformers.files import SentenceTransformersFiles


def width_of(files: "SentenceTransformersFiles") -> int:
    """D, the length of the vectors that the last module to change it gives.

    Raises:
        ModelLoadError: its files do not say.
    """
    for module in reversed(files.modules):
        at = f"{module.path}/config.json" if module.path else "config.json"
        if module.kind == "Dense":
            return _number(files, at, "out_features")
        if module.kind == "Pooling":
            return _pooled(files, at)
        if module.kind in ("Transformer", "CLIPModel"):
            return _of_transformer(files, module.path, at)
    raise ModelLoadError(f"model {files.model!r}: its modules do not say how long its vectors are")


def _pooled(files: "SentenceTransformersFiles", at: str) -> int:
    config = files.json(at)
    key = "embedding_dimension" if "embedding_dimension" in config else "word_embedding_dimension"
    named = config.get("pooling_mode")
    flags = [on for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    modes = len(named) if isinstance(named, list) else 1 if named else max(1, len(flags))
    return _number(files, at, key) * modes


def _number(files: "SentenceTransformersFiles", at: str, key: str) -> int:
    value = files.json(at).get(key)
    if type(value) is not int or value < 1:
        raise ModelLoadError(f"model {files.model!r}: {at} has {key} {value!r:.200}; expected a number")
    return value


def _of_transformer(files: "SentenceTransformersFiles", path: str, at: str) -> int:
    """By the shape of the projection where the family is known, else by the config."""
    family = FAMILIES.get(str(files.json(at).get("model_type")))
    if family:
        for file in files.weights():
            if (found := tensors_of(file).get(family.width)) is not None:
                return found.shape[0]
    config = config_of(files, path)
    for each in (config, getattr(config, "text_config", None)):
        for name in ("projection_dim", "hidden_size"):
            if type(width := getattr(each, name, None)) is int:
                return width
    raise ModelLoadError(f"model {files.model!r}: its {at} does not say how long its vectors are")


def config_of(files: "SentenceTransformersFiles", path: str) -> Any:
    """A transformer's config with its class's defaults; no code of the model's own is run."""
    with importing():
        import transformers

    try:
        return transformers.AutoConfig.from_pretrained(
            files.folder / path, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # values of another type surface as errors of many kinds
        own = (
            "it needs code of its own, which is never run here: " if "trust_remote_code" in str(error) else ""
        )
        raise ModelLoadError(
            f"model {files.model!r}: {own}cannot use its config.json ({str(error).strip():.300})"
        ) from error
