"""Files of small random models as they lie on a hub; each model is built once per process."""

import io
import json
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import torch
from reference import BOS, CONTEXT, CORPUS, EOS, clip_tokenizer, write_checkpoint
from safetensors.torch import load, save
from transformers import BertTokenizer

Tensors = dict[str, torch.Tensor]
FileMap = dict[str, bytes]
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
# What a configuration of transformers 4.16 says and one of transformers 5 leaves out.
OLD_DEFAULTS: dict[str, Any] = {
    "add_cross_attention": False,
    "bad_words_ids": None,
    "chunk_size_feed_forward": 0,
    "do_sample": False,
    "id2label": {"0": "LABEL_0", "1": "LABEL_1"},
    "is_decoder": False,
    "label2id": {"LABEL_0": 0, "LABEL_1": 1},
    "max_length": 20,
    "num_beams": 1,
    "return_dict": True,
    "tie_word_embeddings": True,
    "torch_dtype": None,
    "torchscript": False,
    "transformers_version": "4.16.0.dev0",
    "use_bfloat16": False,
}


def as_json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


@cache
def _clip(seed: int) -> FileMap:
    with TemporaryDirectory() as folder:
        written = write_checkpoint(Path(folder), clip_tokenizer(), seed=seed)
        return {path.name: path.read_bytes() for path in written.iterdir()}


def clip(seed: int = 0) -> FileMap:
    """What transformers 5 writes of a CLIPModel and its tokenizer, and a preprocessor_config.json."""
    return dict(_clip(seed))


def tensors(files: FileMap) -> Tensors:
    return load(files["model.safetensors"])


def with_position_ids(weights: Tensors) -> Tensors:
    """Old checkpoints hold the numbers of the positions too, which newer models have no use for."""
    positions = {
        f"{tower}.embeddings.position_ids": torch.arange(
            weights[f"{tower}.embeddings.position_embedding.weight"].shape[0]
        )[None]
        for tower in ("text_model", "vision_model")
    }
    return {**positions, **weights}


def safe(weights: Tensors) -> bytes:
    return save(weights, metadata={"format": "pt"})


def pickled(weights: Tensors) -> bytes:
    stream = io.BytesIO()
    torch.save(weights, stream)
    return stream.getvalue()


def shards(weights: Tensors, names: list[str], index: str) -> FileMap:
    """The tensors dealt out to files of these names, and the index that says which one is where."""
    dealt = {name: dict(list(weights.items())[start :: len(names)]) for start, name in enumerate(names)}
    total = sum(tensor.nbytes for tensor in weights.values())
    places = {key: name for name, part in dealt.items() for key in part}
    write = safe if index.startswith("model.safetensors") else pickled
    files = {name: write(part) for name, part in dealt.items()}
    return {**files, index: as_json({"metadata": {"total_size": total}, "weight_map": places})}


def old_config(files: FileMap, *, dicts: bool = False) -> bytes:
    """config.json as OpenAI's models have it: every default, `eos_token_id` 2, and the towers a second time.

    Args:
        dicts: `text_config_dict` and `vision_config_dict` hold the towers' sizes once more, as in ViT-L/14;
            else they are null, as in ViT-B/32.
    """
    config = cast(dict[str, Any], json.loads(files["config.json"]))
    text, vision = config["text_config"], config["vision_config"]
    special = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    return as_json(
        {
            "architectures": ["CLIPModel"],
            "initializer_factor": 1.0,
            "logit_scale_init_value": 2.6592,
            "model_type": "clip",
            "projection_dim": config["projection_dim"],
            "text_config": {**OLD_DEFAULTS, **text, **special},
            "text_config_dict": text if dicts else None,
            "transformers_version": None,
            "vision_config": {**OLD_DEFAULTS, **vision},
            "vision_config_dict": vision if dicts else None,
        }
    )


def old_preprocessor(size: int = 32) -> bytes:
    """preprocessor_config.json before sizes had names: no do_rescale and no do_convert_rgb either."""
    return as_json(
        {
            "crop_size": size,
            "do_center_crop": True,
            "do_normalize": True,
            "do_resize": True,
            "feature_extractor_type": "CLIPFeatureExtractor",
            "image_mean": MEAN,
            "image_std": STD,
            "resample": 3,
            "size": size,
        }
    )


def processor_config(mean: list[float], std: list[float], size: int = 32) -> bytes:
    """What `CLIPProcessor.save_pretrained` of transformers 5 writes, and nothing beside it."""
    pixels = {
        "crop_size": {"height": size, "width": size},
        "do_center_crop": True,
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": mean,
        "image_processor_type": "CLIPImageProcessor",
        "image_std": std,
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": {"shortest_edge": size},
    }
    return as_json({"image_processor": pixels, "processor_class": "CLIPProcessor"})


def old_tokenizer(files: FileMap, *, name: str) -> FileMap:
    """vocab.json, merges.txt and the settings of a slow CLIPTokenizer; no tokenizer.json."""
    model = json.loads(files["tokenizer.json"])["model"]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    plain = {"lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    named = {"bos_token": {"content": BOS, **plain}, "eos_token": {"content": EOS, **plain}}
    marks = {**named, "pad_token": EOS, "unk_token": {"content": EOS, **plain}}
    typed = {
        key: {**mark, "__type": "AddedToken"} if isinstance(mark, dict) else mark
        for key, mark in marks.items()
    }
    settings = {"add_prefix_space": False, "do_lower_case": True, "errors": "replace"}
    kind = {"model_max_length": CONTEXT, "name_or_path": name, "tokenizer_class": "CLIPTokenizer"}
    return {
        "merges.txt": ("#version: 0.2\n" + "\n".join(merges) + "\n").encode(),
        "special_tokens_map.json": as_json(marks),
        "tokenizer_config.json": as_json({**settings, **typed, **kind}),
        "vocab.json": as_json(model["vocab"]),
    }


@cache
def _bert_words() -> FileMap:
    letters = sorted({letter for text in CORPUS for letter in text if letter != " "})
    common = [word for word, _ in Counter(" ".join(CORPUS).split()).most_common() if len(word) > 1]
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *letters,
        *(f"##{one}" for one in letters),
        *common,
    ]
    make: Any = BertTokenizer
    numbers = {word: number for number, word in enumerate(words)}
    tokenizer = make(vocab=numbers, bos_token="[CLS]", eos_token="[SEP]", model_max_length=CONTEXT)
    with TemporaryDirectory() as folder:
        written = write_checkpoint(Path(folder), tokenizer, seed=3)
        kept = {path.name: path.read_bytes() for path in written.iterdir() if "tokenizer" not in path.name}
    settings = {"do_lower_case": True, "model_max_length": CONTEXT, "tokenizer_class": "BertTokenizer"}
    listed = ("\n".join(words) + "\n").encode()
    return {**kept, "vocab.txt": listed, "tokenizer_config.json": as_json(settings)}


def bert_words() -> FileMap:
    """A CLIPModel whose tokenizer is BERT's, from vocab.txt only; its text pools at [SEP]."""
    return dict(_bert_words())
