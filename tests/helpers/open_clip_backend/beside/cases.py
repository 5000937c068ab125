"""Small models of open_clip whose shapes are those of real ones. Data alone, for both processes."""

from dataclasses import dataclass
from typing import Any

CLIP_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
SIGLIP_TEXT = {
    "context_length": 16,
    "vocab_size": 400,
    "hf_tokenizer_name": "someone/siglip",
    "tokenizer_kwargs": {"clean": "canonicalize"},
    "width": 32,
    "heads": 2,
    "layers": 2,
    "no_causal_mask": True,
    "proj_bias": True,
    "pool_type": "last",
}
CLIP_PIXELS = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}
HALF = {"mean": [0.5] * 3, "std": [0.5] * 3}


@dataclass(frozen=True)
class Case:
    """One model.

    Attributes:
        model, pictures: model_cfg and preprocess_cfg.
        scores: how it turns cosines into probabilities.
        t5: whether it has a tokenizer of its own, like T5's; else it is CLIP's.
        context: tokens that it reads.
        grown: standard deviation of its matrices, so that inputs differ; 0 leaves them as they are made.
        pictures_tried: fewer for a large one.
    """

    model: dict[str, Any]
    pictures: dict[str, Any]
    scores: str = "softmax"
    t5: bool = False
    context: int = 77
    grown: float = 0.12
    pictures_tried: int = 11


def _timm(name: str, size: int, **options: Any) -> dict[str, Any]:
    return {"timm_model_name": name, "timm_model_pretrained": False, "image_size": size, **options}


_VIT = {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16}
CASES = {
    "RN50": Case(
        {
            "embed_dim": 32,
            "quick_gelu": True,
            "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None},
            "text_cfg": CLIP_TEXT,
        },
        CLIP_PIXELS,
    ),
    "ViT-B-32": Case({"embed_dim": 24, "vision_cfg": _VIT, "text_cfg": CLIP_TEXT}, CLIP_PIXELS),
    "MobileCLIP2-S0": Case(
        {
            "embed_dim": 48,
            "custom_text": True,
            "vision_cfg": _timm("fastvit_t8", 256, timm_pool="avg", timm_proj=None, timm_drop_path=0.0),
            "text_cfg": {**CLIP_TEXT, "no_causal_mask": True},
        },
        {"mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "bilinear", "resize_mode": "shortest"},
        grown=0.0,
        pictures_tried=4,
    ),
    "PE-Core-T-16": Case(
        {
            "embed_dim": 40,
            "custom_text": True,
            "vision_cfg": _timm("vit_pe_core_tiny_patch16_384", 384, timm_pool="map", timm_proj=None),
            "text_cfg": {**CLIP_TEXT, "context_length": 32},
        },
        {**HALF, "interpolation": "bilinear", "resize_mode": "squash"},
        context=32,
        grown=0.0,
        pictures_tried=3,
    ),
    "ViT-B-16-SigLIP": Case(
        {
            "embed_dim": 96,
            "custom_text": True,
            "init_logit_bias": -10,
            "vision_cfg": _timm("test_vit3", 160, timm_pool="map", timm_proj="none"),
            "text_cfg": SIGLIP_TEXT,
        },
        {**HALF, "interpolation": "bicubic", "resize_mode": "squash"},
        scores="sigmoid",
        t5=True,
        context=16,
        grown=0.0,
    ),
    "longest": Case(
        {"embed_dim": 24, "vision_cfg": {**_VIT, "image_size": [64, 48]}, "text_cfg": CLIP_TEXT},
        {**CLIP_PIXELS, "resize_mode": "longest", "interpolation": "bilinear", "fill_color": 7},
    ),
    "not square": Case(
        {"embed_dim": 24, "vision_cfg": {**_VIT, "image_size": [48, 64]}, "text_cfg": CLIP_TEXT},
        {**CLIP_PIXELS, "resize_mode": "shortest", "interpolation": "bilinear"},
    ),
    "CoCa": Case(
        {
            "embed_dim": 32,
            "vision_cfg": {**_VIT, "attentional_pool": True, "attn_pooler_heads": 4, "output_tokens": True},
            "text_cfg": {**CLIP_TEXT, "context_length": 76, "embed_cls": True, "output_tokens": True},
            "multimodal_cfg": {"context_length": 76, "width": 32, "heads": 2, "layers": 1},
            "custom_text": True,
        },
        CLIP_PIXELS,
        context=76,
    ),
    "CLIPA": Case(
        {
            "embed_dim": 24,
            "vision_cfg": _VIT,
            "text_cfg": {
                **CLIP_TEXT,
                "context_length": 16,
                "vocab_size": 400,
                "hf_tokenizer_name": "someone/siglip",
                "tokenizer_kwargs": {"strip_sep_token": True},
                "pool_type": "last",
                "no_causal_mask": True,
            },
        },
        {**CLIP_PIXELS, "interpolation": "bilinear", "resize_mode": "squash"},
        t5=True,
        context=16,
    ),
    "worldwide": Case(
        {
            "embed_dim": 24,
            "vision_cfg": _VIT,
            "text_cfg": {
                **CLIP_TEXT,
                "context_length": 16,
                "vocab_size": 400,
                "hf_tokenizer_name": "someone/siglip",
                "pool_type": "eos",
                "eos_id": 1,
            },
        },
        CLIP_PIXELS,
        t5=True,
        context=16,
    ),
}
TEXTS = [
    "a photo of a cat",
    "Two Dogs, running; on the beach at sunset!",
    "it's 3 o'clock   in the morning",
    "노을지는 바다에서 산책했다",
    "caf&eacute; naïve 🚗 №5 &amp;amp; so on",
    "",
    "the quick brown fox jumps over the lazy dog " * 12,
]
SIZES = [(64, 64), (200, 90), (31, 77), (259, 257), (65, 67), (500, 375), (9, 130), (161, 97), (384, 387)]
