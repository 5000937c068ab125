"""Models on a hub that do not load, or must not: hostile or damaged weights, files that cannot be meant."""

import io
import json
import os
import pickle
from pathlib import Path
from typing import Any

import torch
from hub import layouts
from hub import small_models as small
from hub.loopback import Hub
from hub.small_models import as_json


class WritesAFile:
    """Unpickling one runs a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def hostile(path: Path, *, old: bool) -> bytes:
    """Weights among which is a command: as torch saves them, or as a bare pickle."""
    content = {**small.tensors(small.clip()), "text_model.final_layer_norm.bias": WritesAFile(path)}
    if old:
        return pickle.dumps({"weights": WritesAFile(path)}, protocol=2)
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def pickled(content: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def pickled_models(hub: Hub, folder: Path) -> None:
    files = {**small.clip()}
    del files["model.safetensors"]
    weights = small.pickled(small.tensors(small.clip()))
    for name, content in {
        "hostile": hostile(folder / "written", old=False),
        "hostile-old": hostile(folder / "written", old=True),
        "cut-off": weights[: len(weights) // 2],
        "nested": pickled({"state_dict": {"a": torch.ones(2)}, "epoch": 3}),
        "empty": b"",
        "pointer": b"version https://git-lfs.github.com/spec/v1\\noid sha256:0\\n",
        "sparse": pickled({"logit_scale": torch.eye(3).to_sparse()}),
        "fine": weights,
    }.items():
        hub.add(f"pickles/{name}", {**files, "pytorch_model.bin": content})


def other_models(hub: Hub) -> None:
    layouts.gated(hub)
    of_other_configs_and_weights(hub)
    of_other_tokenizers_and_modules(hub)
    of_other_pictures(hub)


def odd(hub: Hub, name: str, changes: dict[str, bytes | None]) -> None:
    """A model of which some files are others, or None: not there."""
    kept = {**small.clip(), **changes}
    hub.add(f"odd/{name}", {key: value for key, value in kept.items() if value is not None})


def of_other_configs_and_weights(hub: Hub) -> None:
    made = small.clip()
    config = json.loads(made["config.json"])
    odd(hub, "another-type", {"config.json": as_json({**config, "model_type": "blip"})})
    odd(hub, "no-weights", {"model.safetensors": None})
    odd(hub, "no-tokenizer", {"tokenizer.json": None})
    odd(hub, "no-config", {"config.json": None})
    odd(hub, "nothing", dict.fromkeys(made, None) | {"README.md": b"soon"})
    narrow = {**config, "text_config": {**config["text_config"], "intermediate_size": 12}}
    odd(hub, "other-shapes", {"config.json": as_json(narrow)})
    odd(
        hub,
        "no-shard",
        {"model.safetensors": None, **index({"logit_scale": "model-00001-of-00002.safetensors"})},
    )
    odd(
        hub,
        "shard-outside",
        {"model.safetensors": None, **index({"logit_scale": "../../../secret.safetensors"})},
    )
    odd(hub, "empty-index", {"model.safetensors": None, **index({})})
    odd(hub, "adapter", {"adapter_config.json": b"{}", "adapter_model.safetensors": b""})
    odd(hub, "redirected", {"config.json": as_json({**config, "transformers_weights": "other.safetensors"})})
    odd(
        hub,
        "two-ends",
        {
            "config.json": as_json(
                {**config, "text_config": {**config["text_config"], "eos_token_id": [1, 2]}}
            )
        },
    )
    odd(hub, "weights-as-numbers", {"model.safetensors": None, **index({"logit_scale": 7})})


def of_other_tokenizers_and_modules(hub: Hub) -> None:
    made = small.clip()
    tokenizer = json.loads(made["tokenizer.json"])
    fast = {**json.loads(made["tokenizer_config.json"]), "tokenizer_class": "PreTrainedTokenizerFast"}
    odd(
        hub,
        "no-end",
        {
            "tokenizer.json": as_json({**tokenizer, "post_processor": None}),
            "tokenizer_config.json": as_json(fast),
        },
    )
    module = {"type": "sentence_transformers.models.CLIPModel", "path": "0_CLIPModel", "idx": 0, "name": "0"}
    dense = {"type": "sentence_transformers.models.Dense", "path": "1_Dense", "idx": 1, "name": "1"}
    hub.add("odd/clip-and-dense", {"modules.json": as_json([module, dense])})
    hub.add("odd/module-outside", {"modules.json": as_json([{**module, "path": "../elsewhere"}])})
    hub.add("odd/damaged-modules", {"modules.json": b"{"})


def of_other_pictures(hub: Hub) -> None:
    odd(
        hub,
        "wrong-mean",
        {"preprocessor_config.json": as_json({"image_mean": [0.5], "size": 32, "crop_size": 32})},
    )
    odd(hub, "wrong-size", {"preprocessor_config.json": as_json({"size": {"longest_edge": 32}})})
    filters = {"resample": "bicubic", "size": 32, "crop_size": 32}
    odd(hub, "wrong-filter", {"preprocessor_config.json": as_json(filters)})
    odd(
        hub,
        "another-processor",
        {"preprocessor_config.json": as_json({"image_processor_type": "PoolFormerImageProcessor"})},
    )


def index(weights: dict[str, Any]) -> dict[str, bytes | None]:
    return {"model.safetensors.index.json": as_json({"weight_map": weights})}
