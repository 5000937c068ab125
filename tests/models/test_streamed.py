"""MLPs computed some rows at a time: where they are put, and that they give what the model's layers give."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import CLIPVisionConfig, SiglipTextConfig
from transformers.models.clip import modeling_clip
from transformers.models.siglip import modeling_siglip

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models import loaded
from clip_embeddings.models.running import layout, streamed
from clip_embeddings.models.running.streamed import StreamedMLP, can_stream, stream

CLIPMLP: Any = modeling_clip.CLIPMLP
SiglipMLP: Any = modeling_siglip.SiglipMLP
SIZES: dict[str, Any] = {"hidden_size": 24, "intermediate_size": 96, "num_attention_heads": 4}


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def mlp_of(activation: str) -> Any:
    torch.manual_seed(0)
    mlp = SiglipMLP(SiglipTextConfig(**SIZES, hidden_act=activation)).eval()
    mlp.fc1.weight.mul_(40)  # the activations leave their linear part, to both sides
    return mlp


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu", "gelu_pytorch_tanh"])
@pytest.mark.parametrize("shape", [(24,), (1, 24), (3, 7, 24), (0, 24), (2, 0, 24)])
def test_rows_of_any_shape_come_out_as_from_the_layer(
    activation: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed, "_ROWS", 4)  # with one thread 21 rows are five parts and a rest
    mlp, rows = mlp_of(activation), torch.randn(shape)
    kept = rows.clone()
    expected, found = mlp(rows), StreamedMLP(mlp)(rows)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(rows, kept)  # what works in place is what lies between


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu", "gelu_pytorch_tanh"])
def test_no_number_is_too_large_for_an_activation(activation: str) -> None:
    values = torch.tensor([-1e10, -1e4, -100, -20, -5, -1e-20, 0, 1e-20, 5, 20, 100, 1e4, 1e10]).view(1, -1)
    computed, factor = streamed._ACTIVATIONS[activation]
    expected = mlp_of(activation).activation_fn(values)
    found = computed(values * factor, torch.empty_like(values)) / factor
    assert torch.allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_every_mlp_whose_activation_is_known_is_streamed_and_others_stay() -> None:
    config = CLIPVisionConfig(**SIZES, hidden_act="quick_gelu")
    odd = CLIPVisionConfig(**SIZES, hidden_act="relu")
    model = nn.ModuleDict({"a": nn.Sequential(CLIPMLP(config)), "b": CLIPMLP(odd), "c": nn.Linear(3, 3)})
    stream(model)
    kinds = [type(each) for each in model.modules()]
    assert (kinds.count(StreamedMLP), kinds.count(CLIPMLP)) == (1, 1)


def test_the_memory_between_layers_is_shared_by_a_tower_and_let_go_at_its_end() -> None:
    model = nn.Sequential(*(mlp_of("gelu") for _ in range(3)))
    stream(model)
    seen, rows = [], torch.randn(5, 24)
    for layer in model:
        rows = layer(rows)
        seen.append(streamed._BETWEEN.held)
    assert seen[0] is not None
    assert seen[1] is seen[0]
    assert seen[2] is None


def test_other_sizes_than_before_come_out_right() -> None:
    wide = SiglipMLP(SiglipTextConfig(**{**SIZES, "intermediate_size": 120}, hidden_act="gelu"))
    for mlp, count in ((mlp_of("gelu"), 3), (mlp_of("gelu"), 9), (wide, 5), (mlp_of("gelu"), 2)):
        rows = torch.randn(count, 24)
        assert torch.allclose(StreamedMLP(mlp)(rows), mlp(rows), rtol=1e-5, atol=1e-5)


def test_a_call_that_ended_in_the_middle_leaves_nothing_that_stops_the_next() -> None:
    mlp, rows = mlp_of("gelu"), torch.randn(3, 24)
    StreamedMLP(mlp)(rows)
    assert streamed._BETWEEN.held is not None  # as no last layer has come
    with torch.inference_mode(False), torch.no_grad():
        rows = torch.randn(2, 24)
        assert torch.allclose(StreamedMLP(mlp)(rows), mlp(rows), rtol=1e-5, atol=1e-5)


def test_a_layer_that_does_more_than_its_parts_stays() -> None:
    class Doubled(SiglipMLP):  # type: ignore[misc]
        def forward(self, hidden_states: Any) -> Any:
            return 2 * super().forward(hidden_states)

    model = nn.Sequential(Doubled(SiglipTextConfig(**SIZES)))
    stream(model)
    assert type(model[0]) is Doubled


@pytest.mark.parametrize(
    ("device", "dtype", "wanted"),
    [("cpu", torch.float32, True), ("cpu", torch.bfloat16, False), ("cuda", torch.float32, False)],
)
def test_where_it_pays(device: str, dtype: torch.dtype, wanted: bool) -> None:
    assert can_stream(torch.device(device), dtype) is wanted


def test_the_embedder_streams_where_it_does_not_pack_and_its_rows_stay(
    monkeypatch: pytest.MonkeyPatch, checkpoint: Any
) -> None:
    found = []
    picture = np.random.default_rng(0).integers(0, 256, (90, 60, 3)).astype(np.uint8)
    for streams in (True, False):
        monkeypatch.setattr(loaded, "_LOADED", {})
        monkeypatch.setattr(layout, "can_pack", lambda *place: False)
        monkeypatch.setattr(layout, "can_stream", lambda *place, answer=streams: answer)
        embedder = CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32")
        found.append([embedder.embed_texts(["a red car", "two dogs"]), embedder.embed_images([picture])])
        encoder: Any = embedder._encoder
        for tower in encoder._towers.values():
            assert any(isinstance(module, StreamedMLP) for module in tower.modules()) is streams
    for mine, other in zip(*found, strict=True):
        assert np.abs(mine - other).max() < 1e-5
