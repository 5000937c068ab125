"""`clip-embeddings calibrate`: the modality gap of a model, measured on a sample and written to a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clip_embeddings import (
    CalibrationEstimator,
    GapReport,
    InvalidInputError,
    ModalityCalibration,
    explain_vectors,
)
from clip_embeddings.calibration.kinds import Kind, error_of
from clip_embeddings.calibration.known import hardly_known, share_known
from clip_embeddings.calibration.levels import MOST_RATIO
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.actions.explain import draw_report, show_report
from clip_embeddings_app.cli.chroma import calibrating
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import CHROMA, Place
from clip_embeddings_app.cli.sample import Sample, of_collection, of_files, of_pairs, read_queries
from clip_embeddings_app.cli.terminal import quoted

_NAMES: dict[Kind, str] = {
    ("document", "text"): "texts",
    ("document", "image"): "pictures",
    ("query", "text"): "text queries",
    ("query", "image"): "picture queries",
}
# The level where the ratio of the spreads is no longer believed; see levels.py.
_CAPS = (np.sqrt(MOST_RATIO**2 - 1), np.sqrt(1 - MOST_RATIO**-2))


def run(
    paths: Sequence[Path],
    pairs: Path | None,
    place: Place | None,
    name: str,
    *,
    output: Path,
    model: str | None,
    deployment: dict[str, Any],
    queries: Path | None,
    size: int,
    seed: int,
    minimum: int,
    centre_only: bool,
    report: Path | None,
    as_json: bool,
) -> None:
    """Measure, write the file, and say what was found and what to do with it."""
    asked = read_queries(queries)
    if pairs:
        sample = of_pairs(pairs, model, deployment, size, seed)
    elif place:
        sample = of_collection(place, name, model, size, seed)
    else:
        sample = of_files(paths, model, deployment, size, seed)
    vectors: dict[Kind, Any] = {("document", "text"): sample.texts, ("document", "image"): sample.images}
    if asked:
        vectors["query", "text"] = sample.embedder.embed_texts(asked, role="query")
    calibration = _measured(sample, vectors, minimum, centre_only)
    seen = explain_vectors(
        sample.texts, sample.images, text_queries=vectors.get(("query", "text")), calibration=calibration
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    calibration.save(output)
    if as_json:
        render.print_json(_record(calibration, seen, output, report))
    else:
        _show(calibration, seen, sample, output, place, name)
    draw_report(
        report, seen, f"Modality gap of {sample.embedder.config.model}: {sample.source}", quiet=as_json
    )
    _note(calibration, sample)


def _measured(
    sample: Sample, vectors: dict[Kind, Any], minimum: int, centre_only: bool
) -> ModalityCalibration:
    estimator = CalibrationEstimator()
    for (role, modality), rows in vectors.items():
        if len(rows) < minimum:
            raise _too_few((role, modality), rows, sample, minimum)
        estimator.add(rows, modality, role)
    fingerprint = sample.embedder.model_fingerprint
    return estimator.calibration(
        fingerprint,
        source=sample.source,
        minimum=minimum,
        level=not centre_only,
        paired=sample.paired,
    )


def _too_few(kind: Kind, rows: Any, sample: Sample, minimum: int) -> InvalidInputError:
    where = "--queries" if kind[0] == "query" else sample.source
    fixes = ["add more"]
    if kind[0] == "query":
        fixes.append("leave --queries out")
    off = ""
    if len(rows) >= 10:
        fixes.append(f"or allow it: --minimum {len(rows)}")
        off = f" (their mean may be off by {error_of(rows.mean(axis=0), len(rows)):.2f})"
    return InvalidInputError(
        f"{where}: {len(rows)} {_NAMES[kind]}{off}; expected at least {minimum}: {', '.join(fixes)}"
    )


def _errors(calibration: ModalityCalibration) -> dict[Kind, float]:
    return {kind: error_of(mean, calibration.counts[kind]) for kind, mean in calibration.means.items()}


def _show(
    calibration: ModalityCalibration,
    seen: GapReport,
    sample: Sample,
    output: Path,
    place: Place | None,
    name: str,
) -> None:
    out = render.console()
    out.print(f"Calibration {calibration.id} of the model {sample.embedder.config.model}", style="bold")
    out.print(f"measured on {render.clean(sample.source)}\n", soft_wrap=True)
    made = render.table("", "number", "mean off by about", right=(1, 2))
    for kind, error in _errors(calibration).items():
        made.add_row(_NAMES[kind], f"{calibration.counts[kind]:,}", f"{error:.3f}")
    out.print(made)
    out.print()
    levels = {_NAMES[kind]: level for kind, level in calibration.levels.items() if level}
    shown = ", ".join(f"{name} {level:+.2f}" for name, level in levels.items()) or "none"
    out.print(render.facts({"gap": f"{calibration.gap:.2f}", "levels": shown}))
    out.print()
    show_report(out, seen)
    where = place or Place(CHROMA, "DIR", "--db DIR")
    command = calibrating(where, name if place else "NAME", output)
    out.print(f"\nWritten to {render.short_path(output)}. Next:", style="bold", soft_wrap=True)
    out.print(f"  {command}   (a collection that is there)", soft_wrap=True)
    out.print(
        f"  clip-embeddings ingest PATH... {quoted('--calibrate', output)}   (a new one)", soft_wrap=True
    )


def _note(calibration: ModalityCalibration, sample: Sample) -> None:
    if sample.paired:
        if problem := hardly_known(share_known(sample.texts, sample.images, calibration)):
            say("note", problem)
        return
    levels = [abs(calibration.levels.get(kind, 0)) for kind in (("document", "text"), ("document", "image"))]
    if any(np.isclose(level, cap, atol=1e-4) for level, cap in zip(levels, _CAPS, strict=True)):
        say(
            "note",
            "texts and pictures scored so differently that the level was capped: they may be about different "
            "things. Measure on pairs (--pairs), or take the model's reference if it ships with one",
        )


def _record(
    calibration: ModalityCalibration, seen: GapReport, output: Path, report: Path | None
) -> dict[str, Any]:
    return {
        "calibration": calibration.id,
        "model": calibration.model,
        "source": calibration.source,
        "output": str(output),
        "counts": {" ".join(kind): count for kind, count in calibration.counts.items()},
        "errors": {" ".join(kind): round(error, 4) for kind, error in _errors(calibration).items()},
        "gap": round(calibration.gap, 4),
        "levels": {" ".join(kind): round(level, 4) for kind, level in calibration.levels.items()},
        "report": seen.to_record(points=False),
        "picture": str(report) if report else None,
    }
