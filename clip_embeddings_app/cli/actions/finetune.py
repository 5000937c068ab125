"""`clip-embeddings finetune`: train, then say what was found before and after."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clip_embeddings import finetune
from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings_app.cli import render

if TYPE_CHECKING:
    from rich.console import Console

    from clip_embeddings.tasks.training.report import FinetuneReport


def run(model: str | None, pairs: Path, settings: dict[str, Any], *, as_json: bool) -> None:
    """Fine-tune with progress on a terminal, and report."""
    progress = sys.stdout.isatty() and not as_json
    report = finetune(model or DEFAULT_MODEL, pairs, show_progress=progress, **settings)
    if as_json:
        render.print_json(report.record())
    else:
        _show(render.console(), report)


def _show(out: "Console", report: "FinetuneReport") -> None:
    kept = f"epoch {report.best}" + (" (the recall rose no more)" if report.stopped_early else "")
    facts: dict[str, object] = {
        "pairs trained on": f"{report.training:,}",
        "pairs measured with": f"{report.validation:,}",
        "pairs left out": f"{len(report.failures):,}",
        "numbers trained": f"{report.moved:,} of {report.weights:,}",
        "loss": f"{report.losses[0]:.3f} to {report.losses[-1]:.3f} in {len(report.losses):,} steps",
        "kept": kept,
        "fingerprint": f"{report.fingerprint} (was {report.base_fingerprint})",
    }
    out.print(render.facts(facts))
    if report.recall_before and report.recall_after:
        out.print()
        measured = render.table("recall", "before", "after", right=(1, 2))
        for name, before in report.recall_before.items():
            measured.add_row(name, f"{before:.3f}", f"{report.recall_after[name]:.3f}")
        out.print(measured)
    out.print(
        f"\n{report.seconds:.0f} s. Written to {render.short_path(report.output)}. Next:", soft_wrap=True
    )
    out.print(f"  clip-embeddings ingest PATH... --model {report.output} --db NEW-DIR", soft_wrap=True)
