"""The contact sheet: for each query its pictures and passages as cards with their scores. Imports Pillow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from clip_embeddings.errors import ImageDecodeError
from clip_embeddings.ingestion.read.again import read_picture
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.inputs.images import load_image
from clip_embeddings_app.figures.canvas import ACCENT, GREY, INK, LINE, PAGE, TINT, WELL, Canvas, wrap
from clip_embeddings_app.figures.fonts import fit_text, font_for

WIDTH, MARGIN, GAP = 1240, 43, 16
INSIDE = WIDTH - 2 * MARGIN
PICTURES_IN_ROW, PASSAGES_IN_ROW = 5, 3
_PICTURE = (INSIDE - (PICTURES_IN_ROW - 1) * GAP) // PICTURES_IN_ROW
_PASSAGE = (INSIDE - (PASSAGES_IN_ROW - 1) * GAP) // PASSAGES_IN_ROW
_PICTURE_HEIGHT = _PICTURE + 38
_HEADING, _HEADING_WITH_PICTURE, _LABEL, _BETWEEN, _TITLE = 50, 118, 26, 48, 92
_LETTER, _MOST_LINES = 15, 4  # of a passage: type size, lines shown
_NOTE_LINES = (_PICTURE - 36) // 21
_THUMBNAIL = 96
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


@dataclass(frozen=True, slots=True)
class Panel:
    """One query and what it found; exactly one of `query` and `image` is set.

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
        return heading + _rows(panel.hits) * (_PICTURE_HEIGHT + GAP) - GAP + 4
    rows = _rows(panel.pictures), -(-len(panel.passages) // PASSAGES_IN_ROW)
    heights = _PICTURE_HEIGHT, _passage_height(panel)
    cards = sum(_LABEL + count * (height + GAP) for count, height in zip(rows, heights, strict=True) if count)
    return heading + (cards - GAP + 4 if cards else 30)


def _rows(hits: Sequence[Card]) -> int:
    """How many rows of picture-sized cards they take."""
    return -(-len(hits) // PICTURES_IN_ROW)


def _passage_height(panel: Panel) -> int:
    """All cards of a panel are as high as its longest passage needs."""
    lines = [passage_lines(hit.document) for hit in panel.passages]
    return 68 + max(lines, default=1) * 21


def passage_lines(passage: str) -> int:
    """How many lines of a card a passage takes."""
    text, _ = fit_text(passage)
    return len(wrap(text, font_for(text, _LETTER), _PASSAGE - 28, _MOST_LINES))


def _draw_panel(canvas: Canvas, panel: Panel, top: int) -> None:
    top = _draw_heading(canvas, panel, top)
    if not panel.hits:
        canvas.text((MARGIN, top), "Nothing found.", 15, width=INSIDE, color=GREY)
    if panel.mixed:
        _draw_cards(canvas, panel.hits, top)
        return
    if panel.pictures:
        top = _draw_label(canvas, "Pictures", top)
        _draw_cards(canvas, panel.pictures, top)
        top += _rows(panel.pictures) * (_PICTURE_HEIGHT + GAP) + 4
    if panel.passages:
        top, height = _draw_label(canvas, "Passages", top), _passage_height(panel)
        for index, hit in enumerate(panel.passages):
            row, column = divmod(index, PASSAGES_IN_ROW)
            at = MARGIN + column * (_PASSAGE + GAP), top + row * (height + GAP)
            _draw_passage(canvas, hit, index + 1, (*at, _PASSAGE, height))


def _draw_cards(canvas: Canvas, hits: Sequence[Card], top: int) -> None:
    """Cards of a picture's size; on a passage's there are its words."""
    for index, hit in enumerate(hits):
        row, column = divmod(index, PICTURES_IN_ROW)
        at = MARGIN + column * (_PICTURE + GAP), top + row * (_PICTURE_HEIGHT + GAP)
        _draw_frame(canvas, hit, index + 1, at)
        if hit.modality == "image":
            box = (at[0] + 7, at[1] + 7, _PICTURE - 14, _PICTURE - 14)
            _draw_thumbnail(canvas, Path(hit.uri), box, hit.metadata)
        else:
            _draw_note(canvas, hit, at)


def _draw_heading(canvas: Canvas, panel: Panel, top: int) -> int:
    if panel.image is None:
        canvas.text((MARGIN, top), f"“{panel.query}”", 25, width=INSIDE, bold=True)
        return top + _HEADING
    _draw_thumbnail(canvas, panel.image, (MARGIN, top, _THUMBNAIL, _THUMBNAIL))
    left = MARGIN + _THUMBNAIL + 20
    canvas.text((left, top + 20), "Like this picture", 25, width=WIDTH - MARGIN - left, bold=True)
    canvas.text((left, top + 56), panel.image.name, 15, width=WIDTH - MARGIN - left, color=GREY)
    return top + _HEADING_WITH_PICTURE


def _draw_label(canvas: Canvas, label: str, top: int) -> int:
    canvas.text((MARGIN, top), label, 14, width=INSIDE, color=GREY, bold=True)
    return top + _LABEL


def _draw_frame(canvas: Canvas, hit: Card, rank: int, at: tuple[int, int]) -> None:
    """The card with its lower line: rank, caption or file name, score."""
    left, top = at
    canvas.card((left, top, _PICTURE, _PICTURE_HEIGHT))
    _draw_rank(canvas, rank, (left + 9, top + _PICTURE + 3))
    _draw_score(canvas, hit.score, (left + _PICTURE - 11, top + _PICTURE + 6))
    page = hit.metadata.get("page")
    file = f"{Path(hit.uri).name}, page {page}" if type(page) is int else Path(hit.uri).name
    said = hit.modality == "image" and hit.document not in ("", Path(hit.uri).name)
    name = hit.document if said else file
    canvas.text((left + 42, top + _PICTURE + 6), name, 14, width=_PICTURE - 106, color=GREY)


def _draw_note(canvas: Canvas, hit: Card, at: tuple[int, int]) -> None:
    left, top = at
    canvas.rounded((left + 7, top + 7, _PICTURE - 14, _PICTURE - 14), PAGE, radius=7)
    canvas.text((left + 20, top + 20), hit.document, _LETTER, width=_PICTURE - 40, lines=_NOTE_LINES)


def _draw_passage(canvas: Canvas, hit: Card, rank: int, box: tuple[int, int, int, int]) -> None:
    left, top, _, _ = box
    canvas.card(box)
    _draw_rank(canvas, rank, (left + 12, top + 12))
    canvas.text((left + 46, top + 15), Path(hit.uri).name, 14, width=_PASSAGE - 114, color=GREY)
    _draw_score(canvas, hit.score, (left + _PASSAGE - 14, top + 15))
    canvas.text((left + 14, top + 50), hit.document, _LETTER, width=_PASSAGE - 28, lines=_MOST_LINES)


def _draw_rank(canvas: Canvas, rank: int, at: tuple[int, int]) -> None:
    left, top = at
    canvas.rounded((left, top, 26, 24), TINT, radius=7)
    inset = 9 if rank < 10 else 4
    canvas.text((left + inset, top + 4), str(rank), 14, width=26, color=ACCENT, bold=True)


def _draw_score(canvas: Canvas, score: float, right_top: tuple[int, int]) -> None:
    right, top = right_top
    canvas.text((right - 60, top), f"{score:.3f}", 14, width=60, color=INK, bold=True, right=True)


def _draw_thumbnail(
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
        canvas.text(at, reason, 14, width=width - 28, color=GREY, lines=3)
