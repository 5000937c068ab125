"""MLPs computed some rows at a time, where weights are not packed (`packed.py`). Imports torch.

What lies between the two layers of an MLP is four times as wide as what goes in: for a batch of pictures
tens of megabytes, which were written to memory, read and written again by the activation, and read once more.
Of some hundred rows it stays in the processor's cache. All layers of a tower use the same memory for it:
mapping fresh memory each time took as long as the activation.
"""

import math
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clip_embeddings.models.running.mlp import replace_mlps

_ROWS = 512  # for each thread
_SLOPE = 2 * math.sqrt(2 / math.pi)


def _quick_gelu(rows: Tensor, spare: Tensor) -> Tensor:
    """x * sigmoid(1.702 x) of rows 1.702 x, times 1.702."""
    return F.silu(rows, inplace=True)


def _gelu(rows: Tensor, spare: Tensor) -> Tensor:
    return torch.ops.aten.gelu.out(rows, out=spare)  # type: ignore[no-any-return]


def _gelu_tanh(rows: Tensor, spare: Tensor) -> Tensor:
    """x * sigmoid(z), z = x * slope * (1 + 0.044715 x^2): torch's own, by tanh, takes twice as long."""
    # z / x, never below the slope
    factor = torch.mul(rows, rows, out=spare).mul_(0.044715 * _SLOPE).add_(_SLOPE)
    return F.silu(rows.mul_(factor), inplace=True).div_(factor)


# Activation -> what computes it in the memory of rows or of a spare tensor of that shape, and a factor f:
# act(x) = computed(f * x) / f.
_ACTIVATIONS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], float]] = {
    "quick_gelu": (_quick_gelu, 1.702),
    "gelu": (_gelu, 1.0),
    "gelu_pytorch_tanh": (_gelu_tanh, 1.0),
}


class _Between(threading.local):
    """Memory for what lies between two layers, kept from the first MLP of a tower to its last."""

    held: Tensor | None = None

    def take(self, like: Tensor, rows: int, width: int) -> tuple[Tensor, Tensor]:
        """Two tensors (rows, width), with whatever is in them."""
        held = self.held
        if held is None or not self._fits(held, like, rows, width):
            held = self.held = like.new_empty(2, rows, width)
        return held[0, :rows], held[1, :rows]

    @staticmethod
    def _fits(held: Tensor, like: Tensor, rows: int, width: int) -> bool:
        """An earlier call may have ended in the middle, of another model and under another mode."""
        same = held.dtype == like.dtype and held.is_inference() == torch.is_inference_mode_enabled()
        return same and held.shape[1] >= rows and held.shape[2] == width


_BETWEEN = _Between()


def can_stream(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether it pays: on a CPU, in the dtype that it computes in by itself."""
    return device.type == "cpu" and dtype == torch.float32


class StreamedMLP(nn.Module):
    """(..., W) -> (..., W), as fc1 -> activation -> fc2.

    Args:
        mlp: one of transformers, with an activation that is known here; for inference alone.

    Attributes:
        is_last: whether no other one of the tower follows, so that the memory between layers is let go.
    """

    def __init__(self, mlp: Any) -> None:
        super().__init__()
        self.is_last = False
        self._activation, factor = _ACTIVATIONS[mlp.config.hidden_act]
        self.fc1, self.fc2 = mlp.fc1, mlp.fc2
        if factor != 1:
            self.fc1, self.fc2 = _scaled(mlp.fc1, factor, bias=factor), _scaled(mlp.fc2, 1 / factor, bias=1)

    def forward(self, rows: Tensor) -> Tensor:
        flat = rows.reshape(-1, rows.shape[-1])  # (R, W)
        result = flat.new_empty(len(flat), self.fc2.out_features)
        size = _ROWS * torch.get_num_threads()
        for part in zip(torch.split(flat, size), torch.split(result, size), strict=True):
            self._compute(*part)
        if self.is_last:
            _BETWEEN.held = None
        return result.view(*rows.shape[:-1], self.fc2.out_features)

    def _compute(self, rows: Tensor, result: Tensor) -> None:
        inner, spare = _BETWEEN.take(rows, len(rows), self.fc1.out_features)
        _linear(self.fc1, rows, inner)
        _linear(self.fc2, self._activation(inner, spare), result)


def stream(model: nn.Module) -> None:
    """Have a model's MLPs computed so, for inference alone."""
    replace_mlps(model, StreamedMLP, _ACTIVATIONS)
    for last in [each for each in model.modules() if isinstance(each, StreamedMLP)][-1:]:
        last.is_last = True


def _linear(layer: Any, rows: Tensor, result: Tensor) -> None:
    if layer.bias is None:
        torch.mm(rows, layer.weight.t(), out=result)
    else:
        torch.addmm(layer.bias, rows, layer.weight.t(), out=result)


def _scaled(layer: nn.Linear, factor: float, *, bias: float) -> nn.Linear:
    made = nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta")
    made.weight = nn.Parameter(layer.weight * factor, requires_grad=False)
    if layer.bias is not None:
        made.bias = nn.Parameter(layer.bias * bias, requires_grad=False)
    return made
