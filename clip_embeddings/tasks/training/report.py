"""What a run found, as an object, as JSON and as a model card. Imports what is beside it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clip_embeddings.tasks.training.dataset import list_failures
from clip_embeddings.tasks.training.pairs import Failure

FILE = "finetuning.json"
CARD = "README.md"
_NOT_MEASURED = (
    "- what the model forgot of all that these pairs do not show: measure it on pairs of the old kind;",
    "- pairs of any other source, language or style than these;",
    "- zero-shot classification, bias and safety.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneReport:
    """A finished run.

    Attributes:
        output: the folder that `CLIPEmbedder` opens.
        base: the model that it began with, as it was named.
        base_fingerprint, fingerprint: of both models, as `CLIPEmbedder(model).fingerprint` gives them.
        training, validation: how many pairs.
        failures: pairs that were left out.
        truncated: captions that were cut at the model's context.
        moved, weights: how many numbers were trained, of how many the model has.
        losses: one for each step.
        recalls: on the validation pairs, before training and after each epoch.
        best: the epoch whose weights were kept.
        stopped_early: whether the recall no longer rose, so that not all epochs were run.
        recall_before, recall_after: of the base and of what was saved; None without validation.
        settings: what the run was made with.
        seconds: of this call.
    """

    output: Path
    base: str
    base_fingerprint: str
    fingerprint: str
    training: int
    validation: int
    failures: tuple[Failure, ...]
    truncated: int
    moved: int
    weights: int
    losses: tuple[float, ...]
    recalls: tuple[dict[str, float], ...]
    best: int
    stopped_early: bool
    recall_before: dict[str, float] | None
    recall_after: dict[str, float] | None
    settings: dict[str, Any]
    seconds: float

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "output": str(self.output), "failures": list(map(str, self.failures))}

    def write(self, identity: dict[str, Any]) -> None:
        """The model card, then the record that marks the run as finished."""
        replace_text(self.output / CARD, card(self))
        # Without the folder's own place, so that it can be moved.
        record = {name: value for name, value in self.record().items() if name != "output"}
        replace_text(
            self.output / FILE,
            json.dumps({"identity": identity, **record}, ensure_ascii=False, indent=1) + "\n",
        )

    @classmethod
    def from_record(cls, output: Path, record: dict[str, Any]) -> "FinetuneReport":
        """Read what `write` wrote."""
        known = {name: record[name] for name in cls.__dataclass_fields__ if name in record}
        failures = tuple(Failure(*each.split(": ", 1)) for each in record["failures"])
        sequences = {name: tuple(record[name]) for name in ("losses", "recalls")}
        return cls(**{**known, **sequences, "failures": failures, "output": output})


def replace_text(path: Path, text: str) -> None:
    """Write a file all or nothing."""
    scratch = path.with_name(f"{path.name}.unfinished")
    with scratch.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def card(report: FinetuneReport) -> str:
    """The model card: what it came from, on what it was trained, what was measured and what was not."""
    settings = "\n".join(f"| {name} | {value} |" for name, value in report.settings.items())
    left_out = (
        f"\n{list_failures(report.failures, len(report.failures) + report.training + report.validation)}.\n"
        if report.failures
        else ""
    )
    return f"""---
library_name: transformers
pipeline_tag: zero-shot-image-classification
base_model: {Path(report.base).name if Path(report.base).is_absolute() else report.base}
---

# A fine-tuned CLIP

Trained by `clip-embeddings finetune` on pairs of pictures and captions; its licence is that of the base model
and of the pairs. Its vectors cannot be compared with those of the base model: embed a collection anew.

{_facts(report)}
{left_out}
## Settings

| | |
|---|---|
{settings}

## Measured

{_measured(report)}

## Not measured

{chr(10).join(_NOT_MEASURED)}

A calibration of the base model does not fit; measure one on this model: `clip-embeddings calibrate`.
"""


def _facts(report: FinetuneReport) -> str:
    return f"""| | |
|---|---|
| fingerprint | {report.fingerprint} |
| base model's fingerprint | {report.base_fingerprint} |
| pairs trained on | {report.training:,} |
| pairs measured with, not trained on | {report.validation:,} |
| pairs left out | {len(report.failures):,} |
| captions cut at the model's context | {report.truncated:,} |
| numbers trained, of all | {report.moved:,} of {report.weights:,} |
| steps | {len(report.losses):,}, loss {report.losses[0]:.3f} at first, {report.losses[-1]:.3f} at last |
| weights of epoch | {report.best}{", as the recall rose no more" if report.stopped_early else ""} |"""


def _measured(report: FinetuneReport) -> str:
    if report.recall_before is None or report.recall_after is None:
        return "Nothing: no pairs were kept to measure with (`validation`)."
    rows = "\n".join(
        f"| {name} | {before:.3f} | {report.recall_after[name]:.3f} |"
        for name, before in report.recall_before.items()
    )
    return f"""Recall among the {report.validation:,} validation pairs; they also chose the epoch.

| | before | after |
|---|---:|---:|
{rows}"""
