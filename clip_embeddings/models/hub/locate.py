"""`locate`: a model's files, bundled, in a folder, in the hub's cache, or downloaded into it.

The hub is asked only for what is not on this machine. Weights are safetensors: those of the revision; else
those of the conversion bot's pull request, for the default revision; else pickles, converted once.
"""

from os import PathLike
from pathlib import Path

from clip_embeddings.config import name_of_model
from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.models.catalog import MODELS
from clip_embeddings.models.files import ModelFiles
from clip_embeddings.models.hub.assets import say_once
from clip_embeddings.models.hub.complete import complete, pickles_allowed
from clip_embeddings.models.hub.convert import converted
from clip_embeddings.models.hub.layout import CONFIG, MODULES, PICKLE, SAFETENSORS, layout_of
from clip_embeddings.models.hub.listing import listing_of, read_json
from clip_embeddings.models.hub.search import CheckType, HubModel
from clip_embeddings.models.model import Model
from clip_embeddings.models.pair import PairedModel
from clip_embeddings.models.registry import check_text_type, check_type, meaning_of, suggestion
from clip_embeddings.models.sentence_transformers import names as sentence_transformers
from clip_embeddings.models.sentence_transformers.find import find
from clip_embeddings.models.text_files import TextFiles, modules_of, text_files_of, weights_in


def locate(
    model: str,
    revision: str | None = None,
    *,
    text_model: str | PathLike[str] | None = None,
    truncate_dim: int | None = None,
    allow_pickle: bool | None = None,
) -> Model:
    """Find a model's files, downloading them only where this machine does not have them.

    Args:
        model: bundled name, nickname, folder or hub id; behind "sentence_transformers:" the last two.
        revision: branch, tag or commit on the hub.
        text_model: nickname, folder or hub id of what embeds texts in place of the model's own text tower.
        truncate_dim: numbers of each vector that are kept, for a model of sentence-transformers.
        allow_pickle: whether pickled weights are converted where there are no others; None is what
            CLIP_EMBEDDINGS_ALLOW_PICKLE says.
    Raises:
        InvalidInputError: truncate_dim is for a model that was not trained for it.
        ModelLoadError: unknown model, hub out of reach, or files missing; says what was tried.
    """
    allowed = pickles_allowed(allow_pickle)
    if (name := sentence_transformers.name_within(model)) is not None:
        if text_model:
            raise InvalidInputError(
                f"text_model: got {str(text_model)!r}; model {model!r} embeds text and pictures by one model"
            )
        return find(model, name, revision, truncate_dim)
    if truncate_dim is not None:
        raise InvalidInputError(
            f"truncate_dim: got {truncate_dim}; model {model!r} was not trained for it, and the first of its "
            "numbers say no more than the others. Models that were: sentence_transformers:NAME"
        )
    found = _files(model, revision, allowed, check_type)
    return PairedModel(found, _text_files(name_of_model(text_model), allowed)) if text_model else found


def model_files(model: str, revision: str | None = None) -> ModelFiles:
    """The files of one model with two towers: `locate` for what works on files."""
    return _files(model, revision, pickles_allowed(None), check_type)


def _text_files(name: str, allowed: bool) -> TextFiles:
    """A text model, with its dense layers as safetensors."""
    files = _files(name, None, allowed, check_text_type)
    check_text_type(files.model, files.json(CONFIG))
    weights = {}
    modules = files.folder / MODULES
    for kind, path in modules_of(name, read_json(name, modules)) if modules.is_file() else ():
        if kind != "Dense":
            continue
        folder, file = files.folder / path, weights_in(files.folder / path)
        if file == PICKLE:
            if not allowed:
                raise ModelLoadError(
                    f"text model {name!r}: {path} has only pickled weights, and pickles are not allowed "
                    "(allow_pickle=False)"
                )
            folder = converted(name, folder, [file], f"{name}/{path}")
        elif file is None:
            raise ModelLoadError(f"text model {name!r}: neither {SAFETENSORS} nor {PICKLE} in {folder}")
        weights[path] = folder / SAFETENSORS
    return text_files_of(files, weights)


def _files(model: str, revision: str | None, allowed: bool, check: CheckType) -> ModelFiles:
    model = name_of_model(model)
    if sentence_transformers.name_within(model) is not None:
        raise ModelLoadError(
            f"model {model!r} is run by sentence-transformers; expected a model that this library runs itself"
        )
    if model in MODELS and MODELS[model].bundled:
        _refuse_revision(model, "is bundled", revision)
        return _in_folder(model, Path(MODELS[model].source), allowed)
    folder = Path(model).expanduser()
    if folder.is_dir():
        _refuse_revision(model, "is a folder", revision)
        return _in_folder(model, folder.resolve(), allowed)
    repository = meaning_of(model)
    if repository != model:
        say_once(f"model {model!r} is {repository!r} on the hub")
    if folder.is_absolute() or repository.startswith((".", "~")) or repository.count("/") > 1:
        raise ModelLoadError(f"model {model!r}: no such folder. {suggestion(model)}")
    return HubModel(model, repository, revision, allowed, check).files()


def _refuse_revision(model: str, what: str, revision: str | None) -> None:
    if revision:
        raise ModelLoadError(f"model {model!r} {what}; revision={revision!r} is for models on the hub")


def name_from_anywhere(model: str) -> str:
    """A model's name as it means the same in any working folder: a folder by its whole path."""
    if model in MODELS:
        return model
    folder = Path(model).expanduser()
    return str(folder.absolute()) if folder.is_dir() else sentence_transformers.from_anywhere(model)


def _in_folder(model: str, folder: Path, allowed: bool) -> ModelFiles:
    layout = layout_of(listing_of(model, folder))
    if layout.missing:
        raise ModelLoadError(
            f"model {model!r}: {', '.join(layout.missing)} not in {folder / layout.prefix}. "
            "Expected a folder written by save_pretrained, with its weights and its tokenizer"
        )
    return complete(model, folder, layout, allow_pickle=allowed)
