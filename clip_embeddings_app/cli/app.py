"""The commands, put together: their options are in commands/, what they do in actions/."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from clip_embeddings import __version__
from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.commands import (
    check,
    classify,
    demo,
    download,
    finetune,
    gap,
    info,
    ingest,
    mcp,
    score,
    search,
    similarity,
)

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


class _ManyValues(TyperCommand):
    """`--image a.png b.png` means `--image a.png --image b.png`, so that a shell's `*.png` works."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        return super().parse_args(ctx, opt.repeat_options(args, ("--image", "--text", "--reference")))


app.command()(ingest.ingest)
app.command()(search.search)
app.command(cls=_ManyValues)(similarity.similarity)
app.command(cls=_ManyValues)(score.score)
app.command()(gap.explain)
app.command()(gap.calibrate)
app.command()(gap.recalibrate)
app.command()(finetune.finetune)
app.command()(classify.classify)
app.command()(info.info)
app.command()(mcp.mcp)
app.command()(check.check)
app.command()(download.download)
app.command()(demo.demo)
