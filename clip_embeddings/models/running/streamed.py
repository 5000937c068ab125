"""MLPs computed some rows at a time, where weights are not packed (`packed.py`). Imports torch.

What lies between the two layers of an MLP is four times as wide as what goes in: for a batch of pictures
tens of megabytes, which were written to memory, read and written again by the activation, and read once more.
Of some hundred rows it stays in the processor's cache, and the activation works in place. On one core with
AVX2 3,136 rows took 0.61 of the time with `quick_gelu`, 0.91 with `gelu`, 0.89 with `gelu_pytorch_tanh`.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clip_embeddings.models.running.mlp import replace_mlps

_ROWS = 512  # for each thread
_SLOPE = 2 * math.sqrt(2 / math.pi)


def _quick_gelu(rows: Tensor) -> Tensor:
    """x * sigmoid(1.702 x) of rows 1.702 x, times 1.702."""
    return F.silu(rows, inplace=True)


def _gelu_tanh(rows: Tensor) -> Tensor:
    """x * sigmoid(z), z = x * slope * (1 + 0.044715 x^2): torch's own, by tanh, takes twice as long."""
    factor = torch.square(rows).mul_(0.044715 * _SLOPE).add_(_SLOPE)  # z / x, never below the slope
    return F.silu(rows.mul_(factor), inplace=True).div_(factor)


# Activation -> what computes it, and a factor f: act(x) = computed(f * x) / f.
_ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "quick_gelu": (_quick_gelu, 1.702),
    "gelu": (F.gelu, 1.0),
    "gelu_pytorch_tanh": (_gelu_tanh, 1.0),
}


def can_stream(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether it pays: on a CPU, in the dtype that it computes in by itself."""
    return device.type == "cpu" and dtype == torch.float32


class StreamedMLP(nn.Module):
    """(..., W) -> (..., W), as fc1 -> activation -> fc2.

    Args:
        mlp: one of transformers, with an activation that is known here; for inference alone.
    """

    def __init__(self, mlp: Any) -> None:
        super().__init__()
        self._activation, factor = _ACTIVATIONS[mlp.config.hidden_act]
        self.fc1, self.fc2 = mlp.fc1, mlp.fc2
        if factor != 1:
            self.fc1, self.fc2 = _scaled(mlp.fc1, factor, bias=factor), _scaled(mlp.fc2, 1 / factor, bias=1)

    def forward(self, rows: Tensor) -> Tensor:
        flat = rows.reshape(-1, rows.shape[-1])  # (R, W)
        result = flat.new_empty(len(flat), self.fc2.out_features)
        size = _ROWS * torch.get_num_threads()
        for start in range(0, len(flat), size):
            part = slice(start, start + size)
            result[part] = self.fc2(self._activation(self.fc1(flat[part])))
        return result.view(*rows.shape[:-1], self.fc2.out_features)


def stream(model: nn.Module) -> None:
    """Have a model's MLPs computed so, for inference alone."""
    replace_mlps(model, StreamedMLP, _ACTIVATIONS)


def _scaled(layer: nn.Linear, factor: float, *, bias: float) -> nn.Linear:
    made = nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None, device="meta")
    made.weight = nn.Parameter(layer.weight * factor, requires_grad=False)
    if layer.bias is not None:
        made.bias = nn.Parameter(layer.bias * bias, requires_grad=False)
    return made
