"""From a layout that has everything to files that load: pickled weights are refused, or converted once.

Imports the modules beside it.
"""

import os
from pathlib import Path

from clip_embeddings.config import ALLOW_PICKLE
from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.models.hub.convert import converted
from clip_embeddings.models.hub.layout import Layout
from clip_embeddings.models.hub.library import TRANSFORMERS, Library
from clip_embeddings.models.model import Model

_MEANINGS = {"": True, "1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def pickles_allowed(given: bool | None) -> bool:
    """What was given, else what the environment says.

    Raises:
        InvalidInputError: the environment says neither yes nor no.
    """
    if given is not None:
        return given
    value = os.environ.get(ALLOW_PICKLE, "")
    if value.strip().lower() not in _MEANINGS:
        raise InvalidInputError(f"{ALLOW_PICKLE}: got {value!r}; expected 0 or 1")
    return _MEANINGS[value.strip().lower()]


def complete(
    model: str,
    folder: Path,
    layout: Layout,
    *,
    allow_pickle: bool,
    revision: str | None = None,
    origin: str = "safetensors",
    library: Library = TRANSFORMERS,
) -> Model:
    """The files of a model that lies in a folder; its layout misses nothing.

    Raises:
        ModelLoadError: pickled weights that are not allowed, or that cannot be converted.
    """
    home = weights = folder / layout.prefix
    if layout.pickled:
        refuse_pickles(model, layout, allow_pickle)
        pickles = _pickles(layout)
        source = f"{model}@{revision}" if revision else str(folder)
        weights = converted(model, folder, pickles, source)
        origin = f"converted from {', '.join(pickles)}"
    return library.make(model, layout, home, weights, revision, origin)


def refuse_pickles(model: str, layout: Layout, allow_pickle: bool) -> None:
    """Raise where a layout has pickled weights only, and they are not allowed."""
    if layout.pickled and not allow_pickle:
        raise ModelLoadError(
            f"model {model!r} has only pickled weights ({', '.join(_pickles(layout))}), and pickles are not "
            "allowed (allow_pickle=False). Name a model or a revision with safetensors; or convert it where "
            f"they are allowed, clip-embeddings download {model} --to DIR, and load DIR"
        )


def _pickles(layout: Layout) -> list[str]:
    return [name for name in layout.weights if not name.endswith(".json")]
