"""ONNX Runtime on both towers in float32: the engine of fastembed, prepared and batched as fastembed does it.

fastembed itself asks for an older Pillow than this project, so that its engine is measured: onnxruntime with
default options, texts in batches of 256 padded to the longest, pictures in batches of 16 by Pillow and numpy.
"""

import json
import logging
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.speed.engines import Setting, Work
from benchmarks.speed.engines.simple import Simple

_TEXTS, _PICTURES, _CONTEXT = 256, 16, 77


class OnnxRuntime(Simple):
    """The towers of the model folder, exported once into the work folder."""

    def __init__(self, setting: Setting, dtype: str) -> None:
        from tokenizers import Tokenizer

        onnxruntime, model = import_module("onnxruntime"), Path(setting.model)
        folder = export(model, setting.work / f"onnx-{model.name}")
        self._text, self._picture = (
            onnxruntime.InferenceSession(folder / f"{tower}.onnx", providers=["CPUExecutionProvider"])
            for tower in ("text", "picture")
        )
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokenizer.enable_truncation(_CONTEXT)
        self._tokenizer.enable_padding(pad_id=self._tokenizer.token_to_id("<|endoftext|>"))
        self._pixels = Pixels.of(model)

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for at in range(0, len(texts), _TEXTS):
            encoded = self._tokenizer.encode_batch(list(texts[at : at + _TEXTS]))
            ids = np.array([each.ids for each in encoded], np.int64)
            rows.append(self._text.run(None, {"input_ids": ids})[0])
        return _unit(np.concatenate(rows))

    def pictures(self, paths: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for at in range(0, len(paths), _PICTURES):
            values = np.stack([self._pixels.values(path) for path in paths[at : at + _PICTURES]])
            rows.append(self._picture.run(None, {"pixel_values": values})[0])
        return _unit(np.concatenate(rows))

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        if call != "pictures: model":
            return super().prepare(call, items, **options)
        ready = np.stack([self._pixels.values(path) for path in items])
        batches = [ready[at : at + _PICTURES] for at in range(0, len(ready), _PICTURES)]
        return lambda: [self._picture.run(None, {"pixel_values": batch}) for batch in batches]


class Pixels(NamedTuple):
    """CLIP's preprocessing, as fastembed writes it."""

    size: int
    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @classmethod
    def of(cls, model: Path) -> "Pixels":
        given = json.loads((model / "preprocessor_config.json").read_text(encoding="utf-8"))
        mean, std = (np.array(given[name], np.float32) for name in ("image_mean", "image_std"))
        return cls(given["crop_size"]["height"], mean, std)

    def values(self, path: str) -> NDArray[np.float32]:
        """One file: (3, H, W)."""
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        share = self.size / min(picture.size)
        size = (max(self.size, int(picture.width * share)), max(self.size, int(picture.height * share)))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
        left, top = (picture.width - self.size) // 2, (picture.height - self.size) // 2
        picture = picture.crop((left, top, left + self.size, top + self.size))
        values = (np.asarray(picture, np.float32) / 255 - self.mean) / self.std  # (H, W, 3)
        return values.transpose(2, 0, 1).astype(np.float32, copy=False)


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = features / np.linalg.norm(features, axis=1, keepdims=True)
    return unit


def export(model: Path, folder: Path) -> Path:
    """Write text.onnx and picture.onnx if they are not there."""
    import torch
    from transformers import CLIPModel

    if (folder / "picture.onnx").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    clip: Any = CLIPModel.from_pretrained(model, dtype=torch.float32)

    class Tower(torch.nn.Module):
        def __init__(self, features: Any) -> None:
            super().__init__()
            self.clip, self._features = clip, features  # the first holds the weights

        def forward(self, given: Any) -> Any:
            output = self._features(given)
            return getattr(output, "pooler_output", output)

    size, words = clip.config.vision_config.image_size, clip.config.text_config.vocab_size
    batch, length = torch.export.Dim("batch", max=4096), torch.export.Dim("length", max=_CONTEXT)
    for name, given, features, axes in (
        ("text", torch.randint(1, words - 2, (2, 12)), clip.get_text_features, {0: batch, 1: length}),
        ("picture", torch.zeros(2, 3, size, size), clip.get_image_features, {0: batch}),
    ):
        part = folder / f"{name}.part.onnx"
        options: Any = {"dynamic_shapes": (axes,), "external_data": False, "verbose": False}
        inputs = ["input_ids" if name == "text" else "pixel_values"]
        torch.onnx.export(Tower(features).eval(), (given,), part, input_names=inputs, **options)
        part.rename(folder / f"{name}.onnx")
    return folder
