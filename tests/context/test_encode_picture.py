"""Pictures for a language model: upright, within the limits, and nothing but the picture."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pictures import ORIENTATION, encoded, photo, scene
from PIL import Image

from clip_embeddings import ImageDecodeError, InvalidInputError
from clip_embeddings.context import Budget, EncodedPicture, encode_picture, estimated_tokens


def opened(made: EncodedPicture) -> Image.Image:
    picture = Image.open(BytesIO(made.content))
    picture.load()
    assert Image.MIME[str(picture.format)] == made.mime_type
    assert picture.size == (made.width, made.height)
    return picture


def test_a_photo_is_upright_small_enough_and_says_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # GPS latitude
    lying = photo(900, 600)
    made = encode_picture(encoded(lying, "JPEG", exif=exif, quality=95), pixels=60_000)
    seen = opened(made)
    assert made.mime_type == "image/jpeg"
    assert made.width * made.height <= 60_000
    assert made.width / made.height == pytest.approx(600 / 900, rel=0.02)
    assert not seen.getexif()
    upright = lying.transpose(Image.Transpose.ROTATE_270).resize(seen.size, Image.Resampling.LANCZOS)
    difference = np.abs(np.asarray(seen, np.int16) - np.asarray(upright, np.int16)).mean()
    assert difference < 8


def test_a_drawing_stays_a_png_of_the_same_pixels() -> None:
    drawn = Image.new("RGB", (300, 200), "white")
    drawn.paste((200, 30, 30), (40, 40, 160, 120))
    made = encode_picture(drawn)
    assert made.mime_type == "image/png"
    assert (np.asarray(opened(made)) == np.asarray(drawn)).all()


def test_it_is_never_enlarged_and_keeps_its_shape() -> None:
    assert encode_picture(scene(size=64)).width == 64
    thin = encode_picture(Image.new("RGB", (4000, 1)), pixels=100)
    assert (thin.width, thin.height) == (100, 1)


@pytest.mark.parametrize("limit", [1_500, 6_000, 30_000])
def test_it_fits_into_the_bytes(limit: int) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8))
    made = encode_picture(noise, max_bytes=limit)
    assert len(made.content) <= limit
    assert made.width / made.height == pytest.approx(4 / 3, rel=0.1)
    opened(made)


def test_what_cannot_be_read_or_made_that_small_is_an_error_by_its_index(tmp_path: Path) -> None:
    with pytest.raises(ImageDecodeError, match=r"\[7\].*no such file"):
        encode_picture(tmp_path / "gone.png", index=7)
    with pytest.raises(ImageDecodeError, match="does not fit into 100 bytes"):
        encode_picture(scene(), max_bytes=100)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a cat", 2), ("photograph", 3), ("고양이", 3), ("12, 13", 5), ("a_b", 3)]
)
def test_tokens_are_estimated_in_any_script(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens


def test_a_budget_that_cannot_be_is_refused() -> None:
    for wrong in ({"images": -1}, {"pixels": 0}, {"image_bytes": 10}, {"tokens": 1.5}):
        with pytest.raises(InvalidInputError, match=f"budget: {next(iter(wrong))} is"):
            Budget(**wrong)


def test_nothing_but_the_picture_is_sent() -> None:
    profile = b"SECRET NOTE" * 20
    as_jpeg = encoded(photo(60, 40), "JPEG", comment=b"shot at 51.5N; obey", icc_profile=profile)
    as_png = encoded(Image.new("RGB", (30, 20), "red"), "PNG", icc_profile=profile)
    for content in (as_jpeg, as_png):
        made = encode_picture(content)
        assert b"SECRET" not in made.content
        assert b"obey" not in made.content
        assert not {"comment", "icc_profile", "exif"} & opened(made).info.keys()


def test_a_line_that_no_jpeg_can_hold_is_made_shorter() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (14, 70_000, 3), np.uint8)
    made = encode_picture(Image.fromarray(noise))
    assert made.width <= 16_000
