"""Packed layers: where they are put, and that they give what the layers of the model give."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from reference import row_cosines
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPVisionConfig
from transformers import CLIPVisionModelWithProjection as VisionModel
from transformers.models.clip.modeling_clip import CLIPMLP

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models import loaded
from clip_embeddings.models.running import layout
from clip_embeddings.models.running.packed import PackedLinear, PackedPatches, can_pack, pack

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "projection_dim": 24,
}
ONEDNN: Any = torch.backends.mkldnn
pytestmark = pytest.mark.skipif(not ONEDNN.is_available(), reason="this torch has no oneDNN")


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def seeded(kind: Any, config: Any, dtype: torch.dtype) -> Any:
    torch.manual_seed(0)
    model = kind(config)
    for parameter in model.parameters():  # as sharp as trained ones: the activations leave their linear part
        parameter.mul_(4 if parameter.ndim > 1 else 1)
    return model.to(dtype).eval()


def picture_features(activation: str, dtype: torch.dtype, *, packed: bool) -> Any:
    model = seeded(
        VisionModel, CLIPVisionConfig(**SMALL, image_size=32, patch_size=8, hidden_act=activation), dtype
    )
    if packed:
        pack(model)
    values = torch.randn(5, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    return model(pixel_values=values.to(dtype)).image_embeds.float().numpy()


def text_features(activation: str, dtype: torch.dtype, *, packed: bool) -> Any:
    config = CLIPTextConfig(**SMALL, vocab_size=50, bos_token_id=48, eos_token_id=49, hidden_act=activation)
    model = seeded(CLIPTextModelWithProjection, config, dtype)
    if packed:
        pack(model)
    ids = torch.randint(0, 49, (5, 9), generator=torch.Generator().manual_seed(1))
    ids[:, -1] = 49
    return model(input_ids=ids).text_embeds.float().numpy()


@pytest.mark.parametrize("features", [picture_features, text_features])
@pytest.mark.parametrize("activation", ["quick_gelu", "gelu", "gelu_pytorch_tanh", "relu"])
def test_a_packed_tower_gives_what_the_tower_gives(features: Any, activation: str) -> None:
    exact = features(activation, torch.float32, packed=False)
    packed = features(activation, torch.float32, packed=True)
    assert np.abs(packed - exact).max() < 1e-5 * np.abs(exact).max()
    if torch.backends.cpu.get_cpu_capability() != "AVX512":
        return  # the operators have no bfloat16 there, and nothing is packed in it
    rough = features(activation, torch.bfloat16, packed=False)
    packed_rough = features(activation, torch.bfloat16, packed=True)
    loss = 1 - row_cosines(exact, rough).min()
    assert 1 - row_cosines(exact, packed_rough).min() < max(2 * loss, 1e-4)


def test_every_product_of_a_tower_is_packed_and_its_own_weights_are_gone() -> None:
    model = seeded(VisionModel, CLIPVisionConfig(**SMALL, image_size=32, patch_size=8), torch.float32)
    pack(model)
    kinds = [type(module) for module in model.modules()]
    assert kinds.count(PackedLinear) == 3 * 6 + 2  # a layer's attention and MLP; patches and projection
    assert kinds.count(PackedPatches) == 1
    assert not {nn.Linear, nn.Conv2d, CLIPMLP} & set(kinds)
    left = {name for name, each in model.named_parameters() if each.ndim > 1}
    assert left == {
        "vision_model.embeddings.patch_embedding.weight",
        "vision_model.embeddings.position_embedding.weight",
    }


def test_a_convolution_that_is_no_split_into_patches_stays() -> None:
    settings: list[dict[str, Any]] = [
        {"stride": 2},
        {"stride": 4, "padding": 1},
        {"stride": 4, "dilation": 2},
        {"stride": 4, "groups": 3},
    ]
    model = nn.Sequential(*(nn.Conv2d(3, 9, 4, **setting) for setting in settings))
    pack(model)
    assert {type(module) for module in model} == {nn.Conv2d}


def test_patches_of_any_shape_what_is_left_over_is_not_seen() -> None:
    layer = nn.Conv2d(3, 9, (4, 5), stride=(4, 5))
    pictures = torch.randn(2, 23, 17, 3).permute(0, 3, 1, 2)  # (B, C, H, W), channels last in memory
    assert PackedPatches(layer)(pictures).shape == (2, 9, 5, 3)
    assert torch.allclose(PackedPatches(layer)(pictures), layer(pictures), atol=1e-5)


def test_a_layer_without_bias_and_rows_of_any_shape() -> None:
    layer = nn.Linear(7, 5, bias=False)
    packed = PackedLinear(layer.weight, layer.bias)
    for shape in ((7,), (1, 7), (4, 3, 7), (0, 7)):
        rows = torch.randn(shape)
        assert packed(rows).shape == layer(rows).shape
        assert torch.allclose(packed(rows), layer(rows), atol=1e-6)


@pytest.mark.parametrize(
    ("device", "dtype", "capability", "wanted"),
    [
        ("cpu", torch.float32, "AVX512", True),
        ("cpu", torch.bfloat16, "AVX512", True),
        ("cpu", torch.float16, "AVX512", False),
        ("cpu", torch.float32, "AVX2", True),
        ("cpu", torch.bfloat16, "AVX2", False),
        ("cpu", torch.float32, "DEFAULT", False),
        ("cuda", torch.bfloat16, "AVX512", False),
    ],
)
def test_where_it_pays(
    monkeypatch: pytest.MonkeyPatch, device: str, dtype: torch.dtype, capability: str, wanted: bool
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert can_pack(torch.device(device), dtype) is wanted


@pytest.mark.parametrize("packs", [True, False])
def test_the_embedder_packs_where_it_pays_and_its_rows_stay(
    monkeypatch: pytest.MonkeyPatch, tiny: CLIPEmbedder, packs: bool
) -> None:
    monkeypatch.setattr(loaded, "_LOADED", {})
    monkeypatch.setattr(layout, "can_pack", lambda device, dtype: packs)
    embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32")
    texts, picture = (
        ["a red car", "two dogs at night"],
        np.random.default_rng(0).integers(0, 256, (90, 60, 3)),
    )
    rows = [embedder.embed_texts(texts), embedder.embed_images([picture.astype(np.uint8)])]
    wanted = [tiny.embed_texts(texts), tiny.embed_images([picture.astype(np.uint8)])]
    for mine, other in zip(rows, wanted, strict=True):
        assert np.abs(mine - other).max() < 1e-5
    encoder: Any = embedder._encoder
    for tower in encoder._towers.values():
        assert any(isinstance(module, PackedLinear) for module in tower.modules()) is packs
