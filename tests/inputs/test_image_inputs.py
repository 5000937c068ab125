"""Every way to hand over a picture gives the same vector, and sideways photos stand up."""

import io
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from pictures import ORIENTATION, encoded, photo, scene
from PIL import Image
from reference import Reference, row_cosines

from clip_embeddings import CLIPEmbedder, load_image
from clip_embeddings.types import ImageInput

PICTURE = photo(50, 40)
PNG = encoded(PICTURE)
GREY = np.asarray(PICTURE.convert("L"))
OPAQUE = np.asarray(PICTURE.convert("RGBA"))
Make = Callable[[Path, ExitStack], Any]

KINDS: dict[str, Make] = {
    "a path as str": lambda file, _: str(file),
    "a Path": lambda file, _: file,
    "a file:// URI": lambda file, _: file.as_uri(),
    "a file://localhost URI": lambda file, _: file.as_uri().replace("file://", "file://localhost"),
    "a base64 data: URI": lambda *_: f"data:image/png;base64,{b64encode(PNG).decode()}",
    "a percent-encoded data: URI": lambda *_: f"data:image/png,{quote(PNG)}",
    "a data: URI with its scheme in capitals": lambda *_: f"DATA:image/png;BASE64,{b64encode(PNG).decode()}",
    "bytes": lambda *_: PNG,
    "a bytearray": lambda *_: bytearray(PNG),
    "a memoryview": lambda *_: memoryview(PNG),
    "BytesIO": lambda *_: io.BytesIO(PNG),
    "an open file": lambda file, stack: stack.enter_context(file.open("rb")),
    "a PIL image": lambda *_: PICTURE,
    "a PIL image that is not decoded yet": lambda file, stack: stack.enter_context(Image.open(file)),
    "an RGB array": lambda *_: np.asarray(PICTURE),
    "an RGBA array": lambda *_: OPAQUE,
    "an array that is a reversed view": lambda *_: np.asarray(PICTURE)[:, ::-1][:, ::-1],
}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "사진 of a #1 100%.png"
    path.write_bytes(PNG)
    return path


@pytest.fixture(scope="module")
def expected(checkpoint: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    return Reference(checkpoint).images([PICTURE])


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_input_has_the_vector_of_the_reference(
    embedder: CLIPEmbedder, expected: Any, file: Path, stack: ExitStack, kind: str
) -> None:
    vectors = embedder.embed_images([KINDS[kind](file, stack)])
    assert row_cosines(vectors, expected).min() >= 0.99999


def test_kinds_may_be_mixed_in_one_call(
    embedder: CLIPEmbedder, expected: Any, file: Path, stack: ExitStack
) -> None:
    vectors = embedder.embed_images([make(file, stack) for make in KINDS.values()])
    assert row_cosines(vectors, np.repeat(expected, len(KINDS), axis=0)).min() >= 0.99999


@pytest.mark.parametrize("array", [GREY, GREY[:, :, None]], ids=["(H, W)", "(H, W, 1)"])
def test_a_grey_array_is_the_grey_picture(embedder: CLIPEmbedder, checkpoint: Path, array: Any) -> None:
    reference = Reference(checkpoint).images([PICTURE.convert("L").convert("RGB")])
    assert row_cosines(embedder.embed_images([array]), reference).min() >= 0.99999


def test_a_batch_of_pictures_as_one_array_is_a_list_of_pictures(embedder: CLIPEmbedder) -> None:
    stacked = np.stack([np.asarray(photo(30, 20, seed)) for seed in range(3)])
    assert row_cosines(embedder.embed_images(stacked), embedder.embed_images([*stacked])).min() >= 0.99999


def test_a_file_object_is_read_and_left_open(file: Path) -> None:
    with file.open("rb") as opened:
        load_image(opened)
        assert not opened.closed


def test_a_callers_picture_is_not_changed(tmp_path: Path) -> None:
    turned = with_orientation(scene(), 6, "JPEG")
    (tmp_path / "a.jpg").write_bytes(turned)
    with Image.open(tmp_path / "a.jpg") as opened:
        size, mode = opened.size, opened.mode
        first, second = load_image(opened), load_image(opened)
        assert (opened.size, opened.mode, opened.getexif()[ORIENTATION]) == (size, mode, 6)
    assert np.array_equal(np.asarray(first), np.asarray(second))


def test_a_loaded_picture_is_upright_rgb(file: Path) -> None:
    picture = load_image(file)
    assert picture.mode == "RGB"
    assert np.array_equal(np.asarray(picture), np.asarray(PICTURE))


# How the stored pixels have to lie so that a viewer, who undoes each orientation, sees the picture upright.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def with_orientation(picture: Image.Image, orientation: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    turn = STORED[orientation]
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    return encoded(picture if turn is None else picture.transpose(turn), kind, exif=exif, **options)


def as_bytes(content: bytes, folder: Path, name: str) -> ImageInput:
    return content


def as_path(content: bytes, folder: Path, name: str) -> ImageInput:
    (folder / name).write_bytes(content)
    return folder / name


def as_picture(content: bytes, folder: Path, name: str) -> ImageInput:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("given", [as_bytes, as_path, as_picture])
def test_photos_of_all_eight_orientations_embed_like_the_upright_one(
    tiny: CLIPEmbedder, tmp_path: Path, given: Callable[[bytes, Path, str], ImageInput]
) -> None:
    picture = scene(3, 384).crop((0, 40, 384, 300))
    turned = [with_orientation(picture, turn, "JPEG") for turn in STORED]
    vectors = tiny.embed_images([given(content, tmp_path, f"{i}.jpg") for i, content in enumerate(turned)])
    assert (vectors @ vectors.T).min() >= 0.998
    assert row_cosines(vectors[:1], tiny.embed_images([picture])).min() >= 0.998


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "MPO"])
@pytest.mark.parametrize("orientation", STORED)
def test_other_formats_that_carry_exif_are_turned_too(kind: str, orientation: int) -> None:
    picture = scene(3, 384).crop((0, 40, 384, 300))
    loaded = load_image(with_orientation(picture, orientation, kind))
    assert loaded.size == picture.size
    difference = np.abs(np.asarray(loaded).astype(int) - np.asarray(picture).astype(int))
    assert difference.mean() <= (0 if kind in ("PNG", "TIFF") else 3)


@pytest.mark.parametrize(
    "damaged",
    [
        b"Exif\x00\x00",
        b"Exif\x00\x00MM\x00*",
        b"Exif\x00\x00II*\x00\xff\xff\xff\xff",
        b"Exif\x00\x00not a tiff header",
        b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x02\x00\x00\x00\x04abc\x00",
        b"junk",
    ],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_is_no_reason_to_lose_a_picture(damaged: bytes) -> None:
    assert load_image(encoded(PICTURE, "JPEG", exif=damaged)).size == PICTURE.size


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_means_nothing_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert load_image(encoded(PICTURE, "JPEG", exif=exif)).size == PICTURE.size
