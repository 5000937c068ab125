"""Threads, event loops and several embedders share one copy of the weights and get the same vectors."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from pictures import photo

from clip_embeddings import CLIPEmbedder

TEXTS = ["a photo of a cat", "", "two dogs on the beach at sunset", "고양이가 해변에 있다", "🐈", "a b c d e"]
PICTURES = [photo(*size, seed=seed) for seed, size in enumerate([(12, 9), (9, 30), (40, 40)])]


def test_embedders_of_one_model_share_one_encoder(checkpoint: Path) -> None:
    first = CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32")
    second = CLIPEmbedder(f"{checkpoint}/", device="cpu", dtype="float32", batch_size=1, long_text="chunk")
    other = CLIPEmbedder(str(checkpoint), device="cpu", dtype="bfloat16")
    assert first._encoder is second._encoder
    assert other._encoder is not first._encoder


def test_eight_threads_load_once_and_get_the_vectors_of_one(
    checkpoint: Path, embedder: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clip_embeddings.models import loaded
    from clip_embeddings.models.transformers import encoder as hf

    made = []

    encoder = cast(Any, hf.TransformersEncoder)

    def counted(*arguments: Any) -> Any:
        made.append(arguments)
        return encoder(*arguments)

    monkeypatch.setattr(loaded, "_LOADED", {})
    monkeypatch.setattr(hf, "TransformersEncoder", counted)
    barrier = threading.Barrier(8)
    shared = CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32", batch_size=3)

    def work(number: int) -> tuple[Any, Any]:
        own = shared if number % 2 else CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32")
        barrier.wait(60)
        return own.embed_texts(TEXTS), own.embed_images(PICTURES)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert len(made) == 1
    texts, pictures = embedder.embed_texts(TEXTS), embedder.embed_images(PICTURES)
    for their_texts, their_pictures in results:
        assert np.abs(their_texts - texts).max() < 1e-5
        assert np.abs(their_pictures - pictures).max() < 1e-5


def test_the_async_methods_give_the_vectors_of_the_plain_ones(embedder: CLIPEmbedder) -> None:
    async def both() -> tuple[Any, Any]:
        return await asyncio.gather(
            embedder.aembed_texts(TEXTS), embedder.aembed_images(PICTURES, role="query")
        )

    texts, pictures = asyncio.run(both())
    assert np.abs(texts - embedder.embed_texts(TEXTS)).max() < 1e-5
    assert np.abs(pictures - embedder.embed_images(PICTURES)).max() < 1e-5


@pytest.mark.parametrize("method", ["aembed_texts", "aembed_images"])
def test_the_event_loop_runs_on_while_a_batch_is_embedded(
    embedder: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    ticked = threading.Event()
    tower = "encode_text" if method == "aembed_texts" else "encode_image"
    encode = getattr(embedder._encoder, tower)

    def waiting(batch: Any) -> Any:
        assert ticked.wait(60), "the loop stood still while the model ran"
        return encode(batch)

    monkeypatch.setattr(embedder._encoder, tower, waiting)

    async def ticker() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        ticked.set()

    async def run() -> Any:
        items: Any = TEXTS[:1] if method == "aembed_texts" else PICTURES[:1]
        vectors, _ = await asyncio.gather(getattr(embedder, method)(items), ticker())
        return vectors

    assert asyncio.run(run()).shape == (1, embedder.dimension)
