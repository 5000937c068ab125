"""The contact sheet: for each query its pictures and passages as cards with their scores. Imports Pillow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clip_embeddings_app.figures.canvas import GREY, LINE, Canvas
from clip_embeddings_app.figures.cards import (
    Card,
    draw_card,
    draw_passage,
    draw_thumbnail,
    heights,
    passage_height,
)

WIDTH, MARGIN, GAP = 1240, 43, 16
INSIDE = WIDTH - 2 * MARGIN
PICTURES_IN_ROW, PASSAGES_IN_ROW = 5, 3
_PICTURE = (INSIDE - (PICTURES_IN_ROW - 1) * GAP) // PICTURES_IN_ROW
_PASSAGE = (INSIDE - (PASSAGES_IN_ROW - 1) * GAP) // PASSAGES_IN_ROW
_HEADING, _HEADING_WITH_PICTURE, _LABEL, _BETWEEN, _TITLE = 50, 118, 26, 48, 92
_THUMBNAIL = 96


@dataclass(frozen=True, slots=True)
class Panel:
    """One query and what it found; `query`, `image` or both are set.

    Attributes:
        hits: best first.
        mixed: one ranking: cards of one size, side by side. Otherwise pictures and passages apart.
    """

    query: str | None
    image: Path | None
    hits: Sequence[Card]
    mixed: bool

    @property
    def pictures(self) -> Sequence[Card]:
        return [hit for hit in self.hits if hit.modality == "image"]

    @property
    def passages(self) -> Sequence[Card]:
        return [hit for hit in self.hits if hit.modality != "image"]


@dataclass(frozen=True, slots=True)
class SheetReport:
    """Size in pixels, and whether Korean was written in Latin letters for want of a font."""

    size: tuple[int, int]
    romanized: bool


def write_sheet(path: Path, panels: Sequence[Panel], *, title: str = "", subtitle: str = "") -> SheetReport:
    """Draw the panels below each other and write the picture; its folder is made if need be."""
    height = 2 * MARGIN + sum(map(_height, panels)) + (len(panels) - 1) * _BETWEEN + (_TITLE if title else 0)
    canvas = Canvas(WIDTH, height)
    top = MARGIN
    if title:
        canvas.text((MARGIN, top - 6), title, 32, width=INSIDE, bold=True)
        canvas.text((MARGIN, top + 40), subtitle, 16, width=INSIDE, color=GREY)
        top += _TITLE
    for index, panel in enumerate(panels):
        if index:
            canvas.rounded((MARGIN, top + _BETWEEN // 2 - 1, INSIDE, 2), LINE, radius=1)
            top += _BETWEEN
        _draw_panel(canvas, panel, top)
        top += _height(panel)
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.page.save(path)
    return SheetReport(canvas.page.size, canvas.romanized)


def _height(panel: Panel) -> int:
    heading = _HEADING_WITH_PICTURE if panel.image else _HEADING
    if panel.mixed and panel.hits:
        return heading + _cards_height(panel.hits) - GAP + 4
    cards = _LABEL + _cards_height(panel.pictures) if panel.pictures else 0
    cards += _LABEL + _passages_height(panel.passages) if panel.passages else 0
    return heading + (cards - GAP + 4 if cards else 30)


def _cards_height(hits: Sequence[Card]) -> int:
    return sum(sum(heights(row, _PICTURE)) + GAP for row in _rows(hits, PICTURES_IN_ROW))


def _passages_height(hits: Sequence[Card]) -> int:
    return sum(_passage_row(row) + GAP for row in _rows(hits, PASSAGES_IN_ROW))


def _passage_row(row: list[Card]) -> int:
    return max(passage_height(hit, _PASSAGE) for hit in row)


def _rows(hits: Sequence[Card], length: int) -> Iterator[list[Card]]:
    for first in range(0, len(hits), length):
        yield list(hits[first : first + length])


def _draw_panel(canvas: Canvas, panel: Panel, top: int) -> None:
    top = _draw_heading(canvas, panel, top)
    if not panel.hits:
        canvas.text((MARGIN, top), "Nothing found.", 15, width=INSIDE, color=GREY)
    if panel.mixed:
        _draw_cards(canvas, panel.hits, top)
        return
    if panel.pictures:
        top = _draw_label(canvas, "Pictures", top)
        top = _draw_cards(canvas, panel.pictures, top) + 4
    if panel.passages:
        _draw_passages(canvas, panel.passages, _draw_label(canvas, "Passages", top))


def _draw_cards(canvas: Canvas, hits: Sequence[Card], top: int) -> int:
    """Rows of cards of a picture's width; where the next thing may begin."""
    rank = 0
    for row in _rows(hits, PICTURES_IN_ROW):
        high = heights(row, _PICTURE)
        for column, hit in enumerate(row):
            rank += 1
            draw_card(canvas, hit, rank, (MARGIN + column * (_PICTURE + GAP), top), _PICTURE, high)
        top += sum(high) + GAP
    return top


def _draw_passages(canvas: Canvas, hits: Sequence[Card], top: int) -> None:
    rank = 0
    for row in _rows(hits, PASSAGES_IN_ROW):
        high = _passage_row(row)
        for column, hit in enumerate(row):
            rank += 1
            draw_passage(canvas, hit, rank, (MARGIN + column * (_PASSAGE + GAP), top, _PASSAGE, high))
        top += high + GAP


def _draw_heading(canvas: Canvas, panel: Panel, top: int) -> int:
    if panel.image is None:
        canvas.text((MARGIN, top), f"“{panel.query}”", 25, width=INSIDE, bold=True)
        return top + _HEADING
    draw_thumbnail(canvas, panel.image, (MARGIN, top, _THUMBNAIL, _THUMBNAIL))
    left = MARGIN + _THUMBNAIL + 20
    said = "Like this picture" if panel.query is None else f"Like this picture, “{panel.query}”"
    canvas.text((left, top + 20), said, 25, width=WIDTH - MARGIN - left, bold=True)
    canvas.text((left, top + 56), panel.image.name, 15, width=WIDTH - MARGIN - left, color=GREY)
    return top + _HEADING_WITH_PICTURE


def _draw_label(canvas: Canvas, label: str, top: int) -> int:
    canvas.text((MARGIN, top), label, 14, width=INSIDE, color=GREY, bold=True)
    return top + _LABEL
