"""Options about the modality gap: of its commands, of `ingest` and of `search`. Imports typer."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli.options import MODEL_PANEL

Queries = Annotated[
    Path | None,
    typer.Option(
        "--queries", metavar="FILE", exists=True, dir_okay=False, help="Typical queries, one a line."
    ),
]
Seed = Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Another one draws other rows.")]


def report_name(path: Path | None) -> Path | None:
    """Check a file name to write a report to, before any work is done for it."""
    if path is None:
        return None
    if path.suffix.lower() not in (".png", ".html"):
        raise typer.BadParameter(f"{path} is not named as a report: .png, .html")
    return path


Report = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="OUT.html|png",
        callback=report_name,
        help="Also draw it: one page with all numbers, or the picture alone.",
    ),
]


def _calibration_or(*words: str) -> Callable[[str | None], str | None]:
    """A check that a value is one of the words or a file, so that a misspelt word is named as one."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in words and not Path(value).is_file():
            raise typer.BadParameter(f"no file {value}; expected {', '.join(words)} or a FILE of `calibrate`")
        return value

    return check


Calibrate = Annotated[
    str | None,
    typer.Option(
        "--calibrate",
        metavar="HOW",
        callback=_calibration_or("auto", "reference", "none"),
        rich_help_panel=MODEL_PANEL,
        help="What a new collection is calibrated with, so that pictures and texts rank in one list: auto "
        "(measured on a sample of the files), reference (the model's own), none, or a FILE of `calibrate`. "
        "Left out: reference if the model has one, else auto. With auto given, a raw collection that exists "
        "is calibrated too, once it holds enough.",
    ),
]
Calibration = Annotated[
    str,
    typer.Option(
        metavar="FILE|reference|none",
        callback=_calibration_or("reference", "none"),
        help="The new one; none takes a collection back to raw.",
    ),
]
Shown = Annotated[
    str | None,
    typer.Option(
        "--calibration",
        metavar="FILE|reference",
        callback=_calibration_or("reference"),
        help="Show what this one would change. Left out: the collection's own, if it has one.",
    ),
]

Late = Annotated[
    str | None,
    typer.Option(
        "--calibration",
        metavar="FILE|reference",
        callback=_calibration_or("reference"),
        help="For a raw collection: rank pictures and texts in one list by this one.",
    ),
]


def json_name(path: Path) -> Path:
    """Check a file name to write a calibration to: a picture that is named by mistake stays."""
    if path.suffix.lower() != ".json":
        raise typer.BadParameter(f"{path} is not named .json")
    return path
