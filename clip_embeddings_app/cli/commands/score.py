"""The command `score`; app.py adds it. Imports typer and what is light, like app.py."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


class LongText(StrEnum):
    """What happens to a caption over the context limit."""

    truncate = "truncate"
    chunk = "chunk"
    error = "error"


@guarded
def score(
    image: Annotated[
        list[Path] | None,
        typer.Option("--image", metavar="FILE...", exists=True, dir_okay=False, help="One picture or more."),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option("--text", metavar="TEXT...", help="A caption for each picture, in their order."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs",
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            help="Pictures and captions: columns picture,text and, if there are any, reference, reference_2, "
            "...; a relative path starts from its folder.",
        ),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            "--reference", metavar="TEXT...", help="What people wrote of the one picture: adds RefCLIPScore."
        ),
    ] = None,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Score every picture with every caption, not pairs.")
    ] = False,
    prefix: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help='What goes before each text (the paper\'s "A photo depicts"); "" for nothing.',
        ),
    ] = None,
    long_text: Annotated[
        LongText,
        typer.Option(
            metavar="HOW",
            rich_help_panel=opt.MODEL_PANEL,
            help="A caption over the model's limit: truncate (and warn), chunk or error.",
        ),
    ] = LongText.truncate,
    model: opt.Model = None,
    device: opt.Device = None,
    dtype: opt.Dtype = None,
    batch_size: opt.BatchSize = None,
    max_pixels: opt.MaxPixels = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV and nothing else.")] = False,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Score how well captions fit pictures (CLIPScore); give --image and --text, or --pairs."""
    from clip_embeddings_app.cli.actions.score import Wanted, from_csv, run

    if (pairs is not None) == bool(image or text or reference):
        raise typer.BadParameter("give exactly one of them", param_hint="--image and --text / --pairs")
    if pairs is None and not (image and text):
        raise typer.BadParameter("needs both", param_hint="--image and --text")
    if as_json and as_csv:
        raise typer.BadParameter("give one of them", param_hint="--json / --csv")
    if reference and image and len(image) > 1:
        raise typer.BadParameter(
            "is for one picture; use --pairs with a column reference", param_hint="--reference"
        )
    references = [tuple(reference)] if reference else None
    run(
        from_csv(pairs) if pairs else Wanted(image or [], text or [], references),
        matrix=matrix,
        prefix=prefix,
        model=model,
        settings={
            "long_text": long_text.value,
            **opt.deployment(device=device, dtype=dtype, batch_size=batch_size, max_pixels=max_pixels),
        },
        output="json" if as_json else "csv" if as_csv else "table",
    )
