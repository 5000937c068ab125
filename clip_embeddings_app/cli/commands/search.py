"""The command `search`."""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import gap_options as gap
from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def search(
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help="What to look for, in words.")] = None,
    image: Annotated[
        Path | None,
        typer.Option(
            "--image",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Look for what is like a picture; with QUERY for what is like both.",
        ),
    ] = None,
    k: Annotated[
        int, typer.Option("-k", min=1, help="How many to show; of each modality if they are ranked apart.")
    ] = 5,
    modality: Annotated[opt.Modality, typer.Option(help="What to look for.")] = opt.Modality.any,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITIONS", help="Only rows with such metadata, as in 'year >= 2020 and lang = ko'."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Photos from this day, month or year on; needs ingest --exif."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Photos up to it.")] = None,
    calibration: gap.Late = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.png", callback=opt.picture_name, help="Also draw the result as a contact sheet."
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.html",
            callback=opt.page_name,
            help="Also write it as one file to send, pictures inside.",
        ),
    ] = None,
    pictures: Annotated[
        bool | None,
        typer.Option(
            "--pictures/--no-pictures",
            help="Show the pictures in the terminal too. Without either: where it speaks kitty's protocol or "
            "sixel; --pictures: as blocks in any other. Needs the extra terminal.",
        ),
    ] = None,
    db: opt.Db = None,
    collection: opt.Collection = opt.DEFAULT_COLLECTION,
    model: opt.Model = None,
    store: opt.Store = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Find the pictures and texts that are nearest to a query: words, --image, or both."""
    from clip_embeddings_app.cli.actions.search import run
    from clip_embeddings_app.cli.dates import between

    if query is None and image is None:
        raise typer.BadParameter("give one of them, or both", param_hint="QUERY / --image")
    place = opt.place(db, host, port, store)
    run(
        query,
        image,
        place,
        collection,
        model=model,
        k=k,
        modality=modality,
        sheet=sheet,
        html=html,
        where=" and ".join(filter(None, (where, between(since, until)))) or None,
        calibration=calibration,
        pictures=pictures,
        as_json=as_json,
    )
