"""`locate`: a model's files, bundled, in a folder, in the hub's cache, or downloaded into it.

The hub is asked only for what is not on this machine. Weights are safetensors: those of the revision; else
those of the conversion bot's pull request, for the default revision; else pickles, converted once.
"""

from os import PathLike
from pathlib import Path

from clip_embeddings.config import name_of_model
from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.models.catalog import MODELS
from clip_embeddings.models.hub.assets import say_once
from clip_embeddings.models.hub.complete import complete, pickles_allowed
from clip_embeddings.models.hub.library import TRANSFORMERS, Library
from clip_embeddings.models.hub.listing import listing_of
from clip_embeddings.models.hub.search import HubModel
from clip_embeddings.models.hub.texts import TEXTS, text_files
from clip_embeddings.models.model import Model
from clip_embeddings.models.open_clip import layout as open_clip
from clip_embeddings.models.open_clip.names import OpenClipName, from_anywhere, place_of
from clip_embeddings.models.registry import meaning_of, suggestion
from clip_embeddings.models.sentence_transformers import names as sentence_transformers
from clip_embeddings.models.sentence_transformers.find import find
from clip_embeddings.models.text_model.pair import PairedModel


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
        model: bundled name, nickname, folder or hub id; for open_clip also "open_clip:ARCHITECTURE/TAG",
            "open_clip:FOLDER", "hf-hub:REPOSITORY" or "local-dir:FOLDER"; a hub id or folder behind
            "sentence_transformers:" is run by that library.
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
    if (name := sentence_transformers.name_within(name_of_model(model))) is not None:
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
    found = _located(name_of_model(model), revision, allowed)
    if text_model is None:
        return found
    texts = _located(name_of_model(text_model, "text_model"), None, allowed, TEXTS)
    return PairedModel(found, text_files(texts, allowed))


def _located(model: str, revision: str | None, allowed: bool, library: Library | None = None) -> Model:
    """One model; without a `library`, of the one that its name or its files are of."""
    if sentence_transformers.name_within(model) is not None:
        raise ModelLoadError(
            f"model {model!r} is run by sentence-transformers; expected a model that this library runs itself"
        )
    if model in MODELS and MODELS[model].bundled:
        _refuse_revision(model, "is bundled", revision)
        return _in_folder(model, Path(MODELS[model].source), allowed, library)
    if (place := place_of(model)) is not None:
        return _of_open_clip(model, place, revision, allowed)
    folder = Path(model).expanduser()
    if folder.is_dir():
        _refuse_revision(model, "is a folder", revision)
        return _in_folder(model, folder.resolve(), allowed, library)
    repository = meaning_of(model)
    _say_meaning(model, repository)
    if folder.is_absolute() or repository.startswith((".", "~")) or repository.count("/") > 1:
        raise ModelLoadError(f"model {model!r}: no such folder. {suggestion(model)}")
    return HubModel(model, repository, revision, allowed, library or TRANSFORMERS).files()


def _of_open_clip(model: str, place: OpenClipName, revision: str | None, allowed: bool) -> Model:
    library = open_clip.library_of(place.weights, place.pictures)
    if place.folder is not None:
        _refuse_revision(model, "is a folder", revision)
        return _in_folder(model, place.folder, allowed, library)
    _say_meaning(model, place.repository)
    return HubModel(model, place.repository, revision, allowed, library).files()


def _say_meaning(model: str, repository: str) -> None:
    if not model.endswith(repository):
        say_once(f"model {model!r} is {repository!r} on the hub")


def _refuse_revision(model: str, what: str, revision: str | None) -> None:
    if revision:
        raise ModelLoadError(f"model {model!r} {what}; revision={revision!r} is for models on the hub")


def name_from_anywhere(model: str) -> str:
    """A model's name as it means the same in any working folder: a folder by its whole path."""
    if model in MODELS:
        return model
    folder = Path(model).expanduser()
    return (
        str(folder.absolute())
        if folder.is_dir()
        else sentence_transformers.from_anywhere(from_anywhere(model))
    )


def _in_folder(model: str, folder: Path, allowed: bool, library: Library | None = None) -> Model:
    """A folder's model; without a `library`, of the one that its files are of."""
    listing = listing_of(model, folder)
    if library is None:
        library = open_clip.library_of() if open_clip.is_open_clip(listing) else TRANSFORMERS
    layout = library.layout_of(listing)
    if layout.missing:
        raise ModelLoadError(
            f"model {model!r}: {', '.join(layout.missing)} not in {folder / layout.prefix}. "
            f"Expected {library.folder}"
        )
    return complete(model, folder, layout, allow_pickle=allowed, library=library)
