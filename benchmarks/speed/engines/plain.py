"""The loop of the CLIP tutorials: CLIPProcessor, then CLIPModel. Imports torch and transformers."""

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from transformers import CLIPModel, CLIPProcessor

from benchmarks.speed.engines import Setting
from benchmarks.speed.engines.simple import Simple


class Batched(Simple):
    """A batch goes through the processor, then through the model."""

    batch = 32

    def __init__(self, setting: Setting, dtype: str) -> None:
        self._processor: Any = CLIPProcessor.from_pretrained(setting.model)
        self._model: Any = CLIPModel.from_pretrained(setting.model, dtype=torch.float32)  # in eval mode

    def texts(self, texts: Sequence[str]) -> Any:
        return self._over(texts, self._text)

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._over(paths, self._picture)

    def _over(self, items: Sequence[str], embed: Any) -> Any:
        rows = [embed(items[at : at + self.batch]) for at in range(0, len(items), self.batch)]
        return torch.cat(rows).numpy()

    @torch.no_grad()
    def _text(self, texts: Sequence[str]) -> Any:
        inputs = self._processor(text=list(texts), return_tensors="pt", padding=True, truncation=True)
        return self._unit(self._model.get_text_features(**inputs))

    @torch.no_grad()
    def _picture(self, paths: Sequence[str]) -> Any:
        inputs = self._processor(images=[Image.open(path) for path in paths], return_tensors="pt")
        return self._unit(self._model.get_image_features(**inputs))

    @staticmethod
    def _unit(output: Any) -> Any:
        features = getattr(output, "pooler_output", output)
        return features / features.norm(dim=-1, keepdim=True)


class Single(Batched):
    """One item at a time."""

    batch = 1
