"""The command `demo`."""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def demo(
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", file_okay=False, help="Where to write it all.")
    ] = Path("clip-demo"),
    debug: opt.Debug = False,
) -> None:
    """Draw scenes, write notes, ingest both and search them, with the model that is bundled."""
    from clip_embeddings_app.demo.run import run

    run(folder)
