"""Towers load when they are used; batches, lanes, and precision do not change rows."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from reference import row_cosines

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models import loaded
from clip_embeddings.models.transformers import encoder as hf
from clip_embeddings.models.transformers import loading
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.types import ImageInput

TEXTS = ["a cat", "two dogs on the beach at night", "", "빨간 자동차", "the sea " * 30, "a house"]


def pictures(number: int = 5) -> list[Image.Image]:
    return [render(scene) for scene in scenes(0, number)]


@pytest.fixture
def fresh(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> CLIPEmbedder:
    """An embedder whose model nobody has loaded yet."""
    monkeypatch.setattr(loaded, "_LOADED", {})
    return CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32")


def towers(embedder: CLIPEmbedder) -> list[str]:
    encoder = embedder._encoder
    assert isinstance(encoder, hf.TransformersEncoder)
    return list(encoder._towers)


def test_each_tower_loads_when_it_is_first_used(fresh: CLIPEmbedder) -> None:
    assert fresh.dimension > 0
    assert fresh.logit_scale > 0
    assert towers(fresh) == []
    fresh.embed_texts(["a cat"])
    assert towers(fresh) == ["text_model"]
    tower = fresh._encoder._towers["text_model"]  # type: ignore[attr-defined]
    assert tower.vision_model is None  # its weights are not in memory
    fresh.embed_images(pictures(1))
    assert towers(fresh) == ["text_model", "vision_model"]


def test_a_use_of_pictures_alone_never_loads_the_tower_for_text(fresh: CLIPEmbedder) -> None:
    fresh.embed_images(pictures(1))
    assert towers(fresh) == ["vision_model"]


def test_threads_that_come_at_once_load_a_tower_once(
    fresh: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, loads = loading.load_weights, list[str]()

    def counted(kind: Any, *rest: Any) -> Any:
        loads.append(kind.__name__)
        return load(kind, *rest)

    monkeypatch.setattr(hf, "load_weights", counted)
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(fresh.embed_texts, [["a cat"]] * 8))
    assert loads == ["CLIPModel"]
    assert all(np.array_equal(rows[0], each) for each in rows)


def test_batches_hold_every_window_once_longest_first_within_the_budget(embedder: CLIPEmbedder) -> None:
    tokenizer: Any = embedder._encoder.tokenizer
    windows = tokenizer.windows(TEXTS * 20, "chunk")
    lengths = np.array([len(ids) for ids in windows.ids])
    groups = tokenizer.batches(windows, tokens=100)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(lengths)))
    assert all(len(group) == 1 or len(group) * lengths[group].max() <= 100 for group in groups)
    assert np.all(np.diff(lengths[np.concatenate(groups)]) <= 0)
    assert {len(group) for group in tokenizer.batches(windows, tokens=100, size=7)[:-1]} == {7}
    ids = tokenizer.padded([windows.ids[row] for row in groups[-1]])
    assert ids.shape == (len(groups[-1]), lengths[groups[-1]].max())
    for line, row in zip(ids, groups[-1], strict=True):
        assert line[: lengths[row]].tolist() == windows.ids[row].tolist()
        assert set(line[lengths[row] :]) <= {tokenizer.pad}


def test_a_window_longer_than_the_budget_is_a_batch_of_its_own(embedder: CLIPEmbedder) -> None:
    tokenizer = embedder._encoder.tokenizer
    windows = tokenizer.windows(["1", "1 " * 50, "2", "1 " * 60], "truncate")  # each digit is one token
    assert [group.tolist() for group in tokenizer.batches(windows, tokens=10)] == [[3], [1], [0, 2]]


def test_the_budget_does_not_change_rows(embedder: CLIPEmbedder) -> None:
    free = CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", long_text="chunk")
    set_ = CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", long_text="chunk", batch_size=2)
    assert (set_.batch_size, free.batch_size) == (2, 32)
    assert np.abs(free.embed_texts(TEXTS * 9) - set_.embed_texts(TEXTS * 9)).max() < 1e-5


def test_two_batches_under_way_at_once_give_the_same_rows_in_order(
    embedder: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[ImageInput] = [*pictures(9), b"no picture", *pictures(3)]
    calm = CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", long_text="chunk", batch_size=2)
    texts, batches = calm.embed_texts(TEXTS), list(calm.iter_images(shown))
    monkeypatch.setattr(CLIPEmbedder, "_lanes", 2)  # what a GPU has
    assert np.abs(calm.embed_texts(TEXTS) - texts).max() < 1e-5
    again = list(calm.iter_images(shown))
    for one, other in zip(batches, again, strict=True):
        assert one.indices.tolist() == other.indices.tolist()
        assert [str(each) for each in one.failures] == [str(each) for each in other.failures]
        assert np.abs(one.embeddings - other.embeddings).max(initial=0) < 1e-5


def test_leaving_a_stream_of_two_lanes_early_ends_its_threads(
    embedder: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CLIPEmbedder, "_lanes", 2)
    calm = CLIPEmbedder(embedder.config.model, device="cpu", dtype="float32", batch_size=2)

    def ours() -> set[threading.Thread]:
        return {each for each in threading.enumerate() if each.name.startswith("clip-embeddings")}

    before = ours()
    stream = calm.iter_images(pictures(20))
    assert next(stream).indices.tolist() == [0, 1]
    assert ours() - before
    stream.close()
    assert not ours() - before


def test_bfloat16_stays_close_to_float32() -> None:
    exact, rough = (CLIPEmbedder("tiny", device="cpu", dtype=dtype) for dtype in ("float32", "bfloat16"))
    texts = [text for text in TEXTS if len(text) < 100]
    assert row_cosines(exact.embed_texts(texts), rough.embed_texts(texts)).min() >= 0.999
    assert row_cosines(exact.embed_images(pictures()), rough.embed_images(pictures())).min() >= 0.999
