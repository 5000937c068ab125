"""Korean in Latin letters, against the examples of the Revised Romanization's own rules."""

import unicodedata

import pytest

from clip_embeddings_app.figures.romanize import romanize


@pytest.mark.parametrize(
    ("korean", "latin"),
    [
        ("노을지는 바다", "noeuljineun bada"),
        ("한국어", "hangugeo"),
        ("서울", "seoul"),
        ("강아지", "gangaji"),
        ("백마", "baengma"),
        ("별내", "byeollae"),
        ("종로", "jongno"),
        ("왕십리", "wangsimni"),
        ("독립문", "dongnimmun"),
        ("신라", "silla"),
        ("칼날", "kallal"),
        ("해돋이", "haedoji"),
        ("같이", "gachi"),
        ("좋다", "jota"),
        ("놓고", "noko"),
        ("많아", "mana"),
        ("값이", "gapsi"),
        ("읽었다", "ilgeotda"),
        ("감사합니다", "gamsahamnida"),
        ("cat 고양이 2마리!", "cat goyangi 2mari!"),
        ("no Korean: 海 ü", "no Korean: 海 ü"),
        ("", ""),
    ],
)
def test_korean_reads_as_the_rules_say(korean: str, latin: str) -> None:
    assert romanize(korean) == latin


def test_letters_that_a_file_system_took_apart_read_the_same() -> None:
    assert romanize(unicodedata.normalize("NFD", "노을지는 바다")) == "noeuljineun bada"
