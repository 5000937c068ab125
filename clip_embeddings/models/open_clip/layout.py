"""Which files make up a model of open_clip, in a folder or a repository. Imports models/hub."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from clip_embeddings.models.hub.layout import CONFIG, SAFETENSORS, TOKENIZER_CONFIG, Layout
from clip_embeddings.models.hub.library import Library
from clip_embeddings.models.hub.listing import Listing
from clip_embeddings.models.open_clip.files import OpenClipFiles
from clip_embeddings.models.open_clip.settings import (
    OPEN_CLIP_CONFIG,
    OPEN_CLIP_WEIGHTS,
    SMALL,
    TOKENIZER_JSON,
    hf_tokenizer_of,
    read_settings,
)

# What is looked for, in this order, as open_clip does.
WEIGHTS = (
    OPEN_CLIP_WEIGHTS,
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.bin",
)


def is_open_clip(listing: Listing) -> bool:
    """Whether a folder that is named without a prefix is open_clip's: transformers knows nothing of it.

    timm writes a config.json of its own, which names no type.
    """
    if OPEN_CLIP_CONFIG not in listing.names:
        return False
    config: Any = listing.read(CONFIG) if CONFIG in listing.names else {}
    return not (isinstance(config, dict) and "model_type" in config)


def library_of(weights: str = "", pictures: Mapping[str, Any] | None = None) -> Library:
    """How open_clip's models lie.

    Args:
        weights: the file that its table names for a model.
        pictures: how pictures are prepared where the config does not say it.
    """
    return Library(
        name=f"open_clip {weights}".strip(),
        repository="a model of open_clip with its config",
        folder="a folder written by save_for_hf of open_clip, with its weights and its config",
        layout_of=partial(_layout_of, weights),
        check=_check,
        make=partial(_make, dict(pictures or {})),
    )


def _layout_of(weights: str, listing: Listing) -> Layout:
    there = listing.names
    wanted = (f"{weights.rpartition('.')[0]}.safetensors", weights) if weights else WEIGHTS
    found = next((name for name in wanted if name in there), None)
    missing = [] if OPEN_CLIP_CONFIG in there else [OPEN_CLIP_CONFIG]
    if found is None:
        missing.append(" or ".join(wanted))
    if OPEN_CLIP_CONFIG in there and (name := hf_tokenizer_of(listing.read(OPEN_CLIP_CONFIG))):
        missing += [f"{each} (of {name})" for each in (TOKENIZER_JSON, TOKENIZER_CONFIG) if each not in there]
    small = tuple(name for name in SMALL if name in there)
    pickled = found is not None and not found.endswith(".safetensors")
    return Layout("", small, (found,) if found else (), pickled, tuple(missing))


def _check(listing: Listing, layout: Layout) -> None:
    read_settings(listing.model, listing.read(OPEN_CLIP_CONFIG))


def _make(
    pictures: Mapping[str, Any],
    model: str,
    layout: Layout,
    home: Path,
    weights: Path,
    revision: str | None,
    origin: str,
) -> OpenClipFiles:
    name = SAFETENSORS if layout.pickled else layout.weights[0]
    return OpenClipFiles(model, home, weights, revision, origin, weights_name=name, assumed=pictures)
