"""Text models that stand in for a text tower: how they lie, and their dense layers as safetensors.

Imports errors, text_files and the modules beside it.
"""

from dataclasses import replace
from pathlib import Path

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.convert import converted
from clip_embeddings.models.hub.layout import CONFIG, MODULES, PICKLE, SAFETENSORS, Layout
from clip_embeddings.models.hub.library import TRANSFORMERS
from clip_embeddings.models.hub.listing import Listing, read_json
from clip_embeddings.models.model import Model
from clip_embeddings.models.registry import check_text_type
from clip_embeddings.models.text_model.files import TextFiles, modules_of, text_files_of, weights_in
from clip_embeddings.models.transformers.files import ModelFiles


def _check(listing: Listing, layout: Layout) -> None:
    check_text_type(listing.model, listing.read(layout.prefix + CONFIG))


TEXTS = replace(
    TRANSFORMERS,
    repository="a text model with its tokenizer",
    check=_check,
    usual=(("tokenizer_config.json",),),
)


def text_files(files: Model, allowed: bool) -> TextFiles:
    """The text model in these files.

    Args:
        allowed: whether pickled dense layers are converted.
    Raises:
        ModelLoadError: it is none, or its modules are not known here.
    """
    if not isinstance(files, ModelFiles):
        raise ModelLoadError(f"text_model {files.model!r}: expected a text model, not one of another library")
    check_text_type(files.model, files.json(CONFIG))
    weights = {}
    modules = files.folder / MODULES
    for kind, path in modules_of(files.model, read_json(files.model, modules)) if modules.is_file() else ():
        if kind == "Dense":
            weights[path] = files.folder / path / SAFETENSORS
            if (file := weights_in(files.folder / path)) == PICKLE:
                weights[path] = _converted(files, path, allowed)
            elif file is None:
                raise ModelLoadError(
                    f"text model {files.model!r}: neither {SAFETENSORS} nor {PICKLE} in its folder {path}"
                )
    return text_files_of(files, weights)


def _converted(files: ModelFiles, path: str, allowed: bool) -> Path:
    if not allowed:
        raise ModelLoadError(
            f"text model {files.model!r}: {path} has only pickled weights, and pickles are not allowed "
            "(allow_pickle=False)"
        )
    return converted(files.model, files.folder / path, [PICKLE], f"{files.model}/{path}") / SAFETENSORS
