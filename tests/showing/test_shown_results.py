"""What a notebook shows: cards with pictures inside, whole names, and nothing of a file's that is obeyed."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from documents.pdf import pdf
from pictures import ORIENTATION, encoded, photo
from PIL import Image

from chroma_clip_embeddings import connect, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder, InvalidInputError, ZeroShotClassifier, explain_vectors, show_matrix
from clip_embeddings.ingestion.report import IngestFailure, IngestReport
from clip_embeddings.search import Hit, SearchResult
from clip_embeddings.types import ImageInput

HOSTILE = "</style><script>alert(1)</script> \x1b[31m \u202e & 'x' \"y\" 노을"


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "red <b>.png"
    Image.new("RGB", (90, 60), (200, 10, 10)).save(path)
    return path


def shown(thing: Any) -> BeautifulSoup:
    return BeautifulSoup(thing._repr_html_(), "html.parser")


def picture_in(tag: Tag | None) -> Image.Image:
    assert tag is not None
    head, content = str(tag["src"]).split(",", 1)
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    return Image.open(BytesIO(base64.b64decode(content)))


def hit(path: Path | str, document: str = "", modality: str = "image", **metadata: Any) -> Hit:
    return Hit("id", 0.5, modality, str(path), document, {"modality": modality, **metadata}, 99.96)


def test_a_result_of_a_search_is_cards_with_upright_pictures_words_and_scores(
    tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    folder, exif = tmp_path / "files", Image.Exif()
    folder.mkdir()
    exif[ORIENTATION] = 6
    (folder / "lying.jpg").write_bytes(encoded(photo(800, 400), "JPEG", exif=exif))
    (folder / "note.txt").write_text("Bread needs an hour.", encoding="utf-8")
    collection = open_collection(
        connect(tmp_path / "db"), "cards", embedder=tiny.with_calibration("reference")
    )
    ingest([folder], collection)
    result = search(collection, text="bread")
    page = shown(result)
    assert len(page.select(".card")) == 2
    seen = picture_in(page.img)
    assert seen.width < seen.height <= 400
    assert "Bread needs an hour." in page.text
    assert "lying.jpg" in page.text
    for each in result.hits:
        assert f"{each.score:.3f}, above" in page.text
    assert repr(result).splitlines()[0] == "<SearchResult of 2 hits, one ranking>"
    assert len(repr(result).splitlines()) == 3


def test_what_files_say_stays_text(red: Path) -> None:
    result = SearchResult((hit(red, HOSTILE), hit("note.txt", HOSTILE, "text")), ranked=True)
    for page in (shown(result), shown(result.hits[0]), shown(show_matrix([[1.0]], [red], [HOSTILE]))):
        assert not page.find_all("script")
        assert "<script>alert(1)</script>" in page.text
        assert "\x1b" not in page.text
        assert len(page.find_all("style")) == 1
    assert "\x1b" not in repr(result)
    assert str(picture_in(shown(result).img).format) == "PNG"


def test_a_picture_that_is_gone_is_named_with_the_reason(tmp_path: Path) -> None:
    gone = shown(hit(tmp_path / "gone.png", "a red boat", content_sha256="0"))
    assert gone.img is None
    placeholder = gone.select_one(".none")
    assert placeholder is not None
    assert placeholder.text.startswith("gone.png: ")
    assert "a red boat" in gone.text


def test_a_page_of_a_document_is_shown_as_that_page(tmp_path: Path) -> None:
    (tmp_path / "manual.pdf").write_bytes(pdf(["one", "two"]))
    page = shown(hit(tmp_path / "manual.pdf", "manual.pdf", page=2))
    assert picture_in(page.img).height > 100
    assert "manual.pdf, page 2" in page.text


def test_many_hits_stay_a_page_that_a_notebook_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "noise.jpg"
    path.write_bytes(encoded(photo(600, 600), "JPEG", quality=95))
    result = SearchResult(tuple(hit(path, "x" * 100_000) for _ in range(130)), ranked=True)
    page = shown(result)
    assert len(page.find_all("img")) == 20
    assert "noise.jpg: not shown: 20 pictures are" in page.text
    assert "and 30 more" in page.text
    assert len(str(page)) < 2_000_000
    assert len(repr(result)) < 1000


def test_pictures_and_passages_that_do_not_compare_are_shown_apart(red: Path) -> None:
    result = SearchResult((hit("note.txt", "a note", "text"), hit(red)), ranked=False)
    assert [head.text for head in shown(result).find_all("h2")] == ["Pictures", "Passages"]
    assert "do not compare" in shown(result).text
    assert "Nothing was found." in shown(SearchResult((), ranked=True)).text


def test_a_matrix_shows_its_pictures_and_the_best_of_each_row(tiny: CLIPEmbedder, red: Path) -> None:
    classifier = ZeroShotClassifier(tiny, ["cat", "dog", "sea"])
    images: list[ImageInput] = [red, photo(40, 30)]
    values = classifier.predict_proba(images)
    matrix = show_matrix(values, images, classifier.labels)
    page = shown(matrix)
    assert len(page.find_all("img")) == 2
    assert "picture 1" in page.text
    bold = [cell.text for cell in page.select("td") if "font-weight" in str(cell["style"])]
    assert bold == [f"{row.max():.3f}" for row in values]
    assert repr(matrix).startswith("<Matrix of 2 pictures and 3 texts, ")
    with pytest.raises(InvalidInputError, match=r"shape \(2, 3\) for 2 pictures and 2 texts"):
        show_matrix(values, images, ["cat", "dog"])


def test_reports_show_their_numbers_and_say_them_in_a_line() -> None:
    report = IngestReport(images=3, moved=1, failures=[IngestFailure("a<b>.png", "is empty")], seconds=1.0)
    page = shown(report)
    assert [cell.text for cell in page.select("td")][:4] == ["pictures added", "3", "passages added", "0"]
    assert "a<b>.png" in page.text
    assert repr(report) == f"<IngestReport: {report}>"
    rows = np.eye(20, dtype=np.float32)
    gap = explain_vectors(rows[:10], rows[10:])
    assert gap.verdict in shown(gap).text
    assert repr(gap).splitlines() == ["<GapReport of 10 texts and 10 pictures>", gap.verdict]


def test_an_embedder_says_its_model_its_family_and_its_calibration(calibrated: CLIPEmbedder) -> None:
    assert calibrated.embed_texts(["a cat"]).shape == (1, 128)
    assert calibrated.calibration is not None
    expected = f"<CLIPEmbedder 'tiny': family clip, calibration {calibrated.calibration.id}>"
    assert repr(calibrated) == expected
    assert repr(CLIPEmbedder("tiny", calibration="reference")).endswith(
        "not loaded yet, calibration reference>"
    )
