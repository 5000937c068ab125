"""Writes small random models of open_clip as it writes them itself."""

import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip_backend.beside.cases import CASES, Case
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

__all__ = ["CASES", "write"]
_CORPUS = [
    "a photo of two dogs running on the beach at sunset",
    "해변에서 달리는 강아지 두 마리, 노을지는 바다",
    "the quick brown fox jumps over the lazy dog, 0123456789",
    "café naïve, so on; a cat",
]


def write(folder: Path, case: Case) -> Path:
    """A folder with open_clip_config.json, safetensors and, where it is not CLIP's, a tokenizer."""
    folder.mkdir()
    config = {"model_cfg": case.model, "preprocess_cfg": case.pictures}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    if case.t5:
        _write_tokenizer(folder)
    torch.manual_seed(len(folder.name))
    model: Any = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if case.grown and parameter.ndim > 1:
                parameter.normal_(0, case.grown)
            elif name.startswith(("visual.trunk", "text")) and parameter.ndim > 1:
                parameter.mul_(2)
        model.logit_scale.fill_(2.5)
        if model.logit_bias is not None:
            model.logit_bias.fill_(-3.0)
    tensors = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors", {"format": "pt"})
    return folder


def _write_tokenizer(folder: Path) -> None:
    """Unigram pieces with an end token and no other, as T5's; padding is of a token of its own."""
    trained: Any = Tokenizer(models.Unigram())
    trained.normalizer = normalizers.NFKC()
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(
        _CORPUS,
        trainers.UnigramTrainer(
            vocab_size=300, show_progress=False, unk_token="<unk>", special_tokens=["<pad>", "</s>", "<unk>"]
        ),
    )
    trained.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    trained.save(str(folder / "tokenizer.json"))
    said = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
