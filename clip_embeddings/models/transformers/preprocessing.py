"""How a model wants its pictures, from whichever of its files says so. Imports errors, files, preprocess."""

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.inputs.patches import PatchPreprocessing
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.models.family import PictureRule
from clip_embeddings.models.hub.layout import PREPROCESSING
from clip_embeddings.models.transformers.processors import DEFAULTS, plain_name

if TYPE_CHECKING:
    from clip_embeddings.models.transformers.files import ModelFiles

_SECTION = "image_processor"  # in the file that transformers 5 writes for tokenizer and pictures together
# What a file of a class that is not in the table has to say itself.
_TELLING = ("size", "do_center_crop", "resample", "image_mean", "image_std")


def preprocessing_of(files: "ModelFiles") -> Preprocessing | PatchPreprocessing:
    """How the model wants its pictures.

    Warns:
        UserWarning: no file says it; names what is assumed, once for each folder.
    Raises:
        ModelLoadError: a file says what cannot be, or none says anything and the family has several ways.
    """
    rule = files.family.pictures
    name, config = _config_of(files)
    if not config and not rule.assumed:
        raise ModelLoadError(
            f"model {files.model!r}: neither {' nor '.join(reversed(PREPROCESSING))} is in {files.folder}, "
            "so nothing says how its pictures are prepared; take the file from where the model came from"
        )
    vision = _vision(files)
    try:
        made = _made(files, rule, name, config, vision)
    except ModelLoadError as error:
        raise ModelLoadError(f"model {files.model!r}: {name} {error}") from error
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelLoadError(f"model {files.model!r}: cannot use {name} ({error!r})") from error
    if not config:
        _warn_once(files.model, str(files.folder), str(made))
    return made


def _made(
    files: "ModelFiles", rule: PictureRule, name: str, config: dict[str, Any], vision: dict[str, Any]
) -> Preprocessing | PatchPreprocessing:
    # The reference leaves out a step that is null, and takes no null for a number of a step.
    said = {key: value for key, value in config.items() if value is not None or key.startswith("do_")}
    kind = plain_name(str(config.get("image_processor_type") or config.get("feature_extractor_type") or ""))
    defaults = DEFAULTS.get(kind or rule.processor, {})
    silent = [key for key in _TELLING if key not in defaults and said.get(key) is None]
    if kind and not defaults and silent:
        raise ModelLoadError(
            f"is of class {kind!r:.200}, whose defaults are not known here, and leaves out "
            f"{', '.join(silent)}; write them into it"
        )
    if rule.patches:
        return PatchPreprocessing.from_config({**defaults, **said}, _edge(files, vision, "patch_size", 16))
    edge = rule.edge and _edge(files, vision, "image_size", rule.edge)
    if rule.assumed and edge:  # CLIP's own file may leave out a size that its config has
        defaults = {**defaults, "size": {"shortest_edge": edge}, "crop_size": edge}
    return Preprocessing.from_config({**defaults, **said}, edge)


def _config_of(files: "ModelFiles") -> tuple[str, dict[str, Any]]:
    """The file that says it, and what it says, in the order in which transformers asks them."""
    for name in PREPROCESSING:
        content = files.json(name)
        config = content.get(_SECTION) if name == PREPROCESSING[0] else content
        if config and not isinstance(config, dict):
            got = type(config).__name__
            raise ModelLoadError(
                f"model {files.model!r}: {name} holds {got} as {_SECTION}; expected an object"
            )
        if config:
            return name, config
    return "no file", {}


def _vision(files: "ModelFiles") -> dict[str, Any]:
    """What config.json says of the picture tower."""
    config = files.json("config.json")
    # Configs of the first releases may have it under another name, which then counts alone.
    old, new = config.get("vision_config_dict"), config.get("vision_config")
    vision = new if old is None else old
    if not isinstance(vision, dict):
        raise ModelLoadError(
            f"model {files.model!r}: config.json has vision_config {vision!r:.200}; expected an object"
        )
    # A dual encoder of CLIP's picture tower may hold the config of a whole CLIP.
    inner = vision.get("vision_config")
    return inner if isinstance(inner, dict) else vision


def _edge(files: "ModelFiles", vision: dict[str, Any], name: str, otherwise: int) -> int:
    """Pixels of a square that the picture tower takes; a config may leave out its class's default."""
    size = vision.get(name, otherwise)
    if type(size) is not int:
        raise ModelLoadError(
            f"model {files.model!r}: config.json has vision_config {vision!r:.200}; expected an object whose "
            f"{name} is a whole number"
        )
    return size


@lru_cache(maxsize=256)
def _warn_once(model: str, folder: str, assumed: str) -> None:
    warnings.warn(
        f"model {model!r}: neither {' nor '.join(reversed(PREPROCESSING))} is in {folder}, so nothing says "
        f"how its pictures are prepared. Assumed as OpenAI's CLIP does it: {assumed}",
        UserWarning,
        stacklevel=2,
    )
