"""The commands and their options; the work is in one module for each, imported when its command runs.

Imports typer and what is light, so that `--help` loads neither torch nor a vector store.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from clip_embeddings import __version__
from clip_embeddings_app.cli import gap_options as gap
from clip_embeddings_app.cli import ingest_options as source
from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.commands import finetune_command, gap_commands, score_command, task_commands
from clip_embeddings_app.cli.guard import guarded

app = typer.Typer(
    help="Text and pictures in one collection, found across modalities by CLIP embeddings.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"clip-embeddings {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    no_pickle: Annotated[
        bool,
        typer.Option(
            "--no-pickle",
            callback=opt.refuse_pickles,
            help=f"Refuse models whose weights are pickles alone; {opt.ALLOW_PICKLE}=0 says it for good.",
        ),
    ] = False,
) -> None:
    """Text and pictures in one collection, found across modalities by CLIP embeddings."""


@app.command()
@guarded
def ingest(
    paths: source.Paths = None,
    manifest: source.Manifest = None,
    embed_captions: source.EmbedCaptions = False,
    allow_scheme: source.AllowScheme = None,
    prune: source.Prune = False,
    prune_empty: source.PruneEmpty = None,
    yes: source.Yes = False,
    cache: source.Cache = None,
    failures: source.Failures = None,
    max_bytes: source.MaxBytes = source.DEFAULT_MAX_BYTES,
    encoding: source.Encoding = None,
    exclude: source.Exclude = None,
    include: source.Include = None,
    only: source.Only = None,
    db: opt.Db = None,
    collection: opt.Collection = opt.DEFAULT_COLLECTION,
    model: opt.Model = None,
    calibrate: gap.Calibrate = None,
    host: opt.Host = None,
    port: opt.Port = None,
    device: opt.Device = None,
    dtype: opt.Dtype = None,
    batch_size: opt.BatchSize = None,
    max_pixels: opt.MaxPixels = None,
    strict: source.Strict = False,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Put pictures and texts into a collection. Running it again adds what is new and updates what moved."""
    from clip_embeddings_app.cli.commands.ingest import run

    if not paths and not manifest:
        raise typer.BadParameter("give at least one of them", param_hint="PATH / --manifest")
    place = opt.place(db, host, port)
    run(
        paths or [],
        place,
        collection,
        model=model,
        calibrate=calibrate,
        deployment=opt.deployment(device=device, dtype=dtype, batch_size=batch_size, max_pixels=max_pixels),
        sources={
            "manifests": manifest or [],
            "embed_captions": embed_captions,
            "allow_schemes": allow_scheme or [],
            "prune": prune,
            "prune_empty": prune_empty or [],
            "prune_most": yes,
            "cache": cache,
            "failures": failures,
            "max_bytes": max_bytes,
            "encoding": encoding,
            "exclude": exclude or [],
            "include": include or [],
            "only": only.value if only else None,
        },
        strict=strict,
        as_json=as_json,
    )


@app.command()
@guarded
def search(
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help="What to look for, in words.")] = None,
    image: Annotated[
        Path | None,
        typer.Option(
            "--image", metavar="FILE", exists=True, dir_okay=False, help="Look for what is like a picture."
        ),
    ] = None,
    k: Annotated[
        int, typer.Option("-k", min=1, help="How many to show; of each modality if they are ranked apart.")
    ] = 5,
    modality: Annotated[opt.Modality, typer.Option(help="What to look for.")] = opt.Modality.any,
    calibration: gap.Late = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.png", callback=opt.picture_name, help="Also draw the result as a contact sheet."
        ),
    ] = None,
    db: opt.Db = None,
    collection: opt.Collection = opt.DEFAULT_COLLECTION,
    model: opt.Model = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Find the pictures and texts that are nearest to a query; give QUERY or --image."""
    from clip_embeddings_app.cli.commands.search import run

    if (query is None) == (image is None):
        raise typer.BadParameter("give exactly one of them", param_hint="QUERY / --image")
    place = opt.place(db, host, port)
    run(
        query,
        image,
        place,
        collection,
        model=model,
        k=k,
        modality=modality,
        sheet=sheet,
        calibration=calibration,
        as_json=as_json,
    )


class _ManyValues(TyperCommand):
    """`--image a.png b.png` means `--image a.png --image b.png`, so that a shell's `*.png` works."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        return super().parse_args(ctx, opt.repeat_options(args, ("--image", "--text", "--reference")))


@app.command(cls=_ManyValues)
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
    from clip_embeddings_app.cli.commands.similarity import run

    run(image, text, model=model, as_json=as_json)


app.command(cls=_ManyValues)(score_command.score)
for command in (gap_commands.explain, gap_commands.calibrate, gap_commands.recalibrate):
    app.command()(command)
app.command()(finetune_command.finetune)
app.command()(task_commands.classify)


@app.command()
@guarded
def info(
    models: Annotated[bool, typer.Option("--models", help="List the models known by name.")] = False,
    model: Annotated[str, typer.Option(metavar="M", help="The model to describe.")] = "tiny",
    db: opt.Db = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Show versions, the device in use and facts of a model; with --db, a store's collections."""
    from clip_embeddings_app.cli.commands.info import run, run_models

    if models:
        run_models(as_json=as_json)
    else:
        run(model, opt.place(db, host, port) if db or host or port else None, as_json=as_json)


@app.command()
@guarded
def check(
    db: opt.Db = None,
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="NAME", help="One collection (all of them).")
    ] = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Look whether every row of a store has its vector; exit with 1 if not. Nothing is changed."""
    from clip_embeddings_app.cli.commands.check import run

    run(opt.place(db, host, port), collection, as_json=as_json)


@app.command()
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
    from clip_embeddings_app.cli.commands.download import run

    run(model, to, revision, as_json=as_json)


@app.command()
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
