"""A CLIP of random weights in the shape of ViT-B/32: as fast as the real one, and as large.

Its tokenizer is a small one of bytes, so texts are not measured with it. Imports transformers.
"""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast

_BOS, _EOS = "<|startoftext|>", "<|endoftext|>"
_PIXELS = {
    "image_processor_type": "CLIPImageProcessor",
    "do_resize": True,
    "size": {"shortest_edge": 224},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "do_convert_rgb": True,
}


def write_random_clip(folder: Path) -> Path:
    """Write the model if it is not there: 151 million parameters, 605 MB."""
    if (folder / "model.safetensors").exists():
        return folder
    torch.manual_seed(0)
    config = CLIPConfig(text_config={"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1})
    CLIPModel(config).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(_PIXELS), encoding="utf-8")
    return folder


def _tokenizer() -> Any:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        ["a photo of a cat"],
        trainers.BpeTrainer(
            vocab_size=300, show_progress=False, initial_alphabet=letters, special_tokens=[_BOS, _EOS]
        ),
    )
    made.post_processor = processors.TemplateProcessing(
        single=f"{_BOS} $A {_EOS}", special_tokens=[(_BOS, 0), (_EOS, 1)]
    )
    make: Any = PreTrainedTokenizerFast
    return make(tokenizer_object=made, bos_token=_BOS, eos_token=_EOS, pad_token=_EOS, model_max_length=77)
