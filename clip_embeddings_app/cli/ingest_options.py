"""Options of `ingest`. Imports typer."""

from enum import StrEnum
from glob import has_magic
from pathlib import Path
from typing import Annotated

import typer


def existing(paths: list[str] | None) -> list[str]:
    """Check paths before any work is done; patterns and addresses are looked at later."""
    for path in paths or ():
        if not (has_magic(path) or "://" in path or Path(path).exists()):
            raise typer.BadParameter(f"Path {path!r} does not exist.")
    return paths or []


PANEL = "Sources and what becomes of rows"
Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...",
        callback=existing,
        help="Pictures, text files, folders of them, patterns, addresses.",
    ),
]
Manifest = Annotated[
    list[Path] | None,
    typer.Option(
        "--manifest",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        rich_help_panel=PANEL,
        help="JSONL, CSV or Parquet of uri, caption, metadata. May be given often.",
    ),
]
EmbedCaptions = Annotated[
    bool,
    typer.Option(
        "--embed-captions", rich_help_panel=PANEL, help="Store each caption as a text row of its own too."
    ),
]
AllowScheme = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-scheme",
        metavar="NAME",
        rich_help_panel=PANEL,
        help="Read addresses of this scheme, such as https or s3. May be given often.",
    ),
]
Prune = Annotated[
    bool,
    typer.Option(
        "--prune", rich_help_panel=PANEL, help="Remove rows of files that are gone from the folders."
    ),
]
PruneEmpty = Annotated[
    list[Path] | None,
    typer.Option(
        "--prune-empty",
        metavar="DIR",
        rich_help_panel=PANEL,
        help="Under --prune: this folder is really empty or gone, so its rows go too. May be given often.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        rich_help_panel=PANEL,
        help="Under --prune: also if more than half of the files are gone.",
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache", metavar="DIR", rich_help_panel=PANEL, help="Keep vectors here, and take them from here."
    ),
]
Failures = Annotated[
    Path | None,
    typer.Option(
        "--failures",
        metavar="FILE.jsonl",
        dir_okay=False,
        rich_help_panel=PANEL,
        help="Append each failure, as it happens.",
    ),
]
MaxBytes = Annotated[
    int,
    typer.Option(
        "--max-bytes", metavar="N", min=1, rich_help_panel=PANEL, help="Refuse larger files without reading."
    ),
]
DEFAULT_MAX_BYTES = 100_000_000
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        rich_help_panel=PANEL,
        help="Of texts that are not UTF-8 or UTF-16, such as cp949; found out if it is not given.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude",
        metavar="PATTERN",
        rich_help_panel=PANEL,
        help="Leave out files and folders, as in .gitignore: '*.json', 'raw/'. May be given often.",
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="PATTERN",
        rich_help_panel=PANEL,
        help="Take files that would be left out, such as '*.csv'. May be given often.",
    ),
]


class Modality(StrEnum):
    """What `--only` knows."""

    pictures = "pictures"
    texts = "texts"


Only = Annotated[
    Modality | None, typer.Option("--only", rich_help_panel=PANEL, help="Take the one and not the other.")
]


class OfPdf(StrEnum):
    """What `--pdf` knows."""

    both = "both"
    text = "text"
    pages = "pages"


Pdf = Annotated[
    OfPdf,
    typer.Option(
        "--pdf", rich_help_panel=PANEL, help="Of a PDF: its text by page, pictures of its pages, or both."
    ),
]
Exif = Annotated[
    bool,
    typer.Option(
        "--exif",
        rich_help_panel=PANEL,
        help="Store when photos were taken, with what, and their size: for search --since 2020.",
    ),
]
ExifPlace = Annotated[
    bool, typer.Option("--exif-place", rich_help_panel=PANEL, help="--exif, and where they were taken.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 if any file failed.")]
