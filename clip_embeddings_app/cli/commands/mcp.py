"""The command `mcp`."""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded

_SHOWN = "What is shown"


@guarded
def mcp(
    db: opt.Db = None,
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection",
            metavar="NAME",
            rich_help_panel="Store",
            help="The collection that is meant where a client names none.",
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
            help="A folder that files are read from: pictures that a client names, those of results, "
            "and their originals; may be repeated. Without it clients name no path, and results show what "
            "rows name.",
        ),
    ] = None,
    images: Annotated[
        int,
        typer.Option("--images", metavar="N", min=0, rich_help_panel=_SHOWN, help="Pictures in one answer."),
    ] = 4,
    pixels: Annotated[
        int,
        typer.Option(
            "--pixels", metavar="N", min=1_000, rich_help_panel=_SHOWN, help="Pixels of each of them."
        ),
    ] = 500_000,
    http: Annotated[
        bool, typer.Option("--http", help="Serve HTTP on this machine in place of stdin and stdout.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="P", min=0, max=65535, help="For --http (8765; 0: any that is free)."),
    ] = None,
    debug: opt.Debug = False,
) -> None:
    """Serve a store to MCP clients: search, similar, get and collections as tools; nothing is written."""
    from clip_embeddings_app.cli.actions.mcp import run

    if port is not None and not http:
        raise typer.BadParameter("needs --http", param_hint="--port")
    run(
        opt.place(db, None, None, store),
        collection,
        model=model,
        roots=root or [],
        images=images,
        pixels=pixels,
        port=(8765 if port is None else port) if http else None,
    )
