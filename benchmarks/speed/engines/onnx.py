"""Both towers exported to ONNX: run by ONNX Runtime, prepared and batched as fastembed does, and by OpenVINO.

fastembed itself asks for an older Pillow than this project, so that its engine is measured: onnxruntime with
default options, texts in batches of 256 padded to the longest, pictures in batches of 16 by Pillow and numpy.
"""

import json
import logging
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.speed.engines import Engine, Setting

_TEXTS, _PICTURES, _CONTEXT = 256, 16, 77


class OnnxRuntime(Engine):
    """The towers of the model folder, exported once into the work folder."""

    def __init__(self, setting: Setting) -> None:
        from tokenizers import Tokenizer

        model = Path(setting.model)
        folder = export(model, setting.work / f"onnx-{model.name}")
        self._text, self._picture = (self.load(folder / f"{tower}.onnx") for tower in ("text", "picture"))
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokenizer.enable_truncation(_CONTEXT)
        self._tokenizer.enable_padding(pad_id=self._tokenizer.token_to_id("<|endoftext|>"))
        self._pixels = json.loads((model / "preprocessor_config.json").read_text(encoding="utf-8"))

    def load(self, tower: Path) -> Callable[[NDArray[Any]], Any]:
        session = import_module("onnxruntime").InferenceSession(tower, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return lambda batch: session.run(None, {name: batch})[0]

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for at in range(0, len(texts), _TEXTS):
            encoded = self._tokenizer.encode_batch(list(texts[at : at + _TEXTS]))
            ids = np.array([each.ids for each in encoded], np.int64)
            rows.append(self._text(ids))
        return _unit(np.concatenate(rows))

    def pictures(self, paths: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for at in range(0, len(paths), _PICTURES):
            values = np.stack([self._values(path) for path in paths[at : at + _PICTURES]])
            rows.append(self._picture(values))
        return _unit(np.concatenate(rows))

    def _values(self, path: str) -> NDArray[np.float32]:
        """One file as CLIP takes it, by the code of fastembed: (3, H, W)."""
        size = self._pixels["crop_size"]["height"]
        mean, std = (np.array(self._pixels[name], np.float32) for name in ("image_mean", "image_std"))
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        share = size / min(picture.size)
        wide = (max(size, int(picture.width * share)), max(size, int(picture.height * share)))
        picture = picture.resize(wide, Image.Resampling.BICUBIC)
        left, top = (picture.width - size) // 2, (picture.height - size) // 2
        picture = picture.crop((left, top, left + size, top + size))
        values = (np.asarray(picture, np.float32) / 255 - mean) / std  # (H, W, 3)
        return values.transpose(2, 0, 1).astype(np.float32, copy=False)


class OpenVino(OnnxRuntime):
    """OpenVINO's CPU plugin with default options: it chooses bfloat16 where the processor computes in it."""

    def load(self, tower: Path) -> Callable[[NDArray[Any]], Any]:
        # Without openvino-telemetry, which the group of peers leaves out, it has nothing that could send.
        compiled = import_module("openvino").Core().compile_model(tower, "CPU")
        self._chosen = compiled.get_property
        return lambda batch: compiled(batch)[0]

    def facts(self) -> dict[str, Any]:
        precision = str(
            self._chosen("INFERENCE_PRECISION_HINT")
        )  # <Type: 'bfloat16'>; to_dtype() takes it for float16
        return {"dtype": precision.split("'")[1], "threads": self._chosen("INFERENCE_NUM_THREADS")}


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
