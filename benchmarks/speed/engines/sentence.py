"""sentence-transformers on the same folder, by its defaults: batches of 32, texts sorted by length."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from PIL import Image

from benchmarks.speed.engines import Setting
from benchmarks.speed.engines.simple import Simple


class SentenceTransformers(Simple):
    """SentenceTransformer.encode."""

    def __init__(self, setting: Setting, dtype: str) -> None:
        self._model: Any = import_module("sentence_transformers").SentenceTransformer(setting.model)

    def facts(self) -> dict[str, Any]:
        parameter = next(self._model.parameters())
        return {"dtype": str(parameter.dtype).removeprefix("torch."), "device": str(parameter.device)}

    def texts(self, texts: Sequence[str]) -> Any:
        return self._model.encode(list(texts), show_progress_bar=False)

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._model.encode([Image.open(path) for path in paths], show_progress_bar=False)
