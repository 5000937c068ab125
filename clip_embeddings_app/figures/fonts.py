"""Fonts for contact sheets, found on the system, and text made so that they can draw it. Imports Pillow.

Nothing is drawn as an empty box: Korean without a Korean font is written in Latin letters, and any other
character that no font has becomes a dot.
"""

import unicodedata
from functools import lru_cache

from PIL import ImageFont

from clip_embeddings_app.figures.romanize import romanize

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Pillow looks for a file name in the usual font folders of Linux, macOS and Windows.
_LATIN = {
    False: ("Inter-Regular.ttf", "NotoSans-Regular.ttf", "segoeui.ttf", "Helvetica.ttc", "Arial.ttf",
            "arial.ttf", "LiberationSans-Regular.ttf", "DejaVuSans.ttf"),
    True: ("Inter-Bold.ttf", "NotoSans-Bold.ttf", "segoeuib.ttf", "Arial Bold.ttf", "arialbd.ttf",
           "LiberationSans-Bold.ttf", "DejaVuSans-Bold.ttf"),
}  # fmt: skip
_KOREAN = {
    False: ("NotoSansKR-Regular.ttf", "NotoSansKR-Regular.otf", "NotoSansCJK-Regular.ttc",
            "NotoSansCJKkr-Regular.otf", "NanumGothic.ttf", "AppleSDGothicNeo.ttc", "malgun.ttf",
            "UnDotum.ttf", "AppleGothic.ttf", "gulim.ttc", "NotoSansKR-VF.ttf",
            "DroidSansFallback.ttf", "DroidSansFallbackFull.ttf"),
    True: ("NotoSansKR-Bold.ttf", "NotoSansKR-Bold.otf", "NotoSansCJK-Bold.ttc", "NotoSansCJKkr-Bold.otf",
           "NanumGothicBold.ttf", "malgunbd.ttf", "UnDotumBold.ttf"),
}  # fmt: skip
_UNASSIGNED = "\U0010fffe"  # no font has it, so it is drawn as the font's missing-glyph box
_SAMPLE = "가노을지는바다힣"
_STAND_IN = "·"

KOREAN_FONT_NOTE = (
    "no Korean font was found, so Korean is in Latin letters in the picture; for Hangul install one: "
    "fonts-nanum or fonts-noto-cjk (Debian, Ubuntu), google-noto-sans-cjk-fonts (Fedora), "
    "font-noto-cjk (Alpine), noto-fonts-cjk (Arch)"
)


def fit_text(text: str) -> tuple[str, bool]:
    """Text as it can be drawn on this machine, and whether Korean had to be romanised."""
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    romanized = korean_font_name(False) is None and romanize(text) != text
    text = romanize(text) if romanized else text
    font = font_for(text, 16)
    return "".join(_drawable(font, character) for character in text), romanized


def font_for(text: str, size: int, *, bold: bool = False) -> Font:
    """The Latin font if it has every character, else the Korean one, which has most others too."""
    latin = _latin_font(size, bold)
    if all(_has(latin, character) for character in text):
        return latin
    name = korean_font_name(bold) or korean_font_name(False)
    return ImageFont.truetype(name, size) if name else latin


@lru_cache(maxsize=2)
def korean_font_name(bold: bool) -> str | None:
    """The first well-known Korean font that is installed and really has the syllables."""
    for name in _KOREAN[bold]:
        try:
            font = ImageFont.truetype(name, 16)
        except OSError:
            continue
        if all(_has(font, syllable) for syllable in _SAMPLE):
            return name
    return None


@lru_cache(maxsize=32)
def _latin_font(size: int, bold: bool) -> Font:
    for name in _LATIN[bold]:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


@lru_cache(maxsize=16384)
def _has(font: Font, character: str) -> bool:
    """Whether a glyph differs from the box that stands for a missing one."""
    if character == " ":
        return True
    glyph, missing = font.getmask(character), font.getmask(_UNASSIGNED)
    return (glyph.size, bytes(glyph)) != (missing.size, bytes(missing))


def _drawable(font: Font, character: str) -> str:
    if unicodedata.category(character) in ("Cf", "Cc", "Cs"):
        return ""
    return character if _has(font, character) else _STAND_IN
