"""A run as one safetensors file, replaced as a whole: a run that is killed has the last one. No pickle.

Imports torch, safetensors and errors.
"""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from clip_embeddings.errors import ModelLoadError

FILE = "checkpoint.safetensors"
SCRATCH = "checkpoint.unfinished"


def write(folder: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Put tensors and a JSON object in the place of the last checkpoint, all or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / SCRATCH
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(whole, scratch, metadata={"state": json.dumps(state)})
    with scratch.open("rb") as file:
        os.fsync(file.fileno())  # the content before the name: power may fail too
    scratch.replace(folder / FILE)


def read(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The last checkpoint's tensors, on the CPU, and state; None if there is none.

    Raises:
        ModelLoadError: the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            state: dict[str, Any] = json.loads((file.metadata() or {})["state"])
            return {name: file.get_tensor(name) for name in file.keys()}, state  # noqa: SIM118
    except Exception as error:  # safetensors, json and the disk have errors of their own
        raise ModelLoadError(
            f"{path}: cannot be read as a checkpoint ({error}); delete it to begin again"
        ) from error


def remove(folder: Path) -> None:
    """Delete a checkpoint and what a killed one may have left."""
    for name in (FILE, SCRATCH):
        (folder / name).unlink(missing_ok=True)


def pack(weights: dict[str, torch.nn.Parameter], optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Weights and what the optimizer knows of each, by name."""
    tensors: dict[str, Tensor] = {}
    for name, weight in weights.items():
        tensors[f"model/{name}"] = weight
        for key, value in optimizer.state.get(weight, {}).items():
            tensors[f"optimizer/{key}/{name}"] = value
    return tensors


def unpack(
    tensors: dict[str, Tensor], weights: dict[str, torch.nn.Parameter], optimizer: torch.optim.Optimizer
) -> None:
    """The reverse of `pack`, into weights and an optimizer of the same kind."""
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(tensors[f"model/{name}"])
    for name, tensor in tensors.items():
        kind, _, rest = name.partition("/")
        if kind == "optimizer":
            key, _, of = rest.partition("/")
            weight = weights[of]
            # AdamW counts its steps on the CPU.
            optimizer.state[weight][key] = tensor if key == "step" else tensor.to(weight.device)
