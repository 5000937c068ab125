"""The command `precision`; app.py adds it. Imports typer and what is light, like app.py."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import gap_options as gap
from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


class Draft(StrEnum):
    """Whether large JPEG files are decoded at a part of their size."""

    auto = "auto"
    on = "on"
    off = "off"


@guarded
def precision(
    paths: Annotated[
        list[Path],
        typer.Argument(exists=True, metavar="PATH...", help="Pictures, text files and folders of them."),
    ],
    draft: Annotated[
        Draft,
        typer.Option(
            metavar="HOW",
            rich_help_panel=opt.MODEL_PANEL,
            help="Decode large JPEG files at a part of their size: on, off, or auto, the default of an "
            "embedder.",
        ),
    ] = Draft.auto,
    most: Annotated[int, typer.Option(metavar="N", min=3, help="Compare up to N of each.")] = 500,
    seed: gap.Seed = 0,
    model: opt.Model = None,
    device: opt.Device = None,
    dtype: opt.Dtype = None,
    batch_size: opt.BatchSize = None,
    max_pixels: opt.MaxPixels = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Show what faster settings change on your own pictures and texts, against float32; writes nothing."""
    from clip_embeddings_app.cli.actions.precision import run

    run(
        paths,
        model,
        settings=opt.deployment(dtype=dtype, draft={"on": True, "off": False}.get(draft.value)),
        deployment=opt.deployment(device=device, batch_size=batch_size, max_pixels=max_pixels),
        most=most,
        seed=seed,
        as_json=as_json,
    )
