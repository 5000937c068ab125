"""ONNX Runtime on both towers in float32: the engine of fastembed, prepared and batched as fastembed does it.

fastembed itself asks for an older Pillow than this project, so that its engine is measured: onnxruntime with
default options, texts in batches of 256 padded to the longest, pictures in batches of 16 by Pillow and numpy.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.speed.engines import Setting, Work
from benchmarks.speed.engines.simple import Simple

_TEXTS, _PICTURES, _SIZE, _CONTEXT = 256, 16, 224, 77
_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
_STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


class OnnxRuntime(Simple):
    """The towers of the model folder, exported once into the work folder."""

    def __init__(self, setting: Setting, dtype: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        folder = export(setting.model, setting.work / "onnx")
        self._text, self._picture = (
            onnxruntime.InferenceSession(folder / f"{tower}.onnx", providers=["CPUExecutionProvider"])
            for tower in ("text", "picture")
        )
        self._tokenizer = Tokenizer.from_file(str(Path(setting.model, "tokenizer.json")))
        self._tokenizer.enable_truncation(_CONTEXT)
        self._tokenizer.enable_padding(pad_id=49407)

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
            values = np.stack([_values(path) for path in paths[at : at + _PICTURES]])
            rows.append(self._picture.run(None, {"pixel_values": values})[0])
        return _unit(np.concatenate(rows))

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        if call != "pictures: model":
            return super().prepare(call, items, **options)
        ready = np.stack([_values(path) for path in items])
        batches = [ready[at : at + _PICTURES] for at in range(0, len(ready), _PICTURES)]
        return lambda: [self._picture.run(None, {"pixel_values": batch}) for batch in batches]


def _values(path: str) -> NDArray[np.float32]:
    """CLIP's preprocessing of one file: (3, 224, 224)."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    share = _SIZE / min(picture.size)
    size = (max(_SIZE, int(picture.width * share)), max(_SIZE, int(picture.height * share)))
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    left, top = (picture.width - _SIZE) // 2, (picture.height - _SIZE) // 2
    picture = picture.crop((left, top, left + _SIZE, top + _SIZE))
    values = (np.asarray(picture, np.float32) / 255 - _MEAN) / _STD  # (224, 224, 3)
    return values.transpose(2, 0, 1).astype(np.float32)


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = features / np.linalg.norm(features, axis=1, keepdims=True)
    return unit


def export(model: str, folder: Path) -> Path:
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
            self.clip, self._features = clip, features

        def forward(self, given: Any) -> Any:
            output = self._features(given)
            return getattr(output, "pooler_output", output)

    ids, values = torch.randint(1, 49406, (2, 12)), torch.zeros(2, 3, _SIZE, _SIZE)
    batch, length = torch.export.Dim("batch", max=4096), torch.export.Dim("length", max=_CONTEXT)
    for name, given, tower, axes in (
        ("text", ids, Tower(clip.get_text_features).eval(), {0: batch, 1: length}),
        ("picture", values, Tower(clip.get_image_features).eval(), {0: batch}),
    ):
        inputs = ["input_ids" if name == "text" else "pixel_values"]
        part = folder / f"{name}.part.onnx"
        torch.onnx.export(
            tower,
            (given,),
            part,
            input_names=inputs,
            dynamic_shapes=(axes,),
            external_data=False,
            verbose=False,
        )
        part.rename(folder / f"{name}.onnx")
    return folder
