"""open_clip's weights and vocabulary -> a folder in the layout of transformers."""

import json
import re
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from benchmarks.shared.vocabulary import clip_tokenizer

# open_clip's name -> that of transformers; the towers differ only in their first part.
_NAMES = {
    r"^visual\.conv1\.weight": "vision_model.embeddings.patch_embedding.weight",
    r"^visual\.class_embedding": "vision_model.embeddings.class_embedding",
    r"^visual\.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    r"^visual\.ln_pre": "vision_model.pre_layrnorm",
    r"^visual\.ln_post": "vision_model.post_layernorm",
    r"^visual\.proj$": "visual_projection.weight",
    r"^token_embedding": "text_model.embeddings.token_embedding",
    r"^positional_embedding": "text_model.embeddings.position_embedding.weight",
    r"^ln_final": "text_model.final_layer_norm",
    r"^text_projection$": "text_projection.weight",
    r"^visual\.transformer\.resblocks": "vision_model.encoder.layers",
    r"^transformer\.resblocks": "text_model.encoder.layers",
    r"\.ln_1\.": ".layer_norm1.",
    r"\.ln_2\.": ".layer_norm2.",
    r"\.mlp\.c_fc\.": ".mlp.fc1.",
    r"\.mlp\.c_proj\.": ".mlp.fc2.",
    r"\.attn\.out_proj\.": ".self_attn.out_proj.",
}


def converted(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename, transpose the projections, and split attention's one matrix into three."""
    result: dict[str, Tensor] = {}
    for old, value in weights.items():
        name = old
        for pattern, replacement in _NAMES.items():
            name = re.sub(pattern, replacement, name)
        if ".attn.in_proj_" in name:
            for part, piece in zip("qkv", value.chunk(3), strict=True):
                result[name.replace(".attn.in_proj_", f".self_attn.{part}_proj.")] = piece.clone()
        else:
            result[name] = value.T.contiguous() if "projection" in name and value.ndim == 2 else value
    return result


def config_of(shape: dict[str, Any]) -> CLIPConfig:
    """open_clip's description of a model -> that of transformers."""
    vision, text = shape["vision_cfg"], shape["text_cfg"]
    towers = [
        {
            "hidden_size": tower["width"],
            "intermediate_size": tower["width"] * 4,
            "num_hidden_layers": tower["layers"],
            "num_attention_heads": tower["width"] // 64,
            "hidden_act": "quick_gelu" if shape["quick_gelu"] else "gelu",
        }
        for tower in (text, vision)
    ]
    ends = {"bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407, "vocab_size": 49408}
    sizes = {"image_size": vision["image_size"], "patch_size": vision["patch_size"]}
    return CLIPConfig(
        text_config={**towers[0], **ends},
        vision_config={**towers[1], **sizes},
        projection_dim=shape["embed_dim"],
    )


def write_twin(weights: Path, shape: dict[str, Any], archive: Path, folder: Path) -> Path:
    """The same model as a folder that transformers, and so this library, reads."""
    model = CLIPModel(config_of(shape))
    model.load_state_dict(converted(load_file(weights)))
    model.save_pretrained(folder)
    clip_tokenizer(archive).save_pretrained(folder)
    size = shape["vision_cfg"]["image_size"]
    pixels = {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": size},
        "crop_size": {"height": size, "width": size},
        "resample": 3,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
    return folder
