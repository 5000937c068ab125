"""Pictures of hits in a terminal: side by side, under the numbers that they have in the table above them.

Imports Pillow and rich; textual-image, the extra `terminal`, only where it will be used: as it is imported it
asks the terminal what it can show, and waits for each of its two questions up to 0.1 s.
"""

import logging
import os
import sys
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image
from rich.cells import set_cell_size
from rich.console import Console

from clip_embeddings.context.reading import picture_of
from clip_embeddings.errors import ImageDecodeError, MissingExtraError
from clip_embeddings_app.cli.terminal import harmless

if TYPE_CHECKING:
    from clip_embeddings.cards import Hit
    from clip_embeddings.context.sources import Source

_MOST = 20
_COLUMNS = 18  # of the terminal, for one picture
_EDGE, _SPACE = 216, 12  # in pixels; the terminal's own are fewer or more
_BYTES = 200_000


def show_strips(out: Console, listed: "Sequence[Hit]", *, wanted: bool | None) -> None:
    """Print the pictures among hits, where standard output is a terminal that shows pictures.

    Args:
        listed: the hits of the table, as they are numbered there.
        wanted: True: as coloured blocks where the terminal knows no pictures; False: not at all.
    Raises:
        MissingExtraError: they are wanted, and the extra is missing.
    """
    shown = [(rank, hit.source) for rank, hit in enumerate(listed, 1) if hit.source.shows_picture][:_MOST]
    if wanted is False or not shown or not _at_a_terminal(out):
        return
    drawn = _drawn_by(out, wanted=bool(wanted))
    if drawn is None:
        return
    tiles = [(f"{rank} {_line(source.name)}", _picture(source)) for rank, source in shown]
    found = [(label, picture) for label, picture in tiles if picture is not None]
    in_a_row = max(1, out.width // _COLUMNS)
    for start in range(0, len(found), in_a_row):
        row = found[start : start + in_a_row]
        out.print()
        out.print(drawn(_side_by_side([each for _, each in row]), len(row) * _COLUMNS, "auto"))
        out.print("".join(f"{set_cell_size(label, _COLUMNS - 1)} " for label, _ in row), style="dim")


def _at_a_terminal(out: Console) -> bool:
    """Whether there is somebody who sees pictures, and a way to ask: its answers come by standard input."""
    try:
        sizes = os.get_terminal_size(sys.stdout.fileno())
        return sys.stdin.isatty() and sizes.columns > 0 and not out.is_dumb_terminal
    except (OSError, ValueError):  # no terminal, or a closed stream
        return False


def _drawn_by(out: Console, *, wanted: bool) -> Any:
    """The class that draws a picture on this terminal, or None."""
    logging.getLogger("textual_image").setLevel(logging.ERROR)  # it warns of what a terminal does not answer
    try:
        from textual_image import renderable
    except ModuleNotFoundError as error:
        if wanted:
            raise MissingExtraError(
                '--pictures needs textual-image: pip install "clip-embeddings[terminal]"'
            ) from error
        return None
    except Exception:  # what was typed while it asked is read as an answer, and may be no text
        return None
    # Kitty's are told apart by their colour, so another number of colours would show others.
    if renderable.Image is renderable.SixelImage:
        return renderable.Image
    if renderable.Image is renderable.TGPImage and out.color_system == "truecolor" and not out.no_color:
        return renderable.Image
    return renderable.HalfcellImage if wanted else None


def _picture(source: "Source") -> Image.Image | None:
    """Small and upright; None where its file is gone, which the table says nothing of either."""
    try:
        content = picture_of(source, pixels=_EDGE**2, max_bytes=_BYTES)[0].content
    except ImageDecodeError:
        return None
    with Image.open(BytesIO(content)) as picture:
        made = picture.convert("RGBA")
    made.thumbnail((_EDGE - _SPACE, _EDGE - _SPACE))
    return made


def _side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """One picture of them all, each at the left of its place."""
    strip = Image.new("RGBA", (len(pictures) * _EDGE, max(each.height for each in pictures)))
    for place, each in enumerate(pictures):
        strip.paste(each, (place * _EDGE, 0))
    return strip


def _line(name: str) -> str:
    return " ".join(harmless(name).split())
