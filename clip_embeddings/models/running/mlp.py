"""The MLP of a layer as most towers of transformers have it: where it is, and that another does the same.

Imports torch.
"""

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import nn


def replace_mlps(model: nn.Module, other: Callable[[Any], nn.Module], activations: Collection[str]) -> None:
    """Put another module in place of each MLP with one of these activations, where both do the same."""
    for name, child in model.named_children():
        if _is_mlp(child, activations):
            if _does_the_same(child, made := other(child)):
                setattr(model, name, made)
        else:
            replace_mlps(child, other, activations)


def _is_mlp(module: Any, activations: Collection[str]) -> bool:
    """Whether it is fc1 -> activation -> fc2 and nothing else."""
    layers = dict(module.named_children())
    return (
        layers.keys() == {"fc1", "fc2", "activation_fn"}
        and all(isinstance(layers[name], nn.Linear) for name in ("fc1", "fc2"))
        and getattr(module.config, "hidden_act", None) in activations
    )


@torch.inference_mode()
def _does_the_same(mlp: Any, other: nn.Module) -> bool:
    """Whether both do the same with some rows: a model may do more in its layer than the parts it has."""
    width = mlp.fc1.in_features
    rows = torch.linspace(-2, 2, 3 * width, dtype=mlp.fc1.weight.dtype).view(1, 3, width)
    try:
        expected = mlp(rows).float()
    except RuntimeError:  # it takes other shapes
        return False
    found = other(rows).float()
    near = 0.02 * float(expected.abs().max())  # bfloat16's own rounding is a third of it
    return found.shape == expected.shape and bool((found - expected).abs().max() <= near)
