"""An unreadable picture is named with its index, source and reason; nothing hangs or is fetched."""

import io
import os
import pickle
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import encoded, photo
from PIL import Image

from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError, load_image

GOOD = photo(40, 30)
JPEG, PNG = encoded(GOOD, "JPEG"), encoded(GOOD)


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" * 64)),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def written(content: bytes, name: str) -> Callable[[Path], Any]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.jpg")
    return folder / "pipe.jpg"


# name: (what is given, part of the source in the message, part of the reason)
BAD: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "an empty file": (written(b"", "empty.png"), "empty.png", "empty: 0 bytes"),
    "empty bytes": (lambda _: b"", "bytes of length 0", "empty: 0 bytes"),
    "text named .jpg": (written(b"hello, not a picture", "a.jpg"), "a.jpg", "not an image in a format"),
    "a web page named .png": (written(b"<html><body>404</body></html>", "b.png"), "b.png", "not an image"),
    "a folder": (lambda folder: folder, "test_", "is a folder, not a file"),
    "a missing file": (lambda folder: folder / "gone.png", "gone.png", "no such file"),
    "a name that no file can have": (lambda _: "a\0b.png", "a\\x00b.png", "cannot be read"),
    "a name that is too long": (lambda _: "x" * 5000, "(5000 characters)", "cannot be read"),
    "the empty string": (lambda _: "", "''", "is a folder"),
    "a FIFO": (fifo, "pipe.jpg", "is not a regular file"),
    "a device": (lambda _: "/dev/zero", "/dev/zero", "is not a regular file"),
    "an http address": (lambda _: "http://127.0.0.1:9/a.png", "http://127.0.0.1:9/a.png", "are not fetched"),
    "an https address": (
        lambda _: "https://example.com/a.png",
        "https://example.com",
        "pass its path or its bytes",
    ),
    "an s3 address": (lambda _: "S3://bucket/a.png", "S3://bucket", "s3:// addresses are not fetched"),
    "a file on another host": (lambda _: "file://example.com/a.png", "file://example.com", "on another host"),
    "a data: URI without a comma": (lambda _: "data:image/png;base64", "data:image/png", "no comma"),
    "a data: URI that is empty": (lambda _: "data:image/png;base64,", "data:image/png", "empty: 0 bytes"),
    "a data: URI of bad base64": (lambda _: "data:image/png;base64,abc", "data:image/png", "padding"),
    "a data: URI of text": (lambda _: "data:text/plain,hello", "data:text/plain", "not an image"),
    "a float array": (lambda _: np.zeros((4, 4, 3)), "(4, 4, 3), float64", "expected uint8"),
    "a bool array": (lambda _: np.zeros((4, 4), bool), "bool", "expected uint8"),
    "a CHW array": (lambda _: np.zeros((3, 40, 30), np.uint8), "(3, 40, 30)", "channels come last"),
    "a two-channel array": (
        lambda _: np.zeros((4, 4, 2), np.uint8),
        "(4, 4, 2)",
        "(height, width, 1, 3 or 4)",
    ),
    "an array without pixels": (lambda _: np.zeros((0, 4, 3), np.uint8), "(0, 4, 3)", "expected shape"),
    "a vector": (lambda _: np.zeros(4, np.uint8), "(4,)", "expected shape"),
    "a PIL image without pixels": (lambda _: Image.new("RGB", (0, 5)), "PIL image RGB 0x5", "has no pixels"),
    "a text file object": (lambda _: io.StringIO("text"), "StringIO object", "binary mode ('rb')"),
    "a closed file object": (lambda _: closed(), "BytesIO object", "closed file"),
    "None": (lambda _: None, "NoneType object", "not an image input; expected a path"),
    "an int": (lambda _: 7, "int object", "not an image input"),
    "a list in the list": (lambda _: [GOOD], "list object", "not an image input"),
    "a decompression bomb": (lambda _: png_header(20_000, 20_000), "bytes of length", "400,000,000 pixels"),
    "a header larger than memory": (lambda _: png_header(2**31 - 1, 2**31 - 1), "bytes of length", "pixels"),
}


def closed() -> io.BytesIO:
    file = io.BytesIO(PNG)
    file.close()
    return file


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("name", BAD)
def test_each_unreadable_input_is_named_with_index_source_and_reason(
    embedder: CLIPEmbedder, tmp_path: Path, name: str
) -> None:
    make, source, reason = BAD[name]
    with pytest.raises(ImageDecodeError) as caught:
        embedder.embed_images([GOOD, PNG, JPEG, make(tmp_path), GOOD])
    error = caught.value
    assert str(error).startswith("images[3] (")
    assert (error.index, source in error.source, reason in error.reason) == (3, True, True), str(error)
    assert str(error) == f"images[3] ({error.source}): {error.reason}"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.index) == (ImageDecodeError, str(error), 3)


@pytest.mark.parametrize("content", [JPEG, PNG], ids=["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_a_file_cut_off_anywhere_is_refused_rather_than_half_grey(content: bytes, share: float) -> None:
    with pytest.raises(ImageDecodeError) as caught:
        load_image(content[: int(len(content) * share)], index=5)
    assert str(caught.value).startswith("images[5] (bytes of length ")


def test_one_changed_byte_in_a_png_gives_a_picture_or_an_error_of_ours() -> None:
    for at in range(8, len(PNG), max(1, len(PNG) // 60)):
        damaged = bytearray(PNG)
        damaged[at] ^= 0xFF
        try:
            assert load_image(bytes(damaged)).mode == "RGB"
        except ImageDecodeError:
            continue


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "secret.png").chmod(0)
    with pytest.raises(ImageDecodeError, match="no permission to read it"):
        load_image(tmp_path / "secret.png")


def test_the_pixel_limit_is_a_setting_and_is_checked_before_decoding(checkpoint: Path) -> None:
    strict = CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32", max_pixels=40 * 30 - 1)
    with pytest.raises(
        ImageDecodeError, match=r"40 x 30 is 1,200 pixels, over the limit of 1,199.*raise max_pixels"
    ):
        strict.embed_images([PNG])
    just_enough = CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32", max_pixels=40 * 30)
    assert len(just_enough.embed_images([PNG])) == 1


@pytest.mark.parametrize("pillows", [500, None])
def test_our_limit_is_what_counts_and_pillows_own_is_left_as_it_is(
    pillows: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pillows)
    assert load_image(PNG).size == (40, 30)
    with pytest.raises(ImageDecodeError, match="over the limit of 1,000"):
        load_image(PNG, max_pixels=1000)
    assert pillows == Image.MAX_IMAGE_PIXELS


def test_pillows_own_limit_is_named_where_its_reader_looks_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(ImageDecodeError, match=r"raise PIL\.Image\.MAX_IMAGE_PIXELS and max_pixels"):
        load_image(encoded(GOOD, "WEBP"))


@pytest.mark.parametrize(
    "one",
    ["cat.png", Path("cat.png"), PNG, bytearray(PNG), GOOD, np.asarray(GOOD), io.BytesIO(PNG)],
    ids=lambda one: type(one).__name__,
)
def test_one_picture_where_a_list_belongs_is_named_with_the_fix(embedder: CLIPEmbedder, one: Any) -> None:
    with pytest.raises(InvalidInputError, match=rf"embed_images: got one {type(one).__name__}; .*\[item\]"):
        embedder.embed_images(one)
    with pytest.raises(InvalidInputError, match=r"iter_images: got one .*\[item\]"):
        next(embedder.iter_images(one))


@pytest.mark.parametrize("nothing", [None, 7])
def test_no_list_at_all_is_named(embedder: CLIPEmbedder, nothing: Any) -> None:
    with pytest.raises(InvalidInputError, match="expected a list"):
        embedder.embed_images(nothing)
