"""The classes and loops that others have for CLIP, on the CPU and in float32 unless they choose otherwise."""

import os
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.speed.engines import Engine, Setting

_MODEL, _RANDOM = "ViT-B-32", ""  # for open_clip's: no checkpoint


class Chroma(Engine):
    """chromadb's OpenCLIPEmbeddingFunction, pictures read by its ImageLoader; one item at a time."""

    def __init__(self, setting: Setting) -> None:
        from chromadb.utils.data_loaders import ImageLoader
        from chromadb.utils.embedding_functions.open_clip_embedding_function import OpenCLIPEmbeddingFunction

        self._function: Any = OpenCLIPEmbeddingFunction(_MODEL, checkpoint=_RANDOM)
        self._loader: Any = ImageLoader()

    def texts(self, texts: Sequence[str]) -> Any:
        return self._function(list(texts))

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._function(self._loader(list(paths)))


class LangChain(Engine):
    """langchain-experimental's OpenCLIPEmbeddings, one item at a time."""

    def __init__(self, setting: Setting) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the package is no longer maintained
            make = import_module("langchain_experimental.open_clip").OpenCLIPEmbeddings
        self._embeddings: Any = make(model_name=_MODEL, checkpoint=_RANDOM)

    def texts(self, texts: Sequence[str]) -> Any:
        return self._embeddings.embed_documents(list(texts))

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._embeddings.embed_image(list(paths))


class SentenceTransformers(Engine):
    """SentenceTransformer.encode on the same folder: batches of 32, texts sorted by length."""

    def __init__(self, setting: Setting) -> None:
        self._model: Any = import_module("sentence_transformers").SentenceTransformer(setting.model)

    def facts(self) -> dict[str, Any]:
        return {"dtype": str(next(self._model.parameters()).dtype).removeprefix("torch.")}

    def texts(self, texts: Sequence[str]) -> Any:
        return self._model.encode(list(texts), show_progress_bar=False)

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._model.encode([Image.open(path) for path in paths], show_progress_bar=False)


class Transformers(Engine):
    """The loop of the CLIP tutorials, in batches of 32: CLIPProcessor, then CLIPModel."""

    def __init__(self, setting: Setting) -> None:
        import torch
        from transformers import CLIPModel, CLIPProcessor

        self._torch: Any = torch
        self._processor: Any = CLIPProcessor.from_pretrained(setting.model)
        self._model: Any = CLIPModel.from_pretrained(setting.model, dtype=torch.float32)  # in eval mode

    def texts(self, texts: Sequence[str]) -> Any:
        given = {"padding": True, "truncation": True}
        return self._over(texts, self._model.get_text_features, lambda part: {"text": part, **given})

    def pictures(self, paths: Sequence[str]) -> Any:
        features = self._model.get_image_features
        return self._over(paths, features, lambda part: {"images": list(map(Image.open, part))})

    def _over(self, items: Sequence[str], features: Any, given: Callable[[list[str]], dict[str, Any]]) -> Any:
        rows = []
        for at in range(0, len(items), 32):
            inputs = self._processor(**given(list(items[at : at + 32])), return_tensors="pt")
            with self._torch.no_grad():
                found = features(**inputs)
                found = getattr(found, "pooler_output", found)
                rows.append(found / found.norm(dim=-1, keepdim=True))
        return self._torch.cat(rows).numpy()


class FasterClip(Engine):
    """faster-clip's ClipModel, in Rust. It downloads weights that its cache has not: ours are put there."""

    def __init__(self, setting: Setting) -> None:
        cache = setting.work / "faster-clip"
        file = cache / "sentence-transformers__clip-ViT-B-32" / "0_CLIPModel" / "model.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.symlink_to(Path(setting.model, file.name).resolve(strict=True))
        os.environ["FASTER_CLIP_CACHE"] = str(cache.resolve())
        self._model: Any = import_module("faster_clip").ClipModel()

    def facts(self) -> dict[str, Any]:
        return {"dtype": "float32, weights int8"}

    def texts(self, texts: Sequence[str]) -> Any:
        # It would download them, to be fast at something else.
        raise NotImplementedError("not CLIP: its text tower is DistilBERT, of clip-ViT-B-32-multilingual-v1")

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._model.encode_image([Path(path).read_bytes() for path in paths])
