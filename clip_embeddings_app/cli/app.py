"""The commands, put together: their options are in commands/, what they do in actions/."""

from collections.abc import Callable
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
    precision,
    score,
    search,
    similarity,
    ui,
)
from clip_embeddings_app.cli.commands.examples import EXAMPLES

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


def _add(command: Callable[..., None], cls: type[TyperCommand] | None = None) -> None:
    """A command under its function's name; its help ends with an example."""
    app.command(cls=cls, epilog=f"Example: clip-embeddings {EXAMPLES[command.__name__]}")(command)


_add(ingest.ingest)
_add(search.search)
_add(similarity.similarity, _ManyValues)
_add(score.score, _ManyValues)
_add(gap.explain)
_add(gap.calibrate)
_add(gap.recalibrate)
_add(finetune.finetune)
_add(classify.classify)
_add(precision.precision)
_add(info.info)
_add(ui.ui)
_add(mcp.mcp)
_add(check.check)
_add(download.download)
_add(demo.demo)
