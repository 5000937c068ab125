"""The command `download`."""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def download(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Hub id or nickname (info --models).")],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Also write a folder that loads without a network."),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option("--revision", metavar="R", help="Branch, tag or commit (default branch)."),
    ] = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Fetch a model, so that later starts need no network; with --to, as a folder for other machines."""
    from clip_embeddings_app.cli.actions.download import run

    run(model, to, revision, as_json=as_json)
