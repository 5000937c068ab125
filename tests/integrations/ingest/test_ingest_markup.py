"""Markdown and web pages: their words by heading, their pictures with what stands around."""

from pathlib import Path

import pytest
from pictures import scene
from stored import StoredRow
from stores import Held

from clip_embeddings.ingestion.read.documents import markup, parts

GUIDE = """---
author: somebody
---
# 빵 굽기

![](img/loaf.png)

1. **밀가루**를 [섞는다](https://example.org).

   ![A bowl](img/bowl.png "title")
2. Bake it.

   ![](img/oven.png) ![](../outside.png) ![](https://example.org/far.png) ![](img/drawing.svg)
"""
PAGE = (
    "<html><head><title>Tales</title><style>p {}</style></head><body><h2>The sea</h2><script>x()</script>"
    "<p>One   <i>boat</i>.</p><figure><img src='img/boat.png' alt='no'><figcaption>The boat</figcaption>"
    "</figure><p>The end &amp; more.</p></body></html>"
)


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """A folder with a guide in Markdown, a web page and their pictures; one picture lies beside it."""
    folder = tmp_path / "manual"
    (folder / "img").mkdir(parents=True)
    for number, name in enumerate(("loaf", "bowl", "oven", "boat")):
        scene(number + 20).save(folder / "img" / f"{name}.png")
    scene(30).save(tmp_path / "outside.png")
    (folder / "guide.md").write_text(GUIDE, encoding="utf-8")
    (folder / "page.html").write_bytes(PAGE.encode())
    return folder


def texts(held: Held) -> list[StoredRow]:
    rows = [row for row in held.rows().values() if row.metadata["modality"] == "text"]
    return sorted(rows, key=lambda row: (str(row.uri), row.metadata["start"]))


def picture(held: Held, name: str) -> StoredRow:
    (row,) = [row for row in held.rows().values() if str(row.uri).endswith(name)]
    return row


def test_markdown_is_its_words_and_its_pictures_know_where_they_stand(held: Held, manual: Path) -> None:
    report = held.ingest(manual / "guide.md")
    assert (report.failures, report.images) == ([], 3)
    assert [row.document for row in texts(held)] == ["빵 굽기\n밀가루를 섞는다.", "Bake it."]
    assert [row.metadata["pictures"] for row in texts(held)] == [
        ["img/loaf.png", "img/bowl.png"],
        ["img/oven.png"],
    ]
    assert {row.metadata["heading"] for row in held.rows().values()} == {"빵 굽기"}
    bowl, oven = picture(held, "bowl.png"), picture(held, "oven.png")
    assert (bowl.document, bowl.metadata["around"]) == ("A bowl", "빵 굽기 밀가루를 섞는다.")
    assert oven.document == oven.metadata["around"] == "Bake it."
    assert (bowl.metadata["document"], bowl.metadata["position"]) == (str(manual / "guide.md"), 2)
    assert held.ingest(manual / "guide.md").updated == 0


def test_a_web_page_is_what_is_seen_of_it(held: Held, manual: Path) -> None:
    report = held.ingest(manual)
    assert (report.failures, report.images) == ([], 4)
    found = [row.document for row in texts(held) if str(row.uri).endswith("page.html")]
    assert found == ["The sea\nOne boat.\nThe boat", "The end & more."]
    boat = picture(held, "boat.png")
    assert (boat.document, boat.metadata["heading"]) == ("The boat", "The sea")
    assert (held.ingest(manual).added, held.ingest(manual).updated) == (0, 0)


def test_a_document_brings_no_picture_that_would_not_be_read_without_it(held: Held, manual: Path) -> None:
    (manual / ".hidden").mkdir()
    scene(31).save(manual / ".hidden" / "h.png")
    (manual / "link").symlink_to(manual.parent)
    with (manual / "guide.md").open("a", encoding="utf-8") as file:
        file.write("\n![](.hidden/h.png) ![](link/outside.png)\n")
    report = held.ingest(manual / "guide.md", exclude="img/")
    held.ingest(manual, exclude="img/")
    assert report.images == 0
    assert not any("pictures" in row.metadata for row in texts(held))
    assert not any("hidden" in str(row.uri) or "img" in str(row.uri) for row in held.rows().values())
    held.ingest(manual.parent)
    assert picture(held, "outside.png").metadata["document"] == str(manual / "guide.md")


def test_a_picture_that_is_missing_or_excluded(held: Held, manual: Path) -> None:
    (manual / "img" / "bowl.png").unlink()
    report = held.ingest(manual, exclude="oven.png")
    (failure,) = report.failures
    assert failure.path.endswith("bowl.png")
    assert failure.reason == f"no such file (shown in {manual / 'guide.md'})"
    assert not any(str(row.uri).endswith("oven.png") for row in held.rows().values())


def test_a_caption_of_the_users_own_stays_and_what_a_document_says_follows_it(
    held: Held, manual: Path
) -> None:
    oven, bowl = (str(manual / "img" / name) for name in ("oven.png", "bowl.png"))
    held.ingest(manual, captions={oven: "Mother's oven"})
    held.ingest(manual)
    (id,) = [id for id, row in held.rows().items() if row.uri == str(manual / "img" / "loaf.png")]
    held.set_caption(id, "by hand")
    guide = manual / "guide.md"
    guide.write_text(GUIDE.replace("A bowl", "A blue bowl"), encoding="utf-8")
    held.ingest(manual)
    documents = {str(row.uri): row.document for row in held.rows().values()}
    assert (documents[oven], documents[bowl]) == ("Mother's oven", "A blue bowl")
    assert documents[str(manual / "img" / "loaf.png")] == "by hand"
    assert held.ingest(manual).updated == 0


def test_a_page_in_another_encoding_says_so_itself(held: Held, tmp_path: Path) -> None:
    page = '<meta charset="euc-kr"><p>쑥 뷁</p>'.encode("cp949")
    (tmp_path / "a.html").write_bytes(page)
    held.ingest(tmp_path)
    assert [row.document for row in texts(held)] == ["쑥 뷁"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><head><title>T</title><body><p>Hello", ["Hello"]),  # what may be left out is left out
        ("<!doctype html><head><meta charset=utf-8><title>T</title><p>Hello", ["Hello"]),
        ("<![x[y]]><p>Hello <b>y</b>ou", ["Hello you"]),
        ("<div>" * 3000 + "deep", ["deep"]),
        ("<ul>" + "<li>Step <img src=a.png>" * 3, ["Step"] * 3),
    ],
)
def test_web_pages_are_read_as_browsers_read_them(page: str, words: list[str]) -> None:
    assert [line for piece in markup.pieces_of(page, ".html") for line in piece.lines] == words


def test_markdown_loses_no_words() -> None:
    deep = "\n".join("  " * depth + f"- item{depth}" for depth in range(40))
    lines = [line for piece in markup.pieces_of(deep, ".md") for line in piece.lines]
    assert lines == [f"item{depth}" for depth in range(40)]
    ruled = markup.pieces_of("---\nHello there\n\n---\n\n# 빵**을** 굽다\n\nrest", ".md")
    assert [piece.lines for piece in ruled] == [["Hello there"], ["빵을 굽다", "rest"]]


def test_what_stands_around_a_picture_is_cut_where_there_is_no_space(tmp_path: Path) -> None:
    (entry,) = parts.shown_in("写真" * 400 + "\n\n![](a.png)", str(tmp_path / "a.md"))
    assert entry.metadata["around"] == "…" + "写真" * 150


def test_pictures_of_a_page_that_is_not_in_unicode_are_found(held: Held, manual: Path) -> None:
    page = PAGE.replace("The boat", "작은 배").replace("<head>", "<head><meta charset=euc-kr>")
    (manual / "page.html").write_bytes(page.encode("cp949"))
    held.ingest(manual)
    assert picture(held, "boat.png").document == "작은 배"
