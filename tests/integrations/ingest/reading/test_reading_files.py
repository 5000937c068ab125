"""What ingestion makes of a file's bytes: notes, pictures, and what is neither."""

import io
import random
import zipfile
from pathlib import Path

import chromadb
import pytest
from pictures import encoded, photo
from stored import rows_of

from chroma_clip_embeddings import ingest
from clip_embeddings.ingestion.read.local import HEAD, UnusableFile
from clip_embeddings.ingestion.read.sources import read_source
from clip_embeddings.ingestion.read.texts import NotText, other_text, unicode_text

NOTES = [
    "BMW service due in March.",
    "BM",
    "P1 is the first item on the list, P2 the second.",
    "P2 200 300 255 are the numbers of the lottery.",
    "P3 4 4 255\n" + "1 2 3 " * 16,
    "P4 8 8 is what the clerk said.",
    "P5 250 250 255 as the crow flies",
    "P6 100 100 255 and so on",
    "Pf is not a word.",
    "PF 9 9 -1.0 either",
    "PyP is what they called it.",
    "DDS files are textures.",
    "width 30cm, height 40cm",
    "width 30\nheight 40\n",
    "BLP1 and BLP2",
    "qoif it were so",
    "BUFR",
    "BUFR is a format of weather data.",
    "ZCZC is what Lady Gregory dictated.",
    "ZCZC",
    "Image size (x*y): 30*40\n",
    "Image type: RGB image\nImage size (x*y): 4*4\n",
    "GIF89a is what it begins with.",
    "8BPS too",
    "GRIB data came in",
    "SIMPLE  =                    T",
    "FTEX it",
    "#define answer_width 42\n#define answer_height 42",
    "/* XPM */ is a comment",
    "%!PS-Adobe-3.0 EPSF-3.0\nis how it begins",
    "RIFF is a verb",
    "%%EOF",
    "IM2",
]


@pytest.mark.parametrize("note", NOTES)
def test_a_note_is_a_note_whatever_it_begins_with(tmp_path: Path, note: str) -> None:
    (tmp_path / "note.txt").write_text(note, encoding="utf-8")
    (tmp_path / "note").write_text(note * 3000, encoding="utf-8")
    assert read_source(tmp_path / "note.txt").text == note
    assert read_source(tmp_path / "note").text == note * 3000


def test_all_such_notes_are_stored(collection: chromadb.Collection, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number, note in enumerate(NOTES):
        (folder / f"{number:02}.txt").write_text(note, encoding="utf-8")
    report = ingest([folder], collection)
    assert report.failures == []
    assert {row.document for row in rows_of(collection).values()} >= {"BMW service due in March.", "ZCZC"}
    assert len({row.metadata["uri"] for row in rows_of(collection).values()}) == len(NOTES)


def test_text_that_is_named_as_a_picture_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("The service is due in March.")
    (tmp_path / "b.eps").write_text("%!PS-Adobe-3.0\nshowpage\n")
    (tmp_path / "c.xpm").write_text("/* XPM */")
    with pytest.raises(UnusableFile, match=r"is named \.jpg but its content is not an image"):
        read_source(tmp_path / "a.jpg")
    for name in ("b.eps", "c.xpm"):
        with pytest.raises(UnusableFile, match=r"is named \.\w+; files of that kind are not read"):
            read_source(tmp_path / name)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "ICO", "JPEG2000"])
@pytest.mark.parametrize("name", ["a", "a.txt", "a.eps"])
def test_a_picture_is_one_whatever_its_name(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / name).write_bytes(encoded(photo(60, 40), kind))
    assert read_source(tmp_path / name).text is None


def test_a_targa_is_a_picture_by_its_name_only(tmp_path: Path) -> None:
    content = encoded(photo(200, 100), "TGA")
    for name in ("a.tga", "a.bin"):
        (tmp_path / name).write_bytes(content)
    assert read_source(tmp_path / "a.tga").text is None
    with pytest.raises(UnusableFile, match="neither"):
        read_source(tmp_path / "a.bin")


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "the cat ran on the beach " * 100)
    return file.getvalue()


JUNK = {
    "zip": zipped(),
    "zip without a number that is 0": b"PK\x03\x04\x14" + zipped()[5:],
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + bytes(range(1, 256)) * 4,
    "pdf in ASCII": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n",
    "mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(range(256)) * 40,
    "mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 40,
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + random.Random(0).randbytes(2000),
    "sqlite": b"SQLite format 3\x00\x10\x00" + bytes(500),
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(500),
    "UTF-16 without a mark": "the cat ran on the beach".encode("utf-16-le"),
    "rtf": b"{\\rtf1\\ansi the cat}",
}


@pytest.mark.parametrize("kind", JUNK)
@pytest.mark.parametrize("name", ["a.bin", "a.txt", "a"])
def test_what_is_neither_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    for content in (JUNK[kind], JUNK[kind] + b" " * HEAD):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnusableFile, match=r"neither a picture|is a video|no PDF document"):
            read_source(tmp_path / name)


def test_random_bytes_are_no_text() -> None:
    chance = random.Random(0)
    for size in (24, 32, 64, 256, 4096):
        for _ in range(200):
            content = chance.randbytes(size)
            assert unicode_text(content) is None
            with pytest.raises(NotText):
                other_text(content)


def test_random_letters_of_all_codes_are_no_text() -> None:
    """Without the control characters that give most junk away."""
    chance = random.Random(0)
    for size in (32, 64, 256, 4096):
        for _ in range(100):
            content = bytes(chance.choice(range(32, 256)) for _ in range(size))
            with pytest.raises(NotText):
                other_text(content)


def test_a_damaged_picture_without_a_name_is_still_said_to_be_one(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    content = encoded(photo(200, 100), "JPEG")
    (tmp_path / "a").write_bytes(content[: len(content) // 2])
    report = ingest([tmp_path], collection)
    assert ["cannot decode as an image" in failure.reason for failure in report.failures] == [True]
