"""Drawing for contact sheets: cards with round corners, pictures in frames, fitted text. Imports Pillow."""

from collections.abc import Iterator
from functools import lru_cache

from PIL import Image, ImageDraw, ImageOps

from clip_embeddings_app.figures.fonts import Font, fit_text, font_for

Color = tuple[int, int, int]
INK, GREY, LINE = (27, 31, 39), (108, 117, 130), (221, 225, 231)
PAPER, CARD, WELL, PAGE = (245, 246, 249), (255, 255, 255), (233, 236, 241), (252, 248, 236)
ACCENT, TINT = (33, 84, 184), (229, 237, 252)
_ELLIPSIS = "…"


class Canvas:
    """A page to draw on.

    Attributes:
        page: the picture so far.
        romanized: whether some Korean had to be written in Latin letters.
    """

    def __init__(self, width: int, height: int) -> None:
        self.page = Image.new("RGB", (width, height), PAPER)
        self._draw = ImageDraw.Draw(self.page)
        self.romanized = False

    def rounded(self, box: tuple[int, int, int, int], fill: Color, *, radius: int = 10) -> None:
        """A filled box (left, top, width, height) with round corners."""
        left, top, width, height = box
        self.page.paste(fill, (left, top), round_mask(width, height, radius))

    def card(self, box: tuple[int, int, int, int]) -> None:
        """A white card with a fine border."""
        left, top, width, height = box
        self.rounded(box, LINE)
        self.rounded((left + 1, top + 1, width - 2, height - 2), CARD, radius=9)

    def picture(self, picture: Image.Image, box: tuple[int, int, int, int], *, radius: int = 7) -> None:
        """A whole picture in the middle of a frame."""
        left, top, width, height = box
        frame = Image.new("RGB", (width, height), WELL)
        fitted = ImageOps.contain(picture, (width, height), Image.Resampling.LANCZOS)
        frame.paste(fitted, ((width - fitted.width) // 2, (height - fitted.height) // 2))
        self.page.paste(frame, (left, top), round_mask(width, height, radius))

    def text(
        self, at: tuple[int, int], text: str, size: int, *, width: int, color: Color = INK,
        bold: bool = False, lines: int = 1, right: bool = False,
    ) -> None:  # fmt: skip
        """Write text from its top left corner, or `right`-aligned, wrapped and cut to fit."""
        text, romanized = fit_text(text)
        self.romanized |= romanized
        font = font_for(text, size, bold=bold)
        for row, line in enumerate(wrap(text, font, width, lines)):
            length = round(font.getlength(line))
            left = at[0] + (width - length if right else 0)
            # Anchored at the ascender, so that lines in two fonts start at one height.
            self._draw.text((left, at[1] + round(row * size * 1.42)), line, fill=color, font=font)


def wrap(text: str, font: Font, width: int, lines: int) -> list[str]:
    """Break text into at most `lines` lines of at most `width` pixels; an ellipsis stands for the rest."""
    rows = list(_rows(text, font, width))
    if len(rows) <= lines:
        return rows
    last = rows[lines - 1]
    while last and font.getlength(last + _ELLIPSIS) > width:
        last = last[:-1]
    return [*rows[: lines - 1], last.rstrip(" ,.;:") + _ELLIPSIS]


def _rows(text: str, font: Font, width: int) -> Iterator[str]:
    row = ""
    for word in text.split():
        longer = f"{row} {word}".strip()
        if font.getlength(longer) <= width:
            row = longer
            continue
        if row:
            yield row
        row = word
        while font.getlength(row) > width:  # one word wider than the line
            cut = next(at for at in range(len(row), 0, -1) if at == 1 or font.getlength(row[:at]) <= width)
            yield row[:cut]
            row = row[cut:]
    if row:
        yield row


@lru_cache(maxsize=32)
def round_mask(width: int, height: int, radius: int) -> Image.Image:
    """A smooth mask: the corners are drawn at four times the size and reduced."""
    mask = Image.new("L", (width, height), 255)
    corner = Image.new("L", (radius * 8, radius * 8), 0)
    ImageDraw.Draw(corner).ellipse((0, 0, radius * 8 - 1, radius * 8 - 1), fill=255)
    corner = corner.resize((radius * 2, radius * 2), Image.Resampling.BOX)
    for x in (0, 1):
        for y in (0, 1):
            part = corner.crop((x * radius, y * radius, (x + 1) * radius, (y + 1) * radius))
            mask.paste(part, (x * (width - radius), y * (height - radius)))
    return mask
