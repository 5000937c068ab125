"""Cards of the contact sheet: how high they are, and how they are drawn. Imports Pillow and ingestion.

A card shows all of its words, up to some lines: it grows, and those beside it with it.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from clip_embeddings.errors import ImageDecodeError
from clip_embeddings.ingestion.read.again import read_picture
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.rows.ids import page_of
from clip_embeddings.inputs.images import load_image
from clip_embeddings_app.figures.canvas import ACCENT, GREY, INK, PAGE, TINT, WELL, Canvas, wrap
from clip_embeddings_app.figures.fonts import fit_text, font_for

MOST_LINES = 16
"""Of one card's words."""
_LETTER, _LINE = 15, 21  # of a passage: type size, distance of lines
_SMALL, _SMALL_LINE = 14, 20  # of a caption or a name
_FOOT = 38
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Card(Protocol):
    """What a card shows: a search's hit, or a picture with its class.

    Attributes:
        uri: the file.
        document: the passage, or a picture's caption; "" shows the file's name.
        modality: "image" or "text".
        score: its lower right corner.
        metadata: of the row; `page` says which one of a document it shows.
    """

    @property
    def uri(self) -> str: ...
    @property
    def document(self) -> str: ...
    @property
    def modality(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def metadata(self) -> Mapping[str, Any]: ...


class Heights(NamedTuple):
    """Of a row of cards of a picture's width: the picture or the words, and what is below."""

    body: int
    foot: int


def heights(hits: list[Card], width: int) -> Heights:
    """What the highest of them needs."""
    return Heights(max(_body(hit, width) for hit in hits), max(_foot(hit, width) for hit in hits))


def passage_height(hit: Card, width: int) -> int:
    """Of a card that shows a passage under its name."""
    return 68 + lines_of(hit.document, _LETTER, width - 28) * _LINE


def draw_card(canvas: Canvas, hit: Card, rank: int, at: tuple[int, int], width: int, high: Heights) -> None:
    """A picture or the words of a text above rank, caption or file name, and score."""
    left, top = at
    canvas.card((left, top, width, sum(high)))
    box = (left + 7, top + 7, width - 14, high.body - 14)
    if hit.modality == "image":
        draw_thumbnail(canvas, Path(hit.uri), box, hit.metadata)
    else:
        canvas.rounded(box, PAGE, radius=7)
        canvas.text((left + 20, top + 20), hit.document, _LETTER, width=width - 40, lines=MOST_LINES)
    below = top + high.body
    _draw_rank(canvas, rank, (left + 9, below + 3))
    _draw_score(canvas, hit.score, (left + width - 11, below + 6))
    name = _name(hit)
    if _fits(name, width):
        canvas.text((left + 42, below + 6), name, _SMALL, width=width - 106, color=GREY)
    else:
        at = left + 11, below + _FOOT - 4
        canvas.text(at, name, _SMALL, width=width - 22, color=GREY, lines=MOST_LINES)


def draw_passage(canvas: Canvas, hit: Card, rank: int, box: tuple[int, int, int, int]) -> None:
    """A passage under its file's name."""
    left, top, width, _ = box
    canvas.card(box)
    _draw_rank(canvas, rank, (left + 12, top + 12))
    canvas.text((left + 46, top + 15), Path(hit.uri).name, _SMALL, width=width - 114, color=GREY)
    _draw_score(canvas, hit.score, (left + width - 14, top + 15))
    canvas.text((left + 14, top + 50), hit.document, _LETTER, width=width - 28, lines=MOST_LINES)


def draw_thumbnail(
    canvas: Canvas, path: Path, box: tuple[int, int, int, int], metadata: Mapping[str, Any] = _NOTHING
) -> None:
    """The picture, or the reason why there is none: its file may have gone since it was stored."""
    left, top, width, height = box
    try:
        canvas.picture(load_image(read_picture(path, metadata).content), box)
    except (ImageDecodeError, UnusableFile) as error:
        reason = error.reason if isinstance(error, ImageDecodeError) else str(error)
        canvas.rounded(box, WELL, radius=7)
        at = (left + 14, top + height // 2 - 12)
        canvas.text(at, reason, _SMALL, width=width - 28, color=GREY, lines=3)


def lines_of(words: str, size: int, width: int) -> int:
    """How many lines words take."""
    text, _ = fit_text(words)
    return len(wrap(text, font_for(text, size), width, MOST_LINES))


def _body(hit: Card, width: int) -> int:
    if hit.modality == "image":
        return width
    return max(width, 40 + lines_of(hit.document, _LETTER, width - 40) * _LINE)


def _foot(hit: Card, width: int) -> int:
    name = _name(hit)
    return _FOOT if _fits(name, width) else _FOOT + 4 + lines_of(name, _SMALL, width - 22) * _SMALL_LINE


def _fits(name: str, width: int) -> bool:
    """Whether it has room between rank and score."""
    return lines_of(name, _SMALL, width - 106) <= 1


def _name(hit: Card) -> str:
    file, page = Path(hit.uri).name, page_of(hit.metadata)
    if hit.modality == "image" and hit.document not in ("", file):
        return hit.document
    return file if page is None else f"{file}, page {page}"


def _draw_rank(canvas: Canvas, rank: int, at: tuple[int, int]) -> None:
    left, top = at
    canvas.rounded((left, top, 26, 24), TINT, radius=7)
    inset = 9 if rank < 10 else 4
    canvas.text((left + inset, top + 4), str(rank), 14, width=26, color=ACCENT, bold=True)


def _draw_score(canvas: Canvas, score: float, right_top: tuple[int, int]) -> None:
    right, top = right_top
    canvas.text((right - 60, top), f"{score:.3f}", 14, width=60, color=INK, bold=True, right=True)
