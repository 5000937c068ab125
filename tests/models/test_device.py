"""Device and precision: chosen for the hardware, refused by name, batches halved when memory runs out."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.models.running.device import choose_device, choose_dtype, computes_bfloat16, with_halving

CPU = torch.device("cpu")
Rows = NDArray[np.float32]


def limited_to(room: int, seen: list[int]) -> Any:
    """An encoder whose memory holds `room` items."""

    def encode(batch: NDArray[Any]) -> Rows:
        seen.append(len(batch))
        if len(batch) > room:
            raise torch.OutOfMemoryError("too large")
        return batch[:, None].astype(np.float32)

    return encode


@pytest.mark.parametrize(("items", "room"), [(8, 3), (7, 3), (9, 1), (5, 4), (1, 1), (4, 4)])
def test_a_batch_that_is_too_large_is_halved_until_it_fits_and_order_is_kept(items: int, room: int) -> None:
    seen: list[int] = []
    rows = with_halving(limited_to(room, seen), np.arange(items))
    assert rows[:, 0].tolist() == list(range(items))
    assert seen[0] == items
    assert all(size <= room for size in seen[-2:])


def test_one_item_that_does_not_fit_raises_the_devices_own_error() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        with_halving(limited_to(0, []), np.arange(4))


def test_another_error_is_not_retried() -> None:
    seen: list[int] = []

    def broken(batch: NDArray[Any]) -> Rows:
        seen.append(len(batch))
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        with_halving(broken, np.arange(4))
    assert seen == [4]


def test_an_embedder_that_runs_out_of_memory_gives_the_same_rows(
    embedder: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["a cat", "two dogs", "the sea", "a red car", "고양이"]
    expected = embedder.embed_texts(texts)
    encoder: Any = embedder._encoder
    features = encoder._text_features

    def crowded(ids: Any, filled: Any) -> Any:
        if len(ids) > 1:
            raise torch.OutOfMemoryError("too large")
        return features(ids, filled)

    monkeypatch.setattr(encoder, "_text_features", crowded)
    assert np.abs(embedder.embed_texts(texts) - expected).max() < 1e-5


@pytest.mark.parametrize("name", ["cpu:x", "cuda:-1", "gpu", "mps:x"])
def test_a_name_that_is_no_device_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="device: "):
        choose_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("name", ["cuda", "cuda:0"])
def test_cuda_where_there_is_none_says_what_there_is(checkpoint: Any, name: str) -> None:
    embedder = CLIPEmbedder(str(checkpoint), device=name)
    with pytest.raises(
        InvalidInputError, match=rf"'{name}' is not on this machine; available: .*cpu; 'auto'"
    ):
        embedder.embed_texts(["a cat"])


def test_a_device_number_beyond_the_last_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'cuda:99' is not on this machine"):
        choose_device("cuda:99")


def test_auto_prefers_cuda_then_mps_then_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for cuda, mps, expected in ((True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=cuda: there)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda there=mps: there)
        assert choose_device("auto").type == expected


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"bf16": True}, torch.bfloat16),
        ({"avx2": True, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_auto_computes_in_bfloat16_exactly_where_the_cpu_does(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert choose_dtype("auto", CPU) is dtype
    assert computes_bfloat16(CPU) is (dtype is torch.bfloat16)


def test_a_torch_without_capabilities_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_dtype("auto", CPU) is torch.float32


def test_a_named_precision_is_taken_as_it_is() -> None:
    assert choose_dtype("bfloat16", CPU) is torch.bfloat16
    assert choose_dtype("float16", CPU) is torch.float16
    assert choose_dtype("float32", torch.device("cuda")) is torch.float32


def test_the_embedder_says_where_and_in_what_it_computes(embedder: CLIPEmbedder) -> None:
    assert (embedder.device, embedder.dtype) == ("cpu", "float32")
