"""The command `finetune` and its options; app.py adds it. Imports typer and what is light, like app.py."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded

_TRAINING, _RUN = "Training", "Run"


class Method(StrEnum):
    """Which weights move."""

    lora = "lora"
    last_layers = "last-layers"
    full = "full"


@guarded
def finetune(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS.csv|jsonl",
            exists=True,
            dir_okay=False,
            help="Pictures and their captions: columns picture,text; a relative path starts from its folder.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", file_okay=False, help="Folder of the new model.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="M",
            rich_help_panel=opt.MODEL_PANEL,
            help="What to begin with: hub id, folder, or tiny (bundled). Left out: the default.",
        ),
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            rich_help_panel=_TRAINING,
            help="What moves: small matrices beside the weights, merged in the end; the last layers; or all.",
        ),
    ] = Method.lora,
    epochs: Annotated[
        int, typer.Option(metavar="N", min=1, rich_help_panel=_TRAINING, help="Times through all, at most.")
    ] = 10,
    batch_size: Annotated[
        int, typer.Option(metavar="N", min=1, rich_help_panel=_TRAINING, help="Pairs in one pass.")
    ] = 64,
    accumulate: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            rich_help_panel=_TRAINING,
            help="Passes in one step; their pairs are all negatives of each other.",
        ),
    ] = 1,
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="R", rich_help_panel=_TRAINING, help="At its highest. Left out: by method."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="S", min=0, rich_help_panel=_TRAINING, help="Another one, another order.")
    ] = 0,
    validation: Annotated[
        float,
        typer.Option(
            metavar="SHARE", min=0.0, max=0.5, rich_help_panel=_RUN, help="Kept to measure with; 0: none."
        ),
    ] = 0.1,
    patience: Annotated[
        int,
        typer.Option(metavar="N", min=1, rich_help_panel=_RUN, help="Epochs without gain that end the run."),
    ] = 3,
    resume: Annotated[
        bool, typer.Option("--resume", rich_help_panel=_RUN, help="Go on where a run in --output was killed.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", rich_help_panel=_RUN, help="Refuse bad pairs instead of leaving them out."),
    ] = False,
    device: opt.Device = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Train a model on pairs of pictures and captions of your own. Embed collections anew with the result."""
    from clip_embeddings_app.cli.actions.finetune import run

    run(
        model,
        pairs,
        {
            "output": output,
            "method": method.value,
            "epochs": epochs,
            "batch_size": batch_size,
            "accumulate": accumulate,
            "learning_rate": learning_rate,
            "seed": seed,
            "validation": validation,
            "patience": patience,
            "resume": resume,
            "strict": strict,
            **opt.deployment(device=device),
        },
        as_json=as_json,
    )
