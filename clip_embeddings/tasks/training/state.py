"""How far a run is, and whether a folder may take it. Imports numpy and what is beside it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.records import parsed
from clip_embeddings.tasks.training import checkpoint
from clip_embeddings.tasks.training.report import FILE, FinetuneReport

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(slots=True)
class Progress:
    """How far a run is.

    Attributes:
        losses: one for each step.
        recalls: the first before any training, then one for each epoch; empty without validation.
        best: the epoch with the highest mean recall, 0 before the first has ended.
        weights: those of the best epoch.
    """

    losses: list[float] = field(default_factory=list)
    recalls: list[dict[str, float]] = field(default_factory=list)
    best: int = 0
    weights: dict[str, "Tensor"] = field(default_factory=dict)

    def idle(self) -> int:
        """Epochs since the recall, that before training included, was last at its highest."""
        means = [recall["mean"] for recall in self.recalls]
        return len(means) - 1 - int(np.argmax(means)) if means else 0


def check_folder(folder: Path, resume: bool) -> None:
    """Nothing is written over: a folder is empty, or holds the run that is to go on.

    Raises:
        InvalidInputError: it is a file, holds something else, or a run without `resume`.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError(f"output {str(folder)!r}: is a file; expected a folder")
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if there and not {FILE, checkpoint.FILE, checkpoint.SCRATCH} & set(there):
        raise InvalidInputError(
            f"output {str(folder)!r}: is not empty ({there[0]}) and holds no run; give another folder"
        )
    if there and not resume:
        state = "a finished run" if FILE in there else "a run that was interrupted"
        raise InvalidInputError(
            f"output {str(folder)!r}: holds {state}; resume goes on with it, or give another folder"
        )


def check_identity(folder: Path, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    """The run that lies in a folder is the one that was asked for.

    Raises:
        InvalidInputError: it is another one; names what differs.
    """
    if other := [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]:
        shown = ", ".join(f"{name} ({theirs.get(name)!r}, not {ours.get(name)!r})" for name in other)
        raise InvalidInputError(
            f"output {str(folder)!r}: the run there had another {shown}. "
            "Give the same again, or another folder"
        )


def finished(folder: Path, identity: dict[str, Any]) -> FinetuneReport | None:
    """The report of the run if it has already ended in this folder.

    Raises:
        InvalidInputError: another run has, or its record cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        record = parsed(path.read_text(encoding="utf-8"))
        theirs, report = record["identity"], FinetuneReport.from_record(folder, record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(
            f"output {str(folder)!r}: {FILE} is not the record of a run ({error}); give another folder"
        ) from error
    check_identity(folder, theirs, identity)
    checkpoint.remove(folder)
    return report
