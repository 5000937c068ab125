"""The command `ui`."""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def ui(
    db: opt.Db = None,
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection",
            metavar="NAME",
            rich_help_panel="Store",
            help="The collection that is shown first; the others can be chosen on the page.",
        ),
    ] = None,
    store: opt.Store = None,
    model: opt.Model = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Read files in this folder only; may be repeated. Without it what rows name is read.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="P", min=0, max=65535, help="0: any that is free.")
    ] = 7860,
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="ADDRESS",
            help="Where to listen. Any address but this machine's own shows your pictures to whoever "
            "reaches it, without a password.",
        ),
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    debug: opt.Debug = False,
) -> None:
    """Serve a page on this machine to search a store by words and pictures; nothing is written."""
    from clip_embeddings_app.cli.actions.ui import run

    run(
        opt.place(db, None, None, store),
        collection,
        model=model,
        roots=root,
        port=port,
        host=listen,
        browser=browser,
    )
