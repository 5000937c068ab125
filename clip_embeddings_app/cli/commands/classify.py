"""The command `classify`; app.py adds it. Imports typer and what is light, like app.py."""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded
from clip_embeddings_app.cli.ingest_options import Strict


def _csv_name(path: Path | None) -> Path | None:
    """Check a file name to write a table to, before any work is done for it."""
    if path is not None and path.suffix.lower() != ".csv":
        raise typer.BadParameter(f"{path} is not named as a table: .csv")
    return path


_ANSWER, _OUTPUT = "When the answer is `other`", "Output"


@guarded
def classify(
    paths: Annotated[
        list[Path],
        typer.Argument(exists=True, metavar="IMAGE...", help="Pictures, and folders of them."),
    ],
    labels: Annotated[
        list[str] | None,
        typer.Option("--labels", metavar="A,B,C", help="The classes, between commas. May be given often."),
    ] = None,
    labels_file: Annotated[
        Path | None,
        typer.Option(
            "--labels-file", metavar="FILE", exists=True, dir_okay=False, help="The classes, one a line."
        ),
    ] = None,
    template: Annotated[
        list[str] | None,
        typer.Option(
            "--template",
            metavar="NAME|TEXT",
            help="A sentence with {} for the label; may be given often. Or a set, such as imagenet-7 or "
            "korean. (a photo of a {}. and, for Korean labels, {} 사진)",
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many labels to show for a picture.")] = 3,
    min_probability: Annotated[
        float | None,
        typer.Option(
            "--min-probability", metavar="P", rich_help_panel=_ANSWER, help="If the likeliest is below it."
        ),
    ] = None,
    min_cosine: Annotated[
        float | None,
        typer.Option(
            "--min-cosine", metavar="C", rich_help_panel=_ANSWER, help="If no class is as near as that."
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="OUT.csv",
            callback=_csv_name,
            rich_help_panel=_OUTPUT,
            help="Write a line for each picture, and print only how many there are of each class.",
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet",
            metavar="OUT.png",
            callback=opt.picture_name,
            rich_help_panel=_OUTPUT,
            help="Also draw the surest pictures of each class as a contact sheet.",
        ),
    ] = None,
    model: opt.Model = None,
    device: opt.Device = None,
    dtype: opt.Dtype = None,
    batch_size: opt.BatchSize = None,
    max_pixels: opt.MaxPixels = None,
    strict: Strict = False,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Sort pictures into classes that are named in words; no training."""
    from clip_embeddings_app.cli.actions.classify import run

    if not labels and not labels_file:
        raise typer.BadParameter("give at least one of them", param_hint="--labels / --labels-file")
    run(
        paths,
        labels or [],
        labels_file,
        templates=template,
        k=k,
        min_probability=min_probability,
        min_cosine=min_cosine,
        csv_file=csv,
        sheet=sheet,
        model=model,
        deployment=opt.deployment(device=device, dtype=dtype, batch_size=batch_size, max_pixels=max_pixels),
        strict=strict,
        as_json=as_json,
    )
