"""The command `info`."""

from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def info(
    models: Annotated[bool, typer.Option("--models", help="List the models known by name.")] = False,
    model: Annotated[str, typer.Option(metavar="M", help="The model to describe.")] = "tiny",
    db: opt.Db = None,
    store: opt.Store = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Show versions, the device in use and facts of a model; with --db, a store's collections."""
    from clip_embeddings_app.cli.actions.info import run, run_models

    if models:
        run_models(as_json=as_json)
    else:
        named = bool(db or host or port or store)
        run(model, opt.place(db, host, port, store) if named else None, as_json=as_json)
