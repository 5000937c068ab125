"""What transformers' picture processors do where a file leaves a key out. Data alone; imports nothing.

tests/models/families/test_processors.py holds each row against the class itself.
"""

from typing import Any

_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
_HALF = (0.5, 0.5, 0.5)
_BILINEAR, _BICUBIC = 2, 3

_CLIP: dict[str, Any] = {
    "size": {"shortest_edge": 224}, "default_to_square": False, "resample": _BICUBIC,
    "do_center_crop": True, "crop_size": {"height": 224, "width": 224},
    "image_mean": _CLIP_MEAN, "image_std": _CLIP_STD,
}  # fmt: skip
_SQUASHED: dict[str, Any] = {
    "size": {"height": 224, "width": 224}, "default_to_square": True, "resample": _BICUBIC,
    "do_center_crop": False, "image_mean": _HALF, "image_std": _HALF,
}  # fmt: skip
DEFAULTS: dict[str, dict[str, Any]] = {
    "CLIPImageProcessor": _CLIP,
    "ChineseCLIPImageProcessor": _CLIP,
    "SiglipImageProcessor": {**_SQUASHED, "default_to_square": False},
    "Siglip2ImageProcessor": {
        "resample": _BILINEAR, "image_mean": _HALF, "image_std": _HALF, "patch_size": 16,
        "max_num_patches": 256,
    },
    "ViTImageProcessor": {**_SQUASHED, "resample": _BILINEAR},
    "DeiTImageProcessor": {
        **_SQUASHED, "size": {"height": 256, "width": 256}, "do_center_crop": True,
        "crop_size": {"height": 224, "width": 224},
    },
    "EfficientNetImageProcessor": {
        **_SQUASHED, "size": {"height": 346, "width": 346}, "crop_size": {"height": 289, "width": 289},
        "rescale_offset": False, "include_top": True,
    },
    "Tipsv2ImageProcessor": {
        **_SQUASHED, "size": {"height": 448, "width": 448}, "resample": _BILINEAR, "do_normalize": False,
    },
}  # fmt: skip
"""By the name of the class without what says how it is run. Each rescales by 1/255 and normalises if it does
not say otherwise."""


def plain_name(name: str) -> str:
    """A class's name without "Fast" or "Pil" at its end, and an old feature extractor's."""
    for ending in ("Fast", "Pil"):
        name = name.removesuffix(ending)
    return name.replace("FeatureExtractor", "ImageProcessor")
