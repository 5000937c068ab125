"""One row for each family: a small random model of its class, its tokenizer and its picture processor.

To add a family, add a row to `CASES`; the tests beside this file run over them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from families import vocabularies as words
from numpy.typing import NDArray
from PIL import Image
from reference import randomised

SIDE = 32
TOWER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
PICTURE = {**TOWER, "image_size": SIDE, "patch_size": 8}
TEXT = {**TOWER, "vocab_size": 1500}
CLIP_PIXELS = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": SIDE},
    "crop_size": {"height": SIDE, "width": SIDE},
}


@dataclass(frozen=True)
class Case:
    """A family's small model.

    Attributes:
        repository: where a real model of this family lies on the hub.
        config: makes the model's config, which names its class.
        vocabulary: writes the tokenizer into a folder.
        pixels: preprocessor_config.json.
        processor: the reference's class for it, as "module.Class" below transformers.models.
        tokenizer: gives the reference's class, which a release of transformers may not have.
        call: how the reference calls its tokenizer.
        pickled: whether its weights lie there as a pickle alone.
        empty: whether the reference has a vector for an empty text.
        multilingual: whether its tokenizer is for many languages.
        lower: whether the reference is given small letters, which its tokenizer does not make.
    """

    repository: str
    config: Callable[[], Any]
    vocabulary: Callable[[Path], None]
    pixels: dict[str, Any]
    processor: str
    tokenizer: Callable[[], Any] = lambda: transformers.AutoTokenizer
    call: dict[str, Any] = field(default_factory=dict)
    pickled: bool = False
    empty: bool = True
    multilingual: bool = True
    lower: bool = False


_PADDED = {"padding": "max_length", "max_length": 64}
_SQUASHED = {"image_processor_type": "SiglipImageProcessor", "size": {"height": SIDE, "width": SIDE}}
_CLIP_CLASS = "clip.image_processing_pil_clip.CLIPImageProcessorPil"


def _siglip_text() -> dict[str, Any]:
    return {**TEXT, "projection_size": 32, "max_position_embeddings": 64}


def dual(text: Any) -> Any:
    """The config of a CLIP's picture tower beside a text model."""
    vision = transformers.CLIPVisionConfig(**PICTURE)
    joined: Any = transformers.VisionTextDualEncoderConfig
    return joined.from_vision_text_configs(vision, text, projection_dim=24)


def _config(name: str, text: dict[str, Any], vision: dict[str, Any], **rest: Any) -> Callable[[], Any]:
    return lambda: getattr(transformers, name)(text_config=text, vision_config=vision, **rest)


CASES: dict[str, Case] = {
    "siglip": Case(
        "google/siglip-base-patch16-224",
        _config("SiglipConfig", _siglip_text(), PICTURE), words.siglip, _SQUASHED,
        "siglip.image_processing_pil_siglip.SiglipImageProcessorPil", call=_PADDED,
    ),
    "siglip 2, fixed": Case(
        "google/siglip2-base-patch16-224",
        _config("SiglipConfig", _siglip_text(), PICTURE), words.gemma,
        {**_SQUASHED, "resample": 2, "do_convert_rgb": None},
        "siglip.image_processing_pil_siglip.SiglipImageProcessorPil", call=_PADDED, lower=True,
    ),
    "siglip 2, NaFlex": Case(
        "google/siglip2-base-patch16-naflex",
        _config("Siglip2Config", _siglip_text(), {**TOWER, "patch_size": 8, "num_patches": 16}),
        partial(words.siglip2, padding_side="right"),
        {"image_processor_type": "Siglip2ImageProcessorFast", "patch_size": 8, "max_num_patches": 24},
        "siglip2.image_processing_pil_siglip2.Siglip2ImageProcessorPil", call=_PADDED,
    ),
    "siglip 2, filled up on the left": Case(
        "someone/siglip2-left",
        _config("SiglipConfig", _siglip_text(), PICTURE), partial(words.siglip2, padding_side="left"),
        _SQUASHED, "siglip.image_processing_pil_siglip.SiglipImageProcessorPil", call=_PADDED,
    ),
    "metaclip 2": Case(
        "facebook/metaclip-2-worldwide-b32",
        _config("MetaClip2Config", {**TEXT, "eos_token_id": 2, "max_position_embeddings": 77}, PICTURE,
                projection_dim=24),
        words.xlm_roberta, CLIP_PIXELS, _CLIP_CLASS,
    ),
    "chinese clip": Case(
        "OFA-Sys/chinese-clip-vit-base-patch16",
        _config("ChineseCLIPConfig", TEXT, PICTURE, projection_dim=24), words.bert,
        {"feature_extractor_type": "ChineseCLIPFeatureExtractor", "size": {"height": SIDE, "width": SIDE},
         "do_center_crop": False, "crop_size": 28, "resample": 3},
        "chinese_clip.image_processing_pil_chinese_clip.ChineseCLIPImageProcessorPil", pickled=True,
        multilingual=False,
    ),
    "altclip": Case(
        "BAAI/AltCLIP-m9",
        _config("AltCLIPConfig", {**TEXT, "project_dim": 24, "pad_token_id": 1}, PICTURE, projection_dim=24),
        words.xlm_roberta, CLIP_PIXELS, _CLIP_CLASS,
    ),
    "align": Case(
        "kakaobrain/align-base",
        _config("AlignConfig", TEXT, {"image_size": 600, "width_coefficient": 0.1, "hidden_dim": 64,
                                      "depth_coefficient": 0.1}, projection_dim=32),
        words.bert_of_64,
        {"image_processor_type": "EfficientNetImageProcessor", "size": {"height": 46, "width": 46},
         "crop_size": {"height": 39, "width": 39}, "do_center_crop": True, "resample": 2,
         "rescale_factor": 1 / 127.5, "rescale_offset": True, "do_normalize": False, "include_top": False},
        "efficientnet.image_processing_pil_efficientnet.EfficientNetImageProcessorPil", pickled=True,
        multilingual=False,
    ),
    "dual encoder with BERT": Case(
        "clip-italian/clip-italian",
        lambda: dual(transformers.BertConfig(**TEXT)), words.bert_of_64,
        {"image_processor_type": "ViTImageProcessor", "size": {"height": SIDE, "width": SIDE}},
        "vit.image_processing_pil_vit.ViTImageProcessorPil", multilingual=False,
    ),
    "dual encoder with RoBERTa": Case(
        "koclip/koclip-base-pt",
        lambda: dual(transformers.RobertaConfig(**TEXT, max_position_embeddings=66)),
        words.roberta,
        {**CLIP_PIXELS, "image_processor_type": None, "feature_extractor_type": "CLIPFeatureExtractor"},
        _CLIP_CLASS, call={"max_length": 64}, pickled=True,
    ),
    "groupvit": Case(
        "nvidia/groupvit-gcc-yfcc",
        _config("GroupViTConfig", {**TEXT, "eos_token_id": 602, "max_position_embeddings": 77},
                {**PICTURE, "depths": [1, 1, 1], "num_hidden_layers": 3, "num_group_tokens": [8, 4, 0],
                 "num_output_groups": [8, 4, 0]}, projection_dim=24, projection_intermediate_dim=48),
        words.clip, CLIP_PIXELS, _CLIP_CLASS, multilingual=False,
    ),
    "tipsv2": Case(
        "google/tipsv2-b14",
        _config("Tipsv2Config", TEXT, PICTURE), words.tipsv2,
        {"image_processor_type": "Tipsv2ImageProcessor", "size": {"height": SIDE, "width": SIDE},
         "resample": 2, "do_normalize": False, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
        "siglip.image_processing_pil_siglip.SiglipImageProcessorPil",  # a twin on Pillow of the same steps
        tokenizer=words.tipsv2_tokenizer, call=_PADDED, empty=False,
    ),
}  # fmt: skip


def write_model(folder: Path, case: Case, *, seed: int = 0) -> Path:
    """A folder as a hub's repository of this family lies."""
    folder.mkdir(parents=True, exist_ok=True)
    config = case.config()
    kind: Any = transformers.AutoModel
    torch.manual_seed(seed)
    model = randomised(kind.from_config(config), seed)
    model.save_pretrained(folder)
    case.vocabulary(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(case.pixels))
    return folder


class Reference:
    """A model as transformers reads it, in float32 on the CPU."""

    def __init__(self, folder: Path, case: Case) -> None:
        loaded: Any = transformers.AutoModel
        self.case = case
        self.model = loaded.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer: Any = case.tokenizer().from_pretrained(folder)
        module, name = case.processor.rsplit(".", 1)
        given = {key: value for key, value in case.pixels.items() if value is not None}
        given.pop("image_processor_type", None)
        self.processor = getattr(import_module(f"transformers.models.{module}"), name)(**given)

    def texts(self, texts: list[str]) -> NDArray[np.float32]:
        """get_text_features, normalised: (N, D)."""
        if self.case.lower:
            texts = [text.lower() for text in texts]
        options = {"padding": True, "truncation": True, **self.case.call}
        given = self.tokenizer(texts, return_tensors="pt", **options)
        if not self.takes_mask:
            given.pop("attention_mask", None)
        with torch.inference_mode():
            return _unit(self.model.get_text_features(**given).pooler_output)

    @property
    def takes_mask(self) -> bool:
        """SigLIP's processors give none: its models were trained without."""
        return not self.model.config.model_type.startswith("siglip")

    def images(self, pictures: list[Image.Image]) -> NDArray[np.float32]:
        """get_image_features of RGB pictures, normalised: (N, D)."""
        rows = []
        with torch.inference_mode():
            for picture in pictures:
                given = self.processor(picture, input_data_format="channels_last", return_tensors="pt")
                rows.append(_unit(self.model.get_image_features(**given).pooler_output))
        return np.concatenate(rows)


def _unit(features: Any) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = torch.nn.functional.normalize(features, dim=-1).numpy()
    return rows
