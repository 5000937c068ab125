"""A fine-tuning run for another process to kill: says each step's number, and runs on until it is killed.

python killed_finetuning.py MODEL PAIRS OUTPUT
"""

import sys
import time
from pathlib import Path
from typing import Any

from clip_embeddings import finetune

KILLED_AT = 7
SETTINGS: dict[str, Any] = {
    "epochs": 4,
    "batch_size": 4,
    "accumulate": 2,
    "validation": 0.2,
    "patience": 4,
    "learning_rate": 3e-3,
    "device": "cpu",
    "threads": 1,
    "checkpoint_steps": 2,
    "resume": True,
}


def run(model: str, pairs: Path, output: Path, **more: Any) -> Any:
    """Go on with the run in `output`, or begin it."""
    return finetune(model, pairs, output=output, **SETTINGS, **more)


def say(step: int, loss: float) -> None:
    """One line for each step, for the process that waits; slower near the end, so that it is in time."""
    print(step, flush=True)
    time.sleep(1 if step >= KILLED_AT else 0)


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), on_step=say)
