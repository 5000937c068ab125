"""PDF and files of office programs: words by page, pictures of pages, failures that say why."""

import json
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
from clip_embeddings.ingestion.read.documents import parts

CAT, BOAT = "The cat sleeps on the mat.\nIt is black.", "A boat on the sea."
PAGES: list[str | Image.Image] = [CAT, scene(3, 300), BOAT]


def texts(held: Held) -> list[StoredRow]:
    rows = [row for row in held.rows().values() if row.metadata["modality"] == "text"]
    return sorted(rows, key=lambda row: (str(row.uri), row.metadata["start"]))


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
    assert "has no page 2; its last one is 1" in part.label


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


def test_one_document_that_its_reader_chokes_on_is_one_failure(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("first", encoding="utf-8")
    (tmp_path / "b.html").write_text("<p>words <img src=a.png>", encoding="utf-8")
    (tmp_path / "c.pdf").write_bytes(pdf(["A page."], ["\ud800n"]))
    monkeypatch.setattr(parts, "pieces_of", lambda *_: 1 / 0)
    report = held.ingest(tmp_path, pdf="text")
    assert [failure.reason for failure in report.failures] == ["cannot be read (division by zero)"]
    assert [(row.document, row.metadata.get("heading")) for row in texts(held)] == [
        ("first", None),
        ("A page.", None),
    ]


def test_a_broken_page_costs_that_page(held: Held, tmp_path: Path) -> None:
    content = pdf([CAT, scene(3, 300), BOAT])
    (tmp_path / "a.pdf").write_bytes(b"\n\xef\xbb\xbf" + content.replace(b"20 0 R", b"99 0 R"))
    report = held.ingest(tmp_path)
    assert (report.images, report.passages, len(report.failures)) == (2, 2, 1)
    assert "Failed to load page" in report.failures[0].reason


def test_fields_of_a_manifest_do_not_say_which_page_it_is(held: Held, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES))
    fields = {"page": 2, "pictures": ["/etc/a.png"], "year": 1999}
    line = json.dumps({"uri": "a.pdf", "caption": "Plans", "metadata": fields})
    (tmp_path / "list.jsonl").write_text(line, encoding="utf-8")
    held.ingest([], manifests=tmp_path / "list.jsonl")
    rows = held.rows().values()
    assert sorted(row.metadata["page"] for row in rows) == [1, 1, 2, 3, 3]
    assert {row.metadata["year"] for row in rows} == {1999}
    assert not any("pictures" in row.metadata for row in rows)
    assert sum(row.document == "Plans" for row in rows) == 3


def test_rows_of_the_kind_that_is_not_taken_now_stay(held: Held, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES))
    held.ingest(tmp_path)
    held.ingest(tmp_path, only="pictures", prune=True)
    held.ingest(tmp_path, only="texts", prune=True)
    assert held.count() == 5
