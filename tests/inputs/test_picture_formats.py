"""Which files are opened as pictures, none of which starts a program."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest
from pictures import encoded, photo
from PIL import EpsImagePlugin, Image, ImageFile

from clip_embeddings import ImageDecodeError, load_image
from clip_embeddings.inputs.formats import FORMATS, LEFT_OUT, named_as_picture, named_otherwise, open_picture

PICTURE = photo(60, 40)
EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    b"/Helvetica findfont 10 scalefont setfont\nshowpage\n%%EOF\n"
)


def test_every_format_that_pillow_opens_is_listed_as_read_or_as_left_out() -> None:
    """A new release of Pillow may bring one; somebody has to look at it then."""
    Image.init()
    own = {name for name, (factory, _) in Image.OPEN.items() if factory.__module__.startswith("PIL.")}
    assert own <= FORMATS.keys() | LEFT_OUT.keys()
    assert not FORMATS.keys() & LEFT_OUT.keys()


@pytest.mark.parametrize("kind", sorted(FORMATS.keys() - {"PSD"}))
def test_each_format_of_the_list_is_read(kind: str) -> None:
    if kind not in Image.SAVE:
        pytest.skip("Pillow does not write it")
    size = (32, 32) if kind in ("ICO", "ICNS") else (60, 40)
    options: dict[str, Any] = {"sizes": [(32, 32)]} if kind == "ICO" else {}
    loaded = load_image(encoded(PICTURE.resize(size), kind, **options))
    assert loaded.mode == "RGB"
    if kind != "ICNS":
        away = np.asarray(loaded, np.int16) - np.asarray(PICTURE.resize(size), np.int16)
        assert np.abs(away).mean() < 8


def test_postscript_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []

    def noted(command: Any, *_: Any, **__: Any) -> int:
        started.append(command)
        return 0

    for name in ("check_call", "Popen", "run", "call"):
        monkeypatch.setattr(subprocess, name, noted)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", shutil.which("true"))
    for source in (EPS, tmp_path / "a.eps", tmp_path / "a.png"):
        if isinstance(source, Path):
            source.write_bytes(EPS)
        with pytest.raises(ImageDecodeError, match="not an image in a format that is read here"):
            load_image(source)
    assert started == []


@pytest.mark.parametrize(
    "content",
    [
        b"\xd7\xcd\xc6\x9a\x00\x00" + bytes(100),
        b"SIMPLE  =                    T" + b" " * 3000,
        b"GRIB\x00\x00\x00\x01" + bytes(100),
        b"BUFR\x00\x00\x00\x04" + bytes(100),
        b"\x89HDF\r\n\x1a\n" + bytes(100),
        b"Image type: RGB image\r\nImage size (x*y): 4*4\r\n\x1a" + bytes(100),
        b'/* XPM */\nstatic char * a[] = {\n"1 1 1 1",\n"a c #000000",\n"a"};',
        b"#define a_width 8\n#define a_height 1\nstatic char a_bits[] = {\n0x01 };",
    ],
    ids=["WMF", "FITS", "GRIB", "BUFR", "HDF5", "IM", "XPM", "XBM"],
)
def test_formats_that_are_left_out_are_not_pictures(content: bytes) -> None:
    with pytest.raises(ImageDecodeError, match="not an image in a format that is read here"):
        load_image(content)


class Toy(ImageFile.ImageFile):
    format, format_description = "TOY", "a reader that the user's own program has"

    def _open(self) -> None:
        assert self.fp is not None
        if self.fp.read(8) != b"TOYTOY01":
            raise SyntaxError("not a toy")
        self._size, self._mode, self.tile = (7, 5), "RGB", []

    def load(self) -> Any:
        self.im = Image.new("RGB", self.size, "red").im
        return super(ImageFile.ImageFile, self).load()


@pytest.fixture
def toys() -> Iterator[None]:
    Image.init()
    Image.register_open("TOY", Toy, lambda prefix: prefix.startswith(b"TOYTOY"))
    Image.register_extension("TOY", ".toy")
    yield
    del Image.OPEN["TOY"], Image.EXTENSION[".toy"]
    Image.ID.remove("TOY")


@pytest.mark.usefixtures("toys")
def test_a_format_that_the_user_registered_is_read() -> None:
    assert load_image(b"TOYTOY01").size == (7, 5)
    assert named_as_picture(PurePath("a.TOY"))


def test_names_say_picture_for_the_formats_that_are_read_only() -> None:
    for name in ("a.jpg", "A.JPEG", "b.mpo", "c.tga", "d.jp2", "e.webp", "f.ppm"):
        assert named_as_picture(PurePath(name)), name
        assert not named_otherwise(PurePath(name))
    for name in ("a.eps", "b.PS", "c.pdf", "d.mpg", "e.wmf", "f.xpm", "g.h5"):
        assert not named_as_picture(PurePath(name)), name
        assert named_otherwise(PurePath(name))
    for name in ("a.txt", "b", "c.mp4", "jpg", ".png"):
        assert not named_as_picture(PurePath(name))
        assert not named_otherwise(PurePath(name)), name


def test_a_file_without_a_mark_is_opened_only_where_its_name_says_so() -> None:
    targa = encoded(PICTURE, "TGA")
    assert load_image(targa).size == (60, 40)
    with pytest.raises(Exception, match="not an image"):
        open_picture(targa, unmarked=False)


def several(kind: str, first: Image.Image) -> bytes:
    others = [photo(60, 40, 7), photo(60, 40, 8)]
    return encoded(first, kind, save_all=True, append_images=others)


@pytest.mark.parametrize("kind", ["MPO", "GIF", "WEBP", "PNG", "TIFF"])
@pytest.mark.parametrize("first", [PICTURE, Image.new("RGB", (60, 40), "white")], ids=["a photo", "a blank"])
def test_the_first_of_several_pictures_counts_even_if_it_is_blank_and_whatever_its_name(
    tmp_path: Path, kind: str, first: Image.Image
) -> None:
    (tmp_path / "a.jpg").write_bytes(several(kind, first))
    loaded = np.asarray(load_image(tmp_path / "a.jpg"), np.int16)
    assert np.abs(loaded - np.asarray(first, np.int16)).mean() < 8
