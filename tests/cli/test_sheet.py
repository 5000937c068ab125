"""The contact sheet: the right size, every card drawn, no empty boxes for letters that a font lacks."""

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageFont

from clip_embeddings_app.figures import fonts
from clip_embeddings_app.figures.canvas import PAGE, PAPER, wrap
from clip_embeddings_app.figures.cards import lines_of
from clip_embeddings_app.figures.sheet import MARGIN, WIDTH, Panel, write_sheet


@dataclass(frozen=True)
class Found:
    """A hit without a store."""

    uri: str
    score: float = 0.25
    modality: str = "text"
    document: str = "노을지는 바다"
    id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (90, 60), (200, 10, 10)).save(path)
    return path


def panel(
    picture: Path, pictures: int, passages: int, query: str | None = "a cat", *, mixed: bool = False
) -> Panel:
    images = [Found(str(picture), modality="image", document=picture.name) for _ in range(pictures)]
    texts = [Found("notes/sea.txt") for _ in range(passages)]
    return Panel(query, None if query else picture, cast(Any, texts + images), mixed)


def test_every_result_gets_a_card_and_the_margins_stay_free(picture: Path, tmp_path: Path) -> None:
    report = write_sheet(tmp_path / "sheet.png", [panel(picture, 7, 4)], title="Title", subtitle="below")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == report.size
        pixels = np.asarray(sheet)  # (H, W, 3)
    red = (pixels == (200, 10, 10)).all(axis=2)
    assert red.any(axis=0).sum() > 5 * 150  # five pictures in the first row
    assert red[:, : WIDTH // 5].any(axis=1).sum() > 2 * 100  # and two rows of them
    edges = (pixels[:, :MARGIN], pixels[:, -MARGIN:], pixels[:MARGIN], pixels[-MARGIN:])
    assert all((edge == PAPER).all() for edge in edges)


def test_a_long_caption_is_there_to_its_end_and_its_card_grows(picture: Path, tmp_path: Path) -> None:
    caption = "a happy brown dog that runs on a sunny beach beside the blue sea while three boats pass"
    card = Found(str(picture), modality="image", document=caption)
    short = write_sheet(tmp_path / "1.png", [panel(picture, 1, 0, mixed=True)]).size[1]
    grown = write_sheet(tmp_path / "2.png", [Panel("a dog", None, [card], mixed=True)]).size[1]
    assert lines_of(caption, 14, 190) * 20 <= grown - short < 140
    with Image.open(tmp_path / "2.png") as sheet:
        pixels = np.asarray(sheet.convert("L"))
    assert (
        pixels[grown - MARGIN - 30 : grown - MARGIN - 12, MARGIN : MARGIN + 150] < 160
    ).any()  # its last line


def test_panels_stack_and_more_results_make_a_longer_sheet(picture: Path, tmp_path: Path) -> None:
    one = write_sheet(tmp_path / "1.png", [panel(picture, 5, 3)]).size[1]
    wrapped = write_sheet(tmp_path / "2.png", [panel(picture, 6, 3)]).size[1]
    two = write_sheet(tmp_path / "3.jpg", [panel(picture, 5, 3), panel(picture, 5, 3, None)]).size[1]
    assert one < wrapped < two


def test_one_ranking_is_drawn_as_cards_of_one_size_in_its_order(picture: Path, tmp_path: Path) -> None:
    write_sheet(tmp_path / "sheet.png", [panel(picture, 3, 2, mixed=True)])
    with Image.open(tmp_path / "sheet.png") as sheet:
        pixels = np.asarray(sheet)
    red, note = ((pixels == color).all(axis=2).any(axis=0) for color in ((200, 10, 10), PAGE))
    assert note[: 2 * WIDTH // 5].sum() > 2 * 150  # two notes come first,
    assert not red[: 2 * WIDTH // 5].any()
    assert red[2 * WIDTH // 5 :].sum() > 3 * 150  # then the pictures beside them


def test_a_result_whose_file_is_gone_or_that_is_none_still_makes_a_sheet(tmp_path: Path) -> None:
    gone = panel(tmp_path / "gone.png", 1, 0)
    nothing = panel(tmp_path / "gone.png", 0, 0)
    assert write_sheet(tmp_path / "sheet.png", [gone, nothing]).size[0] == WIDTH


def test_korean_is_romanised_where_no_font_has_it(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "korean_font_name", lambda _: None)
    assert fonts.fit_text("노을지는 바다, 2024") == ("noeuljineun bada, 2024", True)
    assert fonts.fit_text(unicodedata.normalize("NFD", "바다")) == ("bada", True)
    assert write_sheet(tmp_path / "sheet.png", [panel(picture, 1, 1)]).romanized
    assert not write_sheet(tmp_path / "sheet.png", [panel(picture, 1, 0)]).romanized


@pytest.mark.skipif(fonts.korean_font_name(False) is None, reason="no Korean font on this machine")
def test_korean_stays_korean_where_a_font_has_it() -> None:
    assert fonts.fit_text("노을지는 바다") == ("노을지는 바다", False)


@pytest.mark.parametrize("text", ["한국어 \U0001f469‍\U0001f680 𓀀", "zero\u200bwidth\x07", "naïve 100 € – ok"])
def test_no_character_is_left_that_would_be_an_empty_box(text: str) -> None:
    fitted, _ = fonts.fit_text(text)
    font = fonts.font_for(fitted, 16)
    box = bytes(font.getmask("\U0010fffe"))
    assert all(character == " " or bytes(font.getmask(character)) != box for character in fitted)


def test_wrapped_text_keeps_to_its_width_and_ends_in_an_ellipsis() -> None:
    font = ImageFont.load_default(16)
    lines = wrap("one two three four five " * 20 + "x" * 300, font, 120, 4)
    assert len(lines) == 4
    assert all(font.getlength(line) <= 120 for line in lines)
    assert lines[-1].endswith("…")
    assert wrap("short", font, 120, 4) == ["short"]
