"""The command `check`."""

from typing import Annotated

import typer

from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def check(
    db: opt.Db = None,
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="NAME", help="One collection (all of them).")
    ] = None,
    store: opt.Store = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Look whether every row of a store has its vector; exit with 1 if not. Nothing is changed."""
    from clip_embeddings_app.cli.actions.check import run

    run(opt.place(db, host, port, store), collection, as_json=as_json)
