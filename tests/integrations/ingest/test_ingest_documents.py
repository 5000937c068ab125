"""PDF, Markdown and web pages: their words by page and heading, their pictures with what stands around."""

from pathlib import Path

import numpy as np
import pytest
from documents.pdf import pdf
from pictures import scene
from PIL import Image
from stored import StoredRow
from stores import Held

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.context import Source, context_of
from clip_embeddings.ingestion import sample_files

PAGES: list[str | Image.Image] = [
    "The cat sleeps on the mat.\nIt is black.",
    scene(3, 300),
    "A boat on the sea.",
]
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


def test_a_pdf_is_its_text_by_page_and_pictures_of_its_pages(
    held: Held, tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES, ["Indoors", "그림"]))
    report = held.ingest(tmp_path)
    assert (report.images, report.passages, report.failures) == (3, 2, [])
    found = [(row.document, row.metadata["page"], row.metadata["heading"]) for row in texts(held)]
    assert found == [
        ("The cat sleeps on the mat.\nIt is black.", 1, "Indoors"),
        ("A boat on the sea.", 3, "그림"),
    ]
    pages = {row.metadata["page"]: row for row in held.rows().values() if row.metadata["modality"] == "image"}
    assert [pages[n].document for n in (1, 2, 3)] == [
        "The cat sleeps on the mat. It is black.",
        "a.pdf",
        "A boat on the sea.",
    ]
    shown = tiny.embed_images([scene(3, 300).resize((300, 400))])[0]
    assert float(pages[2].vector @ shown) > 0.97  # drawn upright and whole
    again = held.ingest(tmp_path)
    assert (again.added, again.updated, again.skipped) == (0, 0, 5)


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({"pdf": "text"}, (0, 2)),
        ({"pdf": "pages"}, (3, 0)),
        ({"only": "texts"}, (0, 2)),
        ({"only": "pictures"}, (3, 0)),
    ],
)
def test_of_a_pdf_the_one_or_the_other(
    held: Held, tmp_path: Path, options: dict[str, str], counts: tuple[int, int]
) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES))
    report = held.ingest(tmp_path, **options)  # type: ignore[arg-type]
    assert (report.images, report.passages) == counts
    assert held.ingest(tmp_path, **options).skipped == sum(counts)  # type: ignore[arg-type]
    assert held.ingest(tmp_path).added == 5 - sum(counts)
    with pytest.raises(InvalidInputError, match="expected one of both, text, pages"):
        held.ingest(tmp_path, pdf="all")  # type: ignore[arg-type]


def test_a_pdf_that_cannot_be_read_is_a_failure_that_says_why(held: Held, tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(pdf(["x"], password=True))
    (tmp_path / "cut.pdf").write_bytes(pdf(["x"])[:200])
    (tmp_path / "scan.pdf").write_bytes(pdf([scene(3)]))
    reasons = {
        Path(failure.path).name: failure.reason for failure in held.ingest(tmp_path, pdf="text").failures
    }
    assert "asks for a password" in reasons["locked.pdf"]
    assert "is no PDF document that can be read" in reasons["cut.pdf"]
    assert "holds no text, as a scan does" in reasons["scan.pdf"]


def test_a_pdf_that_changed_loses_the_rows_of_its_old_pages(held: Held, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES))
    held.ingest(tmp_path)
    (tmp_path / "a.pdf").write_bytes(pdf(["Only this is left."]))
    held.ingest(tmp_path)
    assert sorted(row.document for row in held.rows().values()) == ["Only this is left."] * 2
    (tmp_path / "a.pdf").rename(tmp_path / "b.pdf")
    assert held.ingest(tmp_path).moved == 2
    assert {row.uri for row in held.rows().values()} == {str(tmp_path / "b.pdf")}


def test_a_page_is_shown_to_a_model_and_not_another_one(held: Held, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES))
    held.ingest(tmp_path, pdf="pages")
    rows = held.rows()
    (id,) = [id for id, row in rows.items() if row.metadata["page"] == 2]
    (part,) = context_of([Source(id, rows[id].document, rows[id].metadata)]).parts
    assert part.label == "[1] a.pdf, page 2"
    assert part.picture is not None
    assert part.picture.width < part.picture.height
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES[:1]))
    (part,) = context_of([Source(id, rows[id].document, rows[id].metadata)]).parts
    assert "has 1 pages, no page 2" in part.label


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


def test_a_document_reads_no_picture_outside_of_the_folder_that_is_named(held: Held, manual: Path) -> None:
    held.ingest(manual)
    assert not any("outside" in str(row.uri) for row in held.rows().values())
    assert not any("outside" in each for row in texts(held) for each in row.metadata.get("pictures", []))
    held.ingest(manual.parent)
    assert picture(held, "outside.png").metadata["document"] == str(manual / "guide.md")


def test_a_picture_that_is_missing_or_excluded(held: Held, manual: Path) -> None:
    (manual / "img" / "bowl.png").unlink()
    report = held.ingest(manual, exclude="oven.png")
    (failure,) = report.failures
    assert failure.path.endswith("bowl.png")
    assert failure.reason == f"no such file (shown in {manual / 'guide.md'})"
    assert not any(str(row.uri).endswith("oven.png") for row in held.rows().values())


def test_a_caption_of_the_users_own_comes_before_that_of_a_document(held: Held, manual: Path) -> None:
    held.ingest(manual, captions={str(manual / "img" / "oven.png"): "Mother's oven"})
    held.ingest(manual)
    row = picture(held, "oven.png")
    assert row.metadata["heading"] == "빵 굽기"
    assert row.document in ("Mother's oven", "Bake it.")


def test_a_page_in_another_encoding_says_so_itself(held: Held, tmp_path: Path) -> None:
    page = '<meta charset="euc-kr"><p>쑥 뷁</p>'.encode("cp949")
    (tmp_path / "a.html").write_bytes(page)
    held.ingest(tmp_path)
    assert [row.document for row in texts(held)] == ["쑥 뷁"]


def test_a_file_of_an_office_program_is_named_for_what_it_is(held: Held, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK\x03\x04" + bytes(20_000))
    (tmp_path / "b.hwp").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    reasons = [failure.reason for failure in held.ingest(tmp_path).failures]
    assert reasons == [
        f"is named {ending}: a file of an office program; those are not read: save it as PDF, or as text"
        for ending in (".docx", ".hwp")
    ]


def test_pages_are_part_of_what_a_calibration_is_measured_on(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES))
    assert sample_files(tmp_path, tiny).counts == {"image": 3, "text": 2}


def test_two_documents_of_the_same_pages_have_pages_of_their_own(held: Held, tmp_path: Path) -> None:
    scans = [scene(1, 300), scene(2, 300), scene(3, 300)]
    (tmp_path / "a.pdf").write_bytes(pdf(scans[:2]))
    (tmp_path / "b.pdf").write_bytes(pdf(scans))
    assert held.ingest(tmp_path, pdf="pages").images == 5
    vectors = np.stack([row.vector for row in held.rows().values()])
    assert len(np.unique(vectors.round(5), axis=0)) == 3
