"""CLIPEmbedder, end to end by its public methods, and each stage of it alone, on inputs that are ready.

Imports the core and, for callers and rows, the adapters for LangChain and Chroma.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.engines import Engine, Setting, Work
from clip_embeddings import CLIPEmbedder
from clip_embeddings.inputs.images import load_image
from clip_embeddings.models.running import layout

_PART = 8  # decoded phone photos kept in memory at once: 36 MB each


class Ours(Engine):
    """One embedder, and those of other settings; they share the weights.

    Args:
        setting: see there.
        packs: whether weights are laid out beforehand (models/running/packed.py), not as suits the processor.
        config: settings of the embedder that are not the default.
    """

    def __init__(self, setting: Setting, *, packs: bool | None = None, **config: Any) -> None:
        if packs is not None:
            asked: Any = layout  # at the first use of each tower; the process is ours
            asked.can_pack = lambda *place: packs
        self._embedder = CLIPEmbedder(setting.model, **config)
        self._encoder = self._embedder._encoder

    def facts(self) -> dict[str, Any]:
        import torch

        found = {name: getattr(self._embedder, name) for name in ("dtype", "device", "dimension")}
        processor = torch.backends.cpu.get_cpu_capability().lower()
        if not self._embedder.device.startswith("cpu"):
            processor = self._embedder.device.partition(":")[0]
        return {**found, "processor": processor, "drafts": self._embedder._least_edge is not None}

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        methods: dict[str, Callable[..., Work]] = {
            "texts": self._texts,
            "tokenise": self._tokenise,
            "texts: model": partial(self._model, "encode_text"),
            "pictures": self._pictures,
            "decode": self._decode,
            "preprocess": self._preprocess,
            "pictures: model": partial(self._model, "encode_image"),
            "matrix product": self._product,
            "store": self._store,
            "callers at once": partial(self._callers, at_once=True),
            "callers in turn": partial(self._callers, at_once=False),
        }
        return methods[call](list(items), **options)

    def _with(self, **settings: Any) -> CLIPEmbedder:
        """An embedder with other settings; one that computes the same shares the weights."""
        embedder = CLIPEmbedder.from_config(replace(self._embedder.config, **settings))
        _ = embedder._encoder  # found or loaded now, not when it is timed
        return embedder

    def _texts(self, texts: list[str], **settings: Any) -> Work:
        return partial(self._with(**settings).embed_texts, texts)

    def _pictures(self, paths: list[str], **settings: Any) -> Work:
        return partial(self._with(**settings).embed_images, paths)

    def _model(self, tower: str, items: list[str], **settings: Any) -> Work:
        """A tower on the very batches that the embedder makes of these items."""
        encoder = self._with(**settings)._encoder
        whole = self._texts if tower == "encode_text" else self._pictures
        batches = given_to(encoder, tower, whole(items, **settings))
        return lambda: [getattr(encoder, tower)(batch) for batch in batches]

    def _tokenise(self, texts: list[str]) -> Work:
        return lambda: self._encoder.tokenizer.windows(texts, "truncate")

    def _decode(self, paths: list[str]) -> Work:
        return self._on_threads(partial(load_image, least_edge=self._embedder._least_edge), paths)

    def _preprocess(self, paths: list[str]) -> Work:
        pictures = [load_image(path, least_edge=self._embedder._least_edge) for path in paths[:_PART]]
        again = [pictures[i % len(pictures)] for i in range(len(paths))]
        return self._on_threads(self._encoder.preprocessing.to_pixels, again)

    def _on_threads(self, stage: Callable[[Any], Any], items: Sequence[Any]) -> Work:
        """As many as the embedder has; nothing is kept."""
        threads = self._embedder.config.threads or min(8, cpu_count() or 1)

        def work() -> None:
            with ThreadPoolExecutor(threads) as pool:
                for _ in pool.map(stage, items):
                    pass

        return work

    def _product(self, sizes: list[str]) -> Work:
        """A product of two square matrices of a size, in the precision of the weights."""
        import torch

        size, dtype = int(sizes[0]), getattr(torch, self._embedder.dtype)
        left, right = (torch.randn(size, size, dtype=dtype) for _ in range(2))
        return lambda: torch.mm(left, right)

    def _store(self, texts: list[str]) -> Work:
        """Rows with random vectors into a new collection on disk, in the largest steps Chroma takes."""
        from chroma_clip_embeddings import connect, open_collection

        vectors = np.random.default_rng(0).standard_normal((len(texts), self._embedder.dimension), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids = [str(i) for i in range(len(texts))]

        def work() -> None:
            with TemporaryDirectory() as folder:
                client = connect(Path(folder))
                collection = open_collection(client, "rows", embedder=self._embedder)
                step = client.get_max_batch_size()
                for at in range(0, len(ids), step):
                    part = slice(at, at + step)
                    collection.upsert(ids[part], embeddings=vectors[part], documents=texts[part])

        return work

    def _callers(self, queries: list[str], *, at_once: bool) -> Work:
        from langchain_clip_embeddings import CLIPEmbeddings

        embeddings = CLIPEmbeddings.of(self._embedder)

        async def ask() -> None:
            asked = [embeddings.aembed_query(query) for query in queries]
            if at_once:
                await asyncio.gather(*asked)
                return
            for each in asked:
                await each

        return lambda: asyncio.run(ask())


def given_to(encoder: Any, tower: str, work: Work) -> list[Sequence[NDArray[Any]]]:
    """What some work gives to a tower, which is not run meanwhile."""
    given: list[Sequence[NDArray[Any]]] = []

    def instead(batch: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        given.append(batch)
        return np.ones((len(batch), encoder.dimension), np.float32)

    setattr(encoder, tower, instead)
    try:
        work()
    finally:
        delattr(encoder, tower)  # the method of the class is there again
    return given
