"""The command `similarity`."""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def similarity(
    image: Annotated[
        list[Path],
        typer.Option("--image", metavar="FILE...", exists=True, dir_okay=False, help="One picture or more."),
    ],
    text: Annotated[list[str], typer.Option("--text", metavar="TEXT...", help="One text or more.")],
    model: opt.Model = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Compare pictures with texts: the cosine of each pair, and each text's probability for a picture."""
    from clip_embeddings_app.cli.actions.similarity import run

    run(image, text, model=model, as_json=as_json)
