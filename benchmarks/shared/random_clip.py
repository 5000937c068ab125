"""A CLIP of random weights in the shape of a released one: as fast as the real one, and as large.

Its vocabulary is the true one where open_clip is installed in a folder of peers; else a small one of bytes,
with which texts are not to be measured. Imports torch and transformers when there is a model to write.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.shared.vocabulary import PEERS, clip_tokenizer, find_merges

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
# CLIPConfig's own defaults are those of ViT-B/32.
SHAPES: dict[str, dict[str, Any]] = {
    "ViT-B/32": {},
    "ViT-L/14": {
        "projection_dim": 768,
        "text_config": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
        "vision_config": {
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "patch_size": 14,
        },
    },
}


def write_random_clip(folder: Path, *, shape: str = "ViT-B/32", peers: Sequence[Path] = PEERS) -> Path:
    """Write the model if it is not there; ViT-B/32 has 151 million parameters, 605 MB in float32.

    Args:
        folder: where to write it.
        shape: a name in SHAPES.
        peers: folders where open_clip may be, for its vocabulary.
    Returns:
        The folder, with "-bytes" after its name if no open_clip was found.
    """
    merges = find_merges(peers)
    folder = folder if merges else folder.with_name(f"{folder.name}-bytes")
    if folder.exists():
        return folder
    import torch
    from transformers import CLIPConfig, CLIPModel

    part = folder.with_name(f"{folder.name}.part")  # what was interrupted is not taken for the whole
    shutil.rmtree(part, ignore_errors=True)
    tokenizer = clip_tokenizer(merges) if merges else byte_tokenizer()
    ends = {"bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407}
    if not merges:
        ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    given = SHAPES[shape]
    torch.manual_seed(0)
    config = CLIPConfig(**{**given, "text_config": {**given.get("text_config", {}), **ends}})
    CLIPModel(config).save_pretrained(part)
    tokenizer.save_pretrained(part)
    (part / "preprocessor_config.json").write_text(json.dumps(_PIXELS), encoding="utf-8")
    part.rename(folder)
    return folder


def byte_tokenizer() -> Any:
    """Bytes and a few pairs of them; the ids 0 and 1 begin and end a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

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
