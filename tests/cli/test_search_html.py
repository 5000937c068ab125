"""`search --html`: one file to send, with the query and the pictures inside."""

from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

Cli = Any  # Callable[..., Outcome] of conftest.py


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_a_search_in_words_is_a_page_that_needs_nothing_beside_it(
    cli: Cli, store: tuple[str, ...], demo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made" / "out.html"
    result = cli("search", "노을지는 바다", "-k", 8, "--html", out, *store)
    assert result.code == 0, result.err
    assert f"Page: {out}" in result.out.replace("\n", "")
    page = read(out)
    assert page.h1 is not None
    assert page.h1.text == "“노을지는 바다”"
    assert len(page.select(".card")) == 8
    sources = [str(each["src"]) for each in page.find_all("img")]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert not page.find_all(["script", "link", "iframe"])
    assert "Noto Sans KR" in str(page.style)
    assert page.find("meta", {"name": "viewport"}) is not None
    assert str(demo) not in str(page)  # where the files lie is the sender's


def test_a_search_by_picture_shows_that_picture_first(
    cli: Cli, store: tuple[str, ...], demo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.html"
    assert cli("search", "--image", demo / "query.png", "-k", 3, "--html", out, "--json", *store).code == 0
    page = read(out)
    assert page.img is not None
    assert page.img["alt"] == "query.png"
    assert len(page.select(".card")) == 4


def test_a_page_has_to_be_named_as_one(cli: Cli, store: tuple[str, ...]) -> None:
    result = cli("search", "a cat", "--html", "out.png", *store)
    assert (result.code, "is not named as a page: .html" in result.err) == (2, True)
