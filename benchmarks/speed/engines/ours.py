"""CLIPEmbedder, end to end by its public methods, and each stage of it alone.

Stages are the embedder's own parts on inputs that are ready. Imports the core and, for callers and rows,
the adapters.
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

from benchmarks.speed.engines import Setting, Work
from clip_embeddings import CLIPEmbedder
from clip_embeddings.inputs.images import load_image

_PART = 8  # decoded phone photos kept in memory at once: 36 MB each


class Ours:
    """One embedder, and those of its long-text policies; they share the weights."""

    def __init__(self, setting: Setting, dtype: str) -> None:
        self._embedder = CLIPEmbedder(setting.model, dtype=dtype)
        self._encoder = self._embedder._encoder
        self._work = setting.work
        self._threads = self._embedder.config.threads or min(8, cpu_count() or 1)

    def facts(self) -> dict[str, Any]:
        import torch

        facts = {name: getattr(self._embedder, name) for name in ("dtype", "device", "dimension")}
        if self._embedder.device.startswith("cuda"):
            facts["gpu"] = torch.cuda.get_device_name(self._embedder.device)
        return facts

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        methods: dict[str, Callable[..., Work]] = {
            "texts": self._texts,
            "tokenise": self._tokenise,
            "texts: model": self._text_model,
            "pictures": self._pictures,
            "decode": self._decode,
            "preprocess": self._preprocess,
            "pictures: model": self._picture_model,
            "copy": self._copy,
            "matrix product": self._product,
            "callers at once": self._at_once,
            "callers in turn": self._in_turn,
            "store": self._store,
        }
        return methods[call](list(items), **options)

    def _with(self, **settings: Any) -> CLIPEmbedder:
        """An embedder with other settings; one that computes the same shares the weights."""
        embedder = CLIPEmbedder.from_config(replace(self._embedder.config, **settings))
        _ = embedder._encoder  # found or loaded now, not when it is timed
        return embedder

    def _texts(self, texts: list[str], role: Any = "document", **settings: Any) -> Work:
        embedder = self._with(**settings)
        return lambda: embedder.embed_texts(texts, role=role)

    def _tokenise(self, texts: list[str], long_text: Any = "truncate") -> Work:
        return lambda: self._encoder.tokenizer.windows(texts, long_text)

    def _text_model(self, texts: list[str], tokens: int | None = None, **settings: Any) -> Work:
        """The tower on the very batches that the embedder makes of these texts, or of so many tokens."""
        embedder = self._with(**settings)
        encoder: Any = embedder._encoder
        chosen = encoder.batch_sizes
        encoder.batch_sizes = replace(chosen, tokens=tokens or chosen.tokens)
        batches = given_to(encoder, "encode_text", lambda: embedder.embed_texts(texts))
        encoder.batch_sizes = chosen
        return lambda: [encoder.encode_text(ids) for ids in batches]

    def _pictures(self, paths: list[str], **settings: Any) -> Work:
        embedder = self._with(**settings)
        return lambda: embedder.embed_images(paths)

    def _load(self) -> Callable[[str], Any]:
        """Reads a picture as the embedder does: whole, unless its configuration says draft."""
        least_edge = self._encoder.preprocessing.least_edge if self._embedder.config.draft else None
        return partial(load_image, least_edge=least_edge)

    def _decode(self, paths: list[str]) -> Work:
        load = self._load()

        def work() -> None:
            with ThreadPoolExecutor(self._threads) as pool:
                for _ in pool.map(load, paths):
                    pass

        return work

    def _preprocess(self, paths: list[str]) -> Work:
        pictures = list(map(self._load(), paths[:_PART]))
        again = [pictures[i % len(pictures)] for i in range(len(paths))]

        def work() -> None:
            with ThreadPoolExecutor(self._threads) as pool:
                for _ in pool.map(self._encoder.preprocessing.to_pixels, again):
                    pass

        return work

    def _picture_model(self, paths: list[str], **settings: Any) -> Work:
        """The tower on the very batches that the embedder makes of these files."""
        embedder = self._with(**settings)
        encoder = embedder._encoder
        batches = given_to(encoder, "encode_image", lambda: embedder.embed_images(paths))
        return lambda: [encoder.encode_image(pixels) for pixels in batches]

    def _copy(self, paths: list[str]) -> Work:
        """Crops to the device, as bytes; on a CPU there is nothing to copy."""
        import torch

        device = torch.device(self._embedder.device)
        given = given_to(self._encoder, "encode_image", self._pictures(paths))
        batches = [torch.from_numpy(np.stack(each)) for each in given]

        def work() -> None:
            for batch in batches:
                (batch.pin_memory() if device.type == "cuda" else batch).to(device, non_blocking=True)
            if device.type == "cuda":
                torch.cuda.synchronize()

        return work

    def _product(self, sizes: list[str]) -> Work:
        """A product of two square matrices of a size, in the precision of the weights."""
        import torch

        options: Any = {"dtype": getattr(torch, self._embedder.dtype), "device": self._embedder.device}
        left, right = (torch.randn(int(sizes[0]), int(sizes[0]), **options) for _ in range(2))

        def work() -> None:
            torch.mm(left, right)
            if left.is_cuda:
                torch.cuda.synchronize()

        return work

    def _at_once(self, queries: list[str]) -> Work:
        return lambda: asyncio.run(_gathered(self._langchain(), queries))

    def _in_turn(self, queries: list[str]) -> Work:
        return lambda: asyncio.run(_one_by_one(self._langchain(), queries))

    def _langchain(self) -> Any:
        from langchain_clip_embeddings import CLIPEmbeddings

        return CLIPEmbeddings.of(self._embedder)

    def _store(self, texts: list[str]) -> Work:
        """Rows with random vectors into a new collection on disk, in the largest steps Chroma takes."""
        from chroma_clip_embeddings import connect, open_collection

        vectors = np.random.default_rng(0).standard_normal((len(texts), self._embedder.dimension), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids = [str(i) for i in range(len(texts))]

        def work() -> None:
            with TemporaryDirectory(dir=self._work) as folder:
                client = connect(Path(folder))
                collection = open_collection(client, "rows", embedder=self._embedder)
                step = client.get_max_batch_size()
                for at in range(0, len(ids), step):
                    part = slice(at, at + step)
                    collection.upsert(ids[part], embeddings=vectors[part], documents=texts[part])

        return work


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


async def _gathered(embeddings: Any, queries: list[str]) -> None:
    await asyncio.gather(*(embeddings.aembed_query(query) for query in queries))


async def _one_by_one(embeddings: Any, queries: list[str]) -> None:
    for query in queries:
        await embeddings.aembed_query(query)
