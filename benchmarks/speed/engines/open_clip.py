"""Chroma's and LangChain's own classes over open_clip: ViT-B/32 of random weights, one item at a time."""

import asyncio
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.speed.engines import Setting, Work
from benchmarks.speed.engines.simple import Simple

_MODEL = "ViT-B-32"
_RANDOM = ""  # no checkpoint


class Chroma(Simple):
    """chromadb's OpenCLIPEmbeddingFunction, pictures read by its ImageLoader."""

    def __init__(self, setting: Setting, dtype: str) -> None:
        from chromadb.utils.data_loaders import ImageLoader
        from chromadb.utils.embedding_functions.open_clip_embedding_function import OpenCLIPEmbeddingFunction

        self._function: Any = OpenCLIPEmbeddingFunction(_MODEL, checkpoint=_RANDOM)
        self._loader: Any = ImageLoader()

    def texts(self, texts: Sequence[str]) -> Any:
        return self._function(list(texts))

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._function(self._loader(list(paths)))


class LangChain(Simple):
    """langchain-experimental's OpenCLIPEmbeddings."""

    def __init__(self, setting: Setting, dtype: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the package is no longer maintained
            make = import_module("langchain_experimental.open_clip").OpenCLIPEmbeddings
        self._embeddings: Any = make(model_name=_MODEL, checkpoint=_RANDOM)

    def texts(self, texts: Sequence[str]) -> Any:
        return self._embeddings.embed_documents(list(texts))

    def pictures(self, paths: Sequence[str]) -> Any:
        return self._embeddings.embed_image(list(paths))

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        if call == "callers at once":
            return lambda: asyncio.run(self._at_once(items))
        if call == "callers in turn":
            return lambda: asyncio.run(self._in_turn(items))
        return super().prepare(call, items, **options)

    async def _at_once(self, queries: Sequence[str]) -> None:
        await asyncio.gather(*(self._embeddings.aembed_query(query) for query in queries))

    async def _in_turn(self, queries: Sequence[str]) -> None:
        for query in queries:
            await self._embeddings.aembed_query(query)
