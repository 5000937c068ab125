"""How a model wants its pictures, from whichever of its files says so. Imports errors, files, preprocess."""

import warnings
from functools import lru_cache
from typing import Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.models.files import ModelFiles
from clip_embeddings.models.hub.layout import PREPROCESSING

_SECTION = "image_processor"  # in the file that transformers 5 writes for tokenizer and pictures together
# Classes whose files may leave out what CLIP's own class has as its default.
_CLIP_CLASSES = (
    "CLIPImageProcessor",
    "CLIPImageProcessorFast",
    "CLIPImageProcessorPil",
    "CLIPFeatureExtractor",
)
# What a file of any other class has to say itself.
_TELLING = ("size", "do_center_crop", "resample", "image_mean", "image_std")


def preprocessing_of(files: ModelFiles) -> Preprocessing:
    """How the model wants its pictures.

    Warns:
        UserWarning: no file says it; names what is assumed, once for each folder.
    Raises:
        ModelLoadError: a file says what cannot be.
    """
    size = _image_size(files)
    name, config = _config_of(files)
    try:
        made = Preprocessing.from_config(config, size)
    except ModelLoadError as error:
        raise ModelLoadError(f"model {files.model!r}: {name} {error}") from error
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelLoadError(f"model {files.model!r}: cannot use {name} ({error!r})") from error
    if not config:
        _warn_once(files.model, str(files.folder), str(made))
    return made


def _config_of(files: ModelFiles) -> tuple[str, dict[str, Any]]:
    """The file that says it, and what it says, in the order in which transformers asks them."""
    for name in PREPROCESSING:
        content = files.json(name)
        config = content.get(_SECTION) if name == PREPROCESSING[0] else content
        if config:
            _check_class(files, name, config)
            return name, config
    return "no file", {}


def _check_class(files: ModelFiles, name: str, config: Any) -> None:
    if not isinstance(config, dict):
        got = type(config).__name__
        raise ModelLoadError(f"model {files.model!r}: {name} holds {got} as {_SECTION}; expected an object")
    kind = config.get("image_processor_type") or config.get("feature_extractor_type")
    silent = [key for key in _TELLING if config.get(key) is None]
    if kind and kind not in _CLIP_CLASSES and silent:
        raise ModelLoadError(
            f"model {files.model!r}: {name} is of class {kind!r:.200}, whose defaults are not known here, "
            f"and leaves out {', '.join(silent)}; write them into it"
        )


def _image_size(files: ModelFiles) -> int:
    """Pixels of the square that the picture tower takes."""
    config = files.json("config.json")
    # Configs of the first releases may have it under another name, which then counts alone.
    old, new = config.get("vision_config_dict"), config.get("vision_config")
    vision = new if old is None else old
    size = vision.get("image_size", _CLASS_DEFAULT) if isinstance(vision, dict) else None
    if type(size) is not int:
        raise ModelLoadError(
            f"model {files.model!r}: config.json has vision_config {vision!r:.200}; expected an object whose "
            "image_size is a whole number"
        )
    return size


_CLASS_DEFAULT = 224  # of transformers' CLIPVisionConfig: a config may leave out what does not differ from it


@lru_cache(maxsize=256)
def _warn_once(model: str, folder: str, assumed: str) -> None:
    warnings.warn(
        f"model {model!r}: neither {' nor '.join(reversed(PREPROCESSING))} is in {folder}, so nothing says "
        f"how its pictures are prepared. Assumed as OpenAI's CLIP does it: {assumed}",
        UserWarning,
        stacklevel=2,
    )
