"""What our table says of transformers' picture processors is what their classes say."""

from importlib import import_module
from typing import Any

import pytest

from clip_embeddings.models.transformers.processors import DEFAULTS, plain_name

WHERE = {
    "CLIPImageProcessor": "clip",
    "ChineseCLIPImageProcessor": "chinese_clip",
    "SiglipImageProcessor": "siglip",
    "Siglip2ImageProcessor": "siglip2",
    "ViTImageProcessor": "vit",
    "DeiTImageProcessor": "deit",
    "EfficientNetImageProcessor": "efficientnet",
    "Tipsv2ImageProcessor": "tipsv2",
}
KEYS = (
    "size", "default_to_square", "resample", "do_center_crop", "crop_size", "do_normalize", "image_mean",
    "image_std", "rescale_offset", "include_top", "patch_size", "max_num_patches",
)  # fmt: skip
# What a class without the key does.
NONE = {"do_center_crop": False, "do_normalize": True}


def attributes(name: str) -> dict[str, Any]:
    family = WHERE[name]
    if name.startswith("Tipsv2"):  # runs on torchvision alone, so only its source can be read here
        pytest.importorskip("torchvision", reason="TIPSv2's class needs torchvision")
        kind = getattr(import_module(f"transformers.models.{family}.image_processing_{family}"), name)
        return {key: getattr(kind, key) for key in KEYS if getattr(kind, key, None) is not None}
    module = import_module(f"transformers.models.{family}.image_processing_pil_{family}")
    kind = getattr(module, f"{name}Pil")
    return {key: getattr(kind, key) for key in KEYS if getattr(kind, key, None) is not None}


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_defaults_are_those_of_the_class(name: str) -> None:
    theirs, ours = attributes(name), DEFAULTS[name]
    for key in KEYS:
        expected, found = theirs.get(key, NONE.get(key)), ours.get(key, NONE.get(key))
        if key == "default_to_square" and "size" not in ours:
            continue  # patches have no size
        if key in {"image_mean", "image_std"}:
            expected = tuple(expected or ())
        assert found == expected, key


def test_one_class_has_one_name() -> None:
    names = ("CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor")
    assert {plain_name(name) for name in names} == {"CLIPImageProcessor"}
