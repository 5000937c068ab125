"""Models that cannot be, and what is said of each."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from open_clip_backend.beside.checks import embedder_of
from safetensors.torch import load_file, save_file

from clip_embeddings import CLIPEmbedder, finetune


def refused(folder: Path) -> dict[str, str]:
    """What is raised, by what was tried."""
    source = folder / "ViT-B-32"
    tried: dict[str, Callable[[], Any]] = {
        "no tag": lambda: embedder_of("open_clip:RN50/nothing").dimension,
        "no tag at all": lambda: embedder_of("open_clip:RN101").dimension,
        "no architecture": lambda: embedder_of("open_clip:RN5O/openai").dimension,
        "no folder": lambda: embedder_of("local-dir:/not/there").dimension,
        "address alone": _address_alone,
        "no prefix": lambda: embedder_of("timm/MobileCLIP2-S0-OpenCLIP").dimension,
        "not on the hub": lambda: embedder_of("hf-hub:timm/nothing").dimension,
        "finetune": lambda: finetune(source, [("a.png", "a")] * 8, output=folder / "tuned", device="cpu"),
        "revision": lambda: embedder_of(f"local-dir:{source}", revision="main").dimension,
        "pickle": lambda: embedder_of(folder / "pickled", allow_pickle=False).dimension,
        "token states": lambda: embedder_of(source)._encoder.token_states(
            np.zeros((1, 3), np.int64), np.ones((1, 3), np.bool_), layer=-1, skip=0
        ),
        "changed": lambda: _changed_after(shutil.copytree(source, folder / "rewritten")),
        **_of_other_files(source, folder),
    }
    return {name: _told(call) for name, call in tried.items()}


def _of_other_files(source: Path, folder: Path) -> dict[str, Callable[[], Any]]:
    """What is tried with copies of a model whose config or weights are others."""
    config = json.loads((source / "open_clip_config.json").read_text())["model_cfg"]

    def changed(name: str, **text: Any) -> str:
        return _copy(source, folder / name, {**config, "text_cfg": {**config["text_cfg"], **text}})

    def without(name: str, key: str) -> str:
        place = shutil.copytree(source, folder / name)
        weights = load_file(place / "open_clip_model.safetensors")
        del weights[key]
        save_file(weights, place / "open_clip_model.safetensors")
        return str(place)

    longer = _copy(source, folder / "longer", {**config, "embed_dim": 25})
    return {
        "text tower": lambda: embedder_of(changed("hf", hf_model_name="roberta-base")).dimension,
        "tokenizer": lambda: embedder_of(changed("t5", hf_tokenizer_name="someone/t5")).dimension,
        "options": lambda: embedder_of(changed("o", tokenizer_kwargs={"reduction_mask": "random"})).dimension,
        "odd key": lambda: embedder_of(changed("odd", what=1)).embed_texts(["a"]),
        "dimension": lambda: embedder_of(longer).dimension,
        "missing": lambda: embedder_of(without("lost", "visual.proj")).embed_texts(["a"]),
        "no scale": lambda: embedder_of(without("no scale", "logit_scale")).embed_texts(["a"]),
        "ids": lambda: embedder_of(changed("small", vocab_size=100)).embed_texts(["a cat"]),
    }


def _copy(source: Path, place: Path, model: dict[str, Any]) -> str:
    """The same model with another description of it."""
    shutil.copytree(source, place)
    config = json.loads((source / "open_clip_config.json").read_text())
    (place / "open_clip_config.json").write_text(json.dumps({**config, "model_cfg": model}))
    return str(place)


def _told(call: Callable[[], Any]) -> str:
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was raised"


def _address_alone() -> object:
    """A row of open_clip's table without a repository; today's all have one."""
    from open_clip import pretrained

    pretrained._PRETRAINED["RN50"]["far"] = {"url": "https://example.org/w.pt", "hf_hub": ""}
    return CLIPEmbedder("open_clip:RN50/far").dimension


def _changed_after(folder: Path) -> object:
    made = embedder_of(folder)
    _ = made.dimension
    (folder / "open_clip_config.json").write_text((folder / "open_clip_config.json").read_text() + " ")
    return made.fingerprint
