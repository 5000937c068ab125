"""Options that several commands share. Imports typer and what is light."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from clip_embeddings.config import ALLOW_PICKLE
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.stores.lookup import split_address
from clip_embeddings_app.cli.terminal import quoted

DEFAULT_DB = Path("clip-db")
DEFAULT_COLLECTION = "clip"
DEFAULT_PORT = 8000
CHROMA = "chroma"
_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


class Modality(StrEnum):
    """What a search looks for."""

    any = "any"
    text = "text"
    image = "image"


_STORE = "Store"
Db = Annotated[
    Path | None,
    typer.Option(
        "--db",
        metavar="DIR",
        file_okay=False,
        rich_help_panel=_STORE,
        help=f"Folder of the store ({DEFAULT_DB}).",
    ),
]
Host = Annotated[
    str | None,
    typer.Option("--host", metavar="H", rich_help_panel=_STORE, help="A Chroma server instead of a folder."),
]
Port = Annotated[
    int | None,
    typer.Option("--port", metavar="P", min=1, max=65535, rich_help_panel=_STORE, help="Its port (8000)."),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="NAME:PLACE",
        rich_help_panel=_STORE,
        help="Any store: lancedb:DIR, lancedb:s3://..., chroma:DIR (as --db), chroma:https://HOST, or that "
        "of another package.",
    ),
]
Collection = Annotated[
    str, typer.Option("--collection", metavar="NAME", rich_help_panel=_STORE, help="Name of the collection.")
]
MODEL_PANEL = "Model"
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="M",
        rich_help_panel=MODEL_PANEL,
        help="Hub id, folder, or tiny (bundled). Left out: the collection's own, else the default "
        "(info --models lists them).",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="D", rich_help_panel=MODEL_PANEL, help="auto, cpu, mps, cuda or cuda:N (auto)."
    ),
]
Dtype = Annotated[
    str | None,
    typer.Option(
        "--dtype", metavar="T", rich_help_panel=MODEL_PANEL, help="auto, float32, bfloat16 or float16 (auto)."
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        metavar="N",
        min=1,
        rich_help_panel=MODEL_PANEL,
        help="Items in one pass (what suits the device).",
    ),
]
MaxPixels = Annotated[
    int | None,
    typer.Option(
        "--max-pixels",
        metavar="N",
        min=1,
        rich_help_panel=MODEL_PANEL,
        help="Refuse pictures with more pixels (89478485, as Pillow); larger JPEGs are read smaller.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is.

    Attributes:
        kind: its name, as `clip_embeddings.stores` knows it.
        where: a folder or an address, as that kind has it.
        arguments: the options that lead there again, as a shell takes them.
    """

    kind: str
    where: str
    arguments: str

    def __str__(self) -> str:
        return self.where

    def naming(self, collection: str) -> str:
        """The options that lead to a collection."""
        return f"{self.arguments} {quoted('--collection', collection)}"

    @property
    def address(self) -> str:
        return f"{self.kind}:{self.where}"


def place(db: Path | None, host: str | None, port: int | None, store: str | None = None) -> Place:
    """Check that the store's options go together; all but --store are spellings of a place of Chroma's.

    Raises:
        typer.BadParameter: more than one of a folder, a server and a store; a port without a host; an unknown
            kind of store.
    """
    if store is not None and (db or host):
        raise typer.BadParameter("give one of them", param_hint="--store / --db / --host")
    if db and host:
        raise typer.BadParameter("give a folder or a server, not both", param_hint="--db / --host")
    if port and not host:
        raise typer.BadParameter("needs --host", param_hint="--port")
    if store is not None:
        try:
            return Place(*split_address(store), quoted("--store", store))
        except InvalidInputError as error:
            raise typer.BadParameter(str(error), param_hint="--store") from error
    if host:
        port = port or DEFAULT_PORT
        named = f"[{host}]" if ":" in host else host
        return Place(CHROMA, f"http://{named}:{port}", quoted("--host", host, "--port", port))
    return Place(CHROMA, str(db or DEFAULT_DB), quoted("--db", db or DEFAULT_DB))


def deployment(**settings: Any) -> dict[str, Any]:
    """The settings that were given."""
    return {name: value for name, value in settings.items() if value is not None}


def refuse_pickles(context: typer.Context, wanted: bool) -> None:
    """`--no-pickle`: what the environment variable says, for this command."""
    if not wanted:
        return
    before = os.environ.get(ALLOW_PICKLE)
    os.environ[ALLOW_PICKLE] = "0"
    context.call_on_close(lambda: _put_back(before))


def _put_back(value: str | None) -> None:
    if value is None:
        del os.environ[ALLOW_PICKLE]
    else:
        os.environ[ALLOW_PICKLE] = value


def picture_name(path: Path | None) -> Path | None:
    """Check a file name to write a picture to, before any work is done for it."""
    if path is not None and path.suffix.lower() not in _PICTURES:
        raise typer.BadParameter(f"{path} is not named as a picture: {', '.join(_PICTURES)}")
    return path


def page_name(path: Path | None) -> Path | None:
    """Check a file name to write a page to, before any work is done for it."""
    if path is not None and path.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"{path} is not named as a page: .html")
    return path


def repeat_options(args: list[str], names: tuple[str, ...]) -> list[str]:
    """Repeat an option's name before each value that follows it: `--x a b` becomes `--x a --x b`."""
    repeated: list[str] = []
    current: str | None = None
    for arg in args:
        if arg.startswith("-") and len(arg) > 1:
            current = arg if arg in names else None
        elif current:
            repeated += [current, arg]
            continue
        if current is None:
            repeated.append(arg)
    return repeated + ([current] if current and args and args[-1] == current else [])
