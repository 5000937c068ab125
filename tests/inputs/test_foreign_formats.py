"""HEIC by an extra, and what nothing here reads: named for what it is."""

import importlib.util
from io import BytesIO
from pathlib import Path, PurePath

import numpy as np
import pillow_heif
import pytest
from pictures import ORIENTATION, encoded, photo
from PIL import Image

from clip_embeddings import ImageDecodeError, load_image
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.read.sources import HeadCheck, source_of
from clip_embeddings.ingestion.rows.ids import digest
from clip_embeddings.inputs import foreign
from clip_embeddings.inputs.formats import named_as_picture


@pytest.fixture(scope="module")
def heic() -> bytes:
    pillow_heif.register_heif_opener()
    return encoded(photo(60, 40), "HEIF", quality=90)


@pytest.fixture
def without_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where pillow-heif is not installed."""
    foreign.register_readers()
    monkeypatch.setattr(Image, "OPEN", {k: v for k, v in Image.OPEN.items() if k != "HEIF"})
    monkeypatch.setattr(Image, "ID", [name for name in Image.ID if name != "HEIF"])


def read(content: bytes, name: str) -> str:
    """What a file of this name is read as: "picture", "text", or why not. Its head is looked at first."""
    try:
        HeadCheck(name)(content[:4096])
        return "picture" if source_of(name, content, digest(content)).text is None else "text"
    except UnusableFile as error:
        return str(error)


def test_heic_is_read_as_it_is_seen(heic: bytes) -> None:
    picture = load_image(heic)
    assert picture.size == (60, 40)
    assert np.abs(np.asarray(picture, np.int16) - np.asarray(photo(60, 40), np.int16)).mean() < 6
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # as a phone writes it: beside the turn that the format itself has
    turned, file = pillow_heif.from_pillow(photo(60, 40)), BytesIO()
    turned.save(file, exif=exif.tobytes())
    assert load_image(file.getvalue()).size == (40, 60)
    assert [read(heic, name) for name in ("a.heic", "a.HEIF", "a.jpg", "IMG_1")] == ["picture"] * 4
    assert named_as_picture(PurePath("a.HEIC"))


def test_the_reader_is_found_where_it_is_installed(monkeypatch: pytest.MonkeyPatch, heic: bytes) -> None:
    """In a new process nobody has registered it."""
    opens = {k: v for k, v in Image.OPEN.items() if k != "HEIF"}
    monkeypatch.setattr(Image, "OPEN", opens)
    monkeypatch.setattr(Image, "ID", [name for name in Image.ID if name != "HEIF"])
    foreign.register_readers.cache_clear()
    assert load_image(heic).size == (60, 40)
    del opens["HEIF"]
    Image.ID.remove("HEIF")
    monkeypatch.setattr(foreign, "find_spec", lambda _: None)
    foreign.register_readers.cache_clear()
    with pytest.raises(ImageDecodeError, match="clip-embeddings"):
        load_image(heic)
    foreign.register_readers.cache_clear()


@pytest.mark.usefixtures("without_reader")
def test_without_the_extra_the_message_names_it(heic: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(heic)
    with pytest.raises(ImageDecodeError, match=r"needs an extra: pip install 'clip-embeddings\[heif\]'"):
        load_image(tmp_path / "a.jpg")
    for name in ("a.heic", "a.jpg", "IMG_1"):
        assert "pip install 'clip-embeddings[heif]'" in read(heic, name)
    assert named_as_picture(PurePath("a.heic"))
    assert importlib.util.find_spec("pillow_heif")


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("a.jxl", b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
        ("a.jpg", b"\xff\x0a\x00\x10", "JPEG XL"),
        ("clip.mp4", b"\x00\x00\x00\x18ftypmp42", "a video"),
        ("clip.mov", b"\x00\x00\x00\x14ftypqt  ", "a video"),
        ("clip.mkv", b"\x1aE\xdf\xa3\x01\x00", "a video"),
        ("a.cr3", b"\x00\x00\x00\x18ftypcrx ", "a camera's raw file"),
        ("a.raf", b"FUJIFILMCCD-RAW 0201", "a camera's raw file"),
    ],
)
def test_what_nothing_here_reads_is_named(name: str, head: bytes, words: str) -> None:
    assert words in read(head + bytes(64), name)


def test_a_raw_file_is_not_read_for_its_preview() -> None:
    content = encoded(photo(20, 10), "TIFF")
    assert "is named .nef: a camera's raw file" in read(content, "a.nef")
    assert read(content, "a.tif") == "picture"
