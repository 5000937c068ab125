"""How a model of open_clip wants its pictures: its transform for inference, as a Preprocessing.

Source: open_clip, `image_transform` and `PreprocessCfg` of transform.py, `create_model` of factory.py.
"""

from typing import Any, Literal

from PIL import Image

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.inputs.preprocess import LONGEST, channels
from clip_embeddings.inputs.torchvision_like import TorchvisionPreprocessing
from clip_embeddings.models.open_clip.settings import OPEN_CLIP_CONFIG, Settings

_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "random": Image.Resampling.BICUBIC,  # a setting of training
}
_MODES = ("shortest", "longest", "squash")


def pictures_of(model: str, settings: Settings) -> TorchvisionPreprocessing:
    """The preprocessing that a config asks for.

    Raises:
        ModelLoadError: a value cannot be.
    """
    try:
        return _made(settings)
    except ModelLoadError as error:
        raise ModelLoadError(f"model {model!r}: {OPEN_CLIP_CONFIG} {error}") from error
    except (TypeError, ValueError, KeyError) as error:
        raise ModelLoadError(f"model {model!r}: cannot use {OPEN_CLIP_CONFIG} ({error!r})") from error


def _made(settings: Settings) -> TorchvisionPreprocessing:
    said = settings.pictures
    mode, name = said.get("resize_mode") or "shortest", said.get("interpolation") or "bicubic"
    if mode not in _MODES or name not in _FILTERS or said.get("mode", "RGB") != "RGB":
        raise ModelLoadError(
            f"has resize_mode {mode!r}, interpolation {name!r}, mode {said.get('mode', 'RGB')!r}; expected "
            f"{', '.join(_MODES)}; {', '.join(_FILTERS)}; RGB"
        )
    # The size is the tower's, whatever preprocess_cfg says.
    size = _size(settings.model["vision_cfg"].get("image_size", 224))
    square = size[0] == size[1]
    keep: Literal["shortest", "longest"] | None = None
    if mode == "longest":
        keep = "longest"
    elif mode == "shortest" and not square:
        keep, name = "shortest", "bicubic"  # which leaves the filter at its default
    return TorchvisionPreprocessing(
        shortest_edge=size[0] if mode == "shortest" and square else None,
        resize_to=size if mode == "squash" else None,
        resample=int(_FILTERS[name]),
        crop=None if mode == "squash" else size,
        scale=1 / 255,
        mean=_levels("mean", said, _MEAN),
        std=_levels("std", said, _STD),
        keep=keep,
        fill=int(said.get("fill_color") or 0) if mode == "longest" else 0,
    )


def _size(value: Any) -> tuple[int, int]:
    """(height, width) of a number or a pair."""
    edges = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(edges) != 2 or not all(type(edge) is int and 0 < edge <= LONGEST for edge in edges):
        raise ModelLoadError(f"has image_size {value!r:.200}; expected one or two of 1 to {LONGEST} pixels")
    return edges[0], edges[1]


def _levels(name: str, said: Any, otherwise: tuple[float, float, float]) -> tuple[float, float, float]:
    value = said.get(name) or otherwise
    levels = channels(name, value if isinstance(value, list | tuple) else (value,) * 3)
    if name == "std" and not all(levels):
        raise ModelLoadError(f"has std {value!r:.200}; expected numbers other than 0")
    return levels
