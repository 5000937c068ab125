"""What the commands print: tables by rich, JSON, and paths as short as they can be. Imports rich."""

import json
import sys
from collections.abc import Sequence
from os import environ
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from clip_embeddings.showing.notes import GAP, NOTHING, PERCENTILE, above
from clip_embeddings_app.cli.terminal import harmless, harmless_json

if TYPE_CHECKING:
    from clip_embeddings.search import Hit, SearchResult

PLAIN_WIDTH = 100  # where the output is no terminal, and so has no width of its own
NARROW = 90
LETTERS = 105  # of a passage
KINDS = {"image": "picture", "text": "passage"}


class _Console(Console):
    """Without the control characters that a line may have from a file's name."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(harmless(each) if isinstance(each, str) else each for each in objects), **options)


def console() -> Console:
    """A console that takes every string as it is: no markup, no emoji codes, no highlighting."""
    width = None if sys.stdout.isatty() or "COLUMNS" in environ else PLAIN_WIDTH
    return _Console(markup=False, emoji=False, highlight=False, width=width)


def print_json(value: object) -> None:
    """JSON on stdout; letters beyond ASCII as they are, where stdout can carry them."""
    text = harmless_json(json.dumps(value, ensure_ascii=False, indent=2))
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    print(text)


def clean(text: str) -> str:
    """One line without control characters: a stored text may not steer the terminal."""
    return harmless(" ".join(text.split()))


def brief(text: str, letters: int) -> str:
    """A clean line of about so many letters, cut between words."""
    return shorten(clean(text), letters, placeholder=" ...")


def short_path(path: str | Path) -> str:
    """Relative to the working directory where it is inside, else as it is."""
    try:
        return clean(str(Path(path).relative_to(Path.cwd())))
    except ValueError:
        return clean(str(path))


def counted(number: int, noun: str) -> str:
    """ "1 row", "2 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(*headers: str, title: str | None = None, right: Sequence[int] = ()) -> Table:
    """A table without lines; columns in `right` hold numbers."""
    made = Table(
        box=None,
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        padding=(0, 2, 0, 0),
    )
    for index, header in enumerate(headers):
        number = index in right
        made.add_column(header, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return made


def facts(rows: dict[str, object], *, right: bool = False) -> Table:
    """Names and values, one pair a line."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(justify="right" if right else "left")
    for name, value in rows.items():
        shown = "-" if value is None else clean(str(value))
        grid.add_row(Text(name, style="dim"), Text(shown, overflow="fold"))
    return grid


def show_result(out: Console, result: "SearchResult", *, modality: str) -> None:
    """One ranking, or pictures and passages side by side (below each other in a narrow terminal)."""
    if result.ranked and modality == "any":
        out.print(_mixed(result.hits))
        return
    sides: list[RenderableType] = []
    if modality != "text":
        sides.append(_pictures(result.images))
    if modality != "image":
        sides.append(_passages(result.texts))
    if len(sides) == 2 and out.width >= NARROW:
        grid = Table.grid(padding=(0, 3), expand=True)
        grid.add_column(ratio=1)
        grid.add_column(ratio=1)
        grid.add_row(*sides)
        sides = [grid]
    out.print(Group(*sides))


def note_of(result: "SearchResult", *, mixed: bool) -> str:
    """A line on what the scores mean; empty where nothing needs saying.

    Args:
        mixed: whether it was shown as one list, which has the column that the line is about.
    """
    if not result.ranked and result.images and result.texts:
        return GAP
    return PERCENTILE if mixed and any(hit.percentile is not None for hit in result.hits) else ""


def name_of_hit(hit: "Hit") -> str:
    """Its file, with the page if it is one of a document."""
    page = hit.source.page
    return short_path(hit.uri) if page is None else f"{short_path(hit.uri)}, page {page}"


def _mixed(hits: "Sequence[Hit]") -> RenderableType:
    told = any(hit.percentile is not None for hit in hits)  # not of words with a picture
    made = table("#", "score", *(["above"] if told else []), "kind", "found", right=(0, 1, 2)[: 2 + told])
    for rank, hit in enumerate(hits, 1):
        name = name_of_hit(hit)
        if hit.modality == "image" and hit.document == Path(hit.uri).name:
            found = Text(name)
        else:
            found = Text(brief(hit.document, LETTERS)).append(f"\n{name}", style="dim")
        near = [above(hit.percentile)] if told else []
        made.add_row(str(rank), f"{hit.score:.3f}", *near, KINDS.get(hit.modality, "row"), found)
    return made if hits else Text(NOTHING)


def _pictures(hits: "Sequence[Hit]") -> RenderableType:
    made = table("#", "score", "picture", title="Pictures (image)", right=(0, 1))
    for rank, hit in enumerate(hits, 1):
        cell = Text(name_of_hit(hit))
        if hit.document and hit.document != Path(hit.uri).name:
            cell = Text(f"{brief(hit.document, 80)}\n").append(cell.plain, style="dim")
        made.add_row(str(rank), f"{hit.score:.3f}", cell)
    return made if hits else Text("No pictures in this collection.")


def _passages(hits: "Sequence[Hit]") -> RenderableType:
    made = table("#", "score", "passage", title="Passages (text)", right=(0, 1))
    for rank, hit in enumerate(hits, 1):
        passage = Text(brief(hit.document, LETTERS))
        made.add_row(str(rank), f"{hit.score:.3f}", passage.append(f"\n{name_of_hit(hit)}", style="dim"))
    return made if hits else Text("No passages in this collection.")


def hit_record(hit: "Hit", rank: int) -> dict[str, Any]:
    """A hit as JSON has it."""
    return {
        "rank": rank,
        "score": round(hit.score, 6),
        "percentile": None if hit.percentile is None else round(hit.percentile, 3),
        "modality": hit.modality,
        "path": hit.uri,
        "document": hit.document,
        "id": hit.id,
        "metadata": hit.metadata,
    }
