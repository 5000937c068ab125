"""Linear layers laid out once for oneDNN, activation included. Imports torch.

torch lays a weight out again for each product, which costs most where there are few rows, and its float32
products come from MKL, which on an AMD processor reached 0.7 of the rate of oneDNN.

Source: the operators that torch.compile itself puts in place of linear layers, in
torch/_inductor/fx_passes/mkldnn_fusion.py.
"""

from typing import Any

import torch
from torch import Tensor, nn

from clip_embeddings.models.running.mlp import replace_mlps

# Activation -> operator's name for it, variant, and a factor f: act(x) = operator(f * x) / f.
_ACTIVATIONS = {
    "quick_gelu": ("swish", "", 1.702),  # x * sigmoid(1.702 * x)
    "gelu": ("gelu", "none", 1.0),
    "gelu_pytorch_tanh": ("gelu", "tanh", 1.0),
}
_PACKED_ON = {"AVX512": (torch.float32, torch.bfloat16), "AVX2": (torch.float32,)}


def can_pack(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether it pays: with AVX2 alone oneDNN has no bfloat16; in float32 single items gain by it."""
    onednn: Any = torch.backends.mkldnn  # untyped functions
    return (
        device.type == "cpu"
        and onednn.is_available()
        and dtype in _PACKED_ON.get(torch.backends.cpu.get_cpu_capability(), ())
    )


class PackedLinear(nn.Module):
    """(..., I) -> (..., O), as `nn.Linear` and the activation after it.

    Args:
        weight: (O, I).
        bias: (O,) or None.
        activation: oneDNN's name for it, and the variant.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, activation: tuple[str, str] = ("none", "")
    ) -> None:
        super().__init__()
        # No parameters: nothing but the operator can read this layout.
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous())
        self._bias = None if bias is None else bias.detach().clone()
        self._activation = activation
        self.weight = weight.new_empty(0)  # models read their dtype off it

    def forward(self, rows: Tensor) -> Tensor:
        name, variant = self._activation
        rows = rows.contiguous()  # a transposed one has no operator; nothing is copied where it lies well
        result: Tensor = torch.ops.mkldnn._linear_pointwise(rows, self._weight, self._bias, name, [], variant)
        return result


class PackedPatches(nn.Module):
    """(B, C, H, W) -> (B, O, H // P, W // P): a convolution over patches of P x P that do not overlap.

    Args:
        patches: the convolution; its stride is its kernel size, and there is no padding.
    """

    def __init__(self, patches: nn.Conv2d) -> None:
        super().__init__()
        self.weight = patches.weight  # models read their dtype off it
        self._linear = PackedLinear(patches.weight.flatten(1), patches.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        high, wide = self.weight.shape[-2:]
        down, across = pictures.shape[-2] // high, pictures.shape[-1] // wide
        whole: Any = pictures[..., : down * high, : across * wide]  # untyped methods
        parts = whole.unflatten(3, (across, wide)).unflatten(2, (down, high))  # (B, C, down, P, across, P)
        rows: Tensor = self._linear(parts.permute(0, 2, 4, 1, 3, 5).flatten(3))  # (B, down, across, O)
        return rows.permute(0, 3, 1, 2)


def pack(model: nn.Module) -> None:
    """Put packed layers in place of a model's linear ones, for inference alone."""
    replace_mlps(model, _packed_mlp, _ACTIVATIONS)
    _pack_layers(model)


def _pack_layers(model: nn.Module) -> None:
    for name, child in model.named_children():
        if isinstance(child, nn.Linear):
            setattr(model, name, PackedLinear(child.weight, child.bias))
        elif isinstance(child, nn.Conv2d) and _splits_into_patches(child):
            setattr(model, name, PackedPatches(child))
        elif not isinstance(child, nn.MultiheadAttention):  # it takes the weights off its layers by itself
            _pack_layers(child)


def _packed_mlp(mlp: Any) -> nn.Module:
    activation, variant, factor = _ACTIVATIONS[mlp.config.hidden_act]
    first, second = mlp.fc1, mlp.fc2
    return nn.Sequential(
        PackedLinear(first.weight * factor, first.bias * factor, (activation, variant)),
        PackedLinear(second.weight / factor, second.bias),
    )


def _splits_into_patches(layer: nn.Conv2d) -> bool:
    plain = layer.padding == (0, 0) and layer.dilation == (1, 1) and layer.groups == 1
    return plain and layer.stride == layer.kernel_size
