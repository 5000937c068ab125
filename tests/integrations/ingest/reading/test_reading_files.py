"""What ingestion makes of a file's bytes: notes, pictures, text in older encodings, and what is neither."""

import io
import os
import random
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromadb
import pytest
from pictures import encoded, photo
from stored import rows_of, write_notes, write_picture

from chroma_clip_embeddings import ingest, sample_files
from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError
from clip_embeddings.ingestion.find.entries import Entry
from clip_embeddings.ingestion.read import reading
from clip_embeddings.ingestion.read.budget import Budget
from clip_embeddings.ingestion.read.local import HEAD, UnusableFile, read_file
from clip_embeddings.ingestion.read.reading import Remote, read_ahead
from clip_embeddings.ingestion.read.sources import read_source
from clip_embeddings.ingestion.read.texts import NotText, checked_encoding, other_text, unicode_text
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader

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


# Older encodings.
WRITTEN = {
    "Korean": ("안녕하세요 회의는 3시에 시작합니다.", "cp949"),
    "one Korean word": ("고양이", "cp949"),
    "Korean with rare syllables": ("똠방각하 뷁", "cp949"),
    "Korean with Latin words": ("BMW service 예약 완료, PDF를 보낸다", "cp949"),
    "Korean with hanja": ("大韓民國의 國語 정책에 관한 보고서이다. 그 내용은 다음과 같다.", "cp949"),
    "Korean that begins as a bitmap": ("BM은 그림 파일이다. 그림을 여는 법을 알아보자.", "cp949"),
    "Japanese": ("会議は三時に始まります。", "cp932"),
    "katakana": ("カメラの説明書です", "cp932"),
    "Japanese in EUC": ("会議は三時に始まります。", "euc_jp"),
    "French": ("Le café est à côté de l'hôtel, très près.", "cp1252"),
    "one French word": ("café", "cp1252"),
    "German": ("Größe: 5 m², Übergröße für Männer – “gut”", "cp1252"),
    "Spanish": ("¿Dónde está el niño? Mañana.", "cp1252"),
    "Portuguese capitals": ("ATENÇÃO: a INSTALAÇÃO não está pronta. LIGAÇÕES em atenção.", "cp1252"),
    "smart quotes": ("It’s a “quote” – fine.", "cp1252"),
    "degrees": ("It is 20°C and costs 5€", "cp1252"),
    "long French": ("Nous avons mangé une crêpe à l'école, où il y a une fenêtre très haute. " * 5, "cp1252"),
    "Polish": ("Zażółć gęślą jaźń, proszę bardzo. Dziękuję.", "cp1250"),
    "Hungarian": ("Jó napot kívánok, hogy van? Köszönöm szépen, árvíztűrő tükörfúrógép.", "cp1250"),
    "Russian": ("Привет, как дела? Сегодня хорошая погода.", "cp1251"),
    "Greek": ("Καλημέρα, τι κάνετε σήμερα; Ο καιρός είναι πολύ καλός και πάμε στη θάλασσα. " * 3, "cp1253"),
    "Chinese": (
        "今天天气很好,我们去公园散步吧。这本书的作者是一位著名的历史学家,他在大学里教书多年。" * 5,
        "gb18030",
    ),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_text_in_an_older_encoding_is_read(tmp_path: Path, kind: str) -> None:
    text, encoding = WRITTEN[kind]
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    source = read_source(tmp_path / "a.txt")
    assert (source.text, source.encoding) == (text, encoding)
    (tmp_path / "long.txt").write_bytes((text + "\n").encode(encoding) * 2000)
    assert read_source(tmp_path / "long.txt").text == (text + "\n") * 2000


@pytest.mark.parametrize("kind", WRITTEN)
def test_in_unicode_it_is_not_guessed_at(tmp_path: Path, kind: str) -> None:
    text, _ = WRITTEN[kind]
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "a.txt").write_bytes(text.encode(encoding))
        source = read_source(tmp_path / "a.txt", encoding="cp949")
        assert (source.text, source.encoding) == (text, "")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("東京都", "cp932"),
        ("Şişli'de ığdır", "cp1254"),
        ("會議將於三點開始", "big5"),
        ("Příliš žluťoučký kůň", "cp1250"),
    ],
)
def test_what_cannot_be_told_is_refused_until_its_encoding_is_given(
    tmp_path: Path, text: str, encoding: str
) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    with pytest.raises(UnusableFile, match="its encoding cannot be told; --encoding"):
        read_source(tmp_path / "a.txt")
    source = read_source(tmp_path / "a.txt", encoding=encoding)
    assert (source.text, source.encoding) == (text, encoding)


def test_an_encoding_that_a_file_is_not_in_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Il était là.".encode("cp1252"))
    with pytest.raises(UnusableFile, match="nor text in UTF-8, UTF-16 or cp949"):
        read_source(tmp_path / "a.txt", encoding="cp949")


@pytest.mark.parametrize("encoding", ["klingon", "", "base64", "a\0b", 7])
def test_an_encoding_that_there_is_not_is_refused_at_once(
    collection: chromadb.Collection, tmp_path: Path, encoding: Any
) -> None:
    with pytest.raises(InvalidInputError, match="encoding: got"):
        ingest([tmp_path], collection, encoding=encoding)
    with pytest.raises(InvalidInputError, match="encoding: got"):
        MediaLoader(tmp_path, CLIPEmbeddings(model="tiny"), encoding=encoding)
    assert checked_encoding("EUC-KR") == "euc_kr"


def test_encodings_are_counted_in_the_report(
    collection: chromadb.Collection, tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    folder = tmp_path / "files"
    write_notes(folder, 2)
    for kind in ("Korean", "one Korean word", "French"):
        text, encoding = WRITTEN[kind]
        (folder / f"{kind}.txt").write_bytes(text.encode(encoding))
    report = ingest([folder], collection)
    assert report.failures == []
    assert report.encodings == {"cp949": 2, "cp1252": 1}
    assert "1 read as cp1252, 2 read as cp949, " in str(report)
    assert {"고양이", WRITTEN["French"][0]} <= {row.document for row in rows_of(collection).values()}
    documents = MediaLoader(folder, CLIPEmbeddings(model="tiny")).load()
    assert "고양이" in {document.page_content for document in documents}
    assert sample_files([folder], tiny, size=10).counts == {"image": 0, "text": 5}


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
        with pytest.raises(UnusableFile, match="neither a picture"):
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


# Large files.
def sparse(path: Path, size: int, head: bytes = b"") -> Path:
    """A file that says it is large, and takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How much was read of files that were opened with `os.open`."""
    total, read = [0], os.read

    def counted(file: int, size: int) -> bytes:
        content = read(file, size)
        total[0] += len(content)
        return content

    monkeypatch.setattr(os, "read", counted)
    return lambda: total[0]


def test_a_film_of_200_gigabytes_beside_notes_is_one_failure(
    collection: chromadb.Collection, tmp_path: Path, bytes_read: Callable[[], int]
) -> None:
    write_notes(tmp_path / "files", 40)
    sparse(tmp_path / "files" / "a-film.mp4", 200 * 10**9, JUNK["mp4"][:32])
    report = ended(lambda: ingest([tmp_path / "files"], collection))
    assert report.passages == 40
    (failure,) = report.failures
    assert failure.reason == "is larger than the limit of 100,000,000 bytes; --max-bytes raises it"
    assert bytes_read() < 100_000


def test_with_a_higher_limit_its_first_bytes_are_enough(
    collection: chromadb.Collection, tmp_path: Path, bytes_read: Callable[[], int]
) -> None:
    write_notes(tmp_path / "files", 40)
    sparse(tmp_path / "files" / "a-film.mp4", 200 * 10**9, JUNK["mp4"][:32])
    sparse(tmp_path / "files" / "b-film.jpg", 3 * 10**9, JUNK["mp4"][:32])
    report = ended(lambda: ingest([tmp_path / "files"], collection, max_bytes=10**12))
    assert report.passages == 40
    assert {Path(failure.path).name: failure.reason for failure in report.failures} == {
        "a-film.mp4": "is neither a picture that Pillow reads nor text (it holds NUL bytes)",
        "b-film.jpg": "is named .jpg but its content is not an image that Pillow reads",
    }
    assert bytes_read() < 100_000


def ended(work: Callable[[], Any], seconds: float = 60) -> Any:
    """The result of work that used to hang."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert results, "it did not end"
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def test_max_bytes_holds_for_local_files_everywhere(
    collection: chromadb.Collection, tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    write_picture(tmp_path / "files" / "a.png", 1, size=8)
    (tmp_path / "files" / "long.txt").write_text("The cat ran. " * 100)
    (tmp_path / "files" / "short.txt").write_text("The cat ran.")
    report = ingest([tmp_path / "files"], collection, max_bytes=1000)
    assert (report.images, report.passages) == (1, 1)
    assert [failure.reason for failure in report.failures] == [
        "is larger than the limit of 1,000 bytes; --max-bytes raises it"
    ]
    loader = MediaLoader(tmp_path / "files", CLIPEmbeddings(model="tiny"), max_bytes=1000)
    assert len(loader.load()) == 2
    assert ["larger than" in failure.reason for failure in loader.failures] == [True]
    assert sample_files([tmp_path / "files"], tiny, max_bytes=1000).counts == {"image": 1, "text": 1}
    with pytest.raises(InvalidInputError, match="max_bytes=0"):
        ingest([tmp_path / "files"], collection, max_bytes=0)


def test_a_file_that_grows_while_it_is_read_stops_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.log").write_text("x" * 100)
    monkeypatch.setattr(os, "read", lambda file, size: b"x" * min(size, 1_000_000))
    with pytest.raises(UnusableFile, match="larger than the limit of 5,000,000"):
        read_file(tmp_path / "a.log", max_bytes=5_000_000)


@pytest.mark.parametrize(
    "error", [MemoryError(), OverflowError("too large"), RuntimeError("odd"), KeyError(3)]
)
def test_whatever_a_reader_raises_is_that_files_failure_and_blocks_nobody(
    collection: chromadb.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for number in range(60):
        (tmp_path / f"{number:02}.txt").write_text(
            f"Note {number}. " + "The cat ran. " * 20, encoding="utf-8"
        )
    monkeypatch.setattr(reading, "_SMALL", 10)  # each a group of its own
    monkeypatch.setattr("clip_embeddings.ingestion.run.BYTES", 400)

    def failing(path: Path, **options: Any) -> bytes:
        time.sleep(0.01)
        if path.name in ("00.txt", "31.txt"):
            raise error
        return read_file(path, **options)

    monkeypatch.setattr(reading, "read_file", failing)
    report = ended(lambda: ingest([tmp_path], collection))
    assert {Path(failure.path).name for failure in report.failures} == {"00.txt", "31.txt"}
    assert all(failure.reason.startswith("cannot be read (") for failure in report.failures)
    assert len({row.metadata["uri"] for row in rows_of(collection).values()}) == 58


def test_a_search_for_files_that_fails_ends_the_run_and_does_not_hang(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_text("x" * 1000)

    def found() -> Iterator[Any]:
        yield from (Entry(str(path), place="") for path in sorted(tmp_path.iterdir()))
        raise StoreError("a disk went away")

    def run() -> None:
        for _ in read_ahead(found(), Remote(frozenset()), Budget(1)):
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_SMALL", 10)
        with pytest.raises(StoreError, match="a disk went away"):
            ended(run)


def test_what_is_neither_is_not_fetched_whole(tmp_path: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/films/a.mp4", JUNK["mp4"][:32] + bytes(3_000_000))
    remote = Remote(frozenset({"memory"}), max_bytes=10**9)
    (read,) = read_ahead([Entry("memory://films/a.mp4", place="")], remote, Budget(1))
    assert read[0].reason == "is neither a picture that Pillow reads nor text (it holds NUL bytes)"


def test_a_damaged_picture_without_a_name_is_still_said_to_be_one(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    content = encoded(photo(200, 100), "JPEG")
    (tmp_path / "a").write_bytes(content[: len(content) // 2])
    report = ingest([tmp_path], collection)
    assert ["cannot decode as an image" in failure.reason for failure in report.failures] == [True]
