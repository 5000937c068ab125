"""How large a picture may be: decoded smaller where that can be done, refused where not, in little memory."""

import io
import subprocess
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np
import pytest
from pictures import encoded, photo
from PIL import Image

from clip_embeddings import CLIPEmbedder, ImageDecodeError, load_image
from clip_embeddings.inputs import modes


def jpeg(size: tuple[int, int], **options: Any) -> bytes:
    return encoded(photo(60, 40).resize(size), "JPEG", quality=90, **options)


@pytest.mark.parametrize(
    ("limit", "expected"), [(1_000_000, (800, 600)), (479_999, (400, 300)), (30_000, (200, 150))]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_over_the_limit_is_decoded_smaller(limit: int, expected: tuple[int, int], mode: str) -> None:
    whole = photo(60, 40).resize((1600, 1200)).convert(mode)
    content = encoded(whole, "JPEG", quality=95)
    small = load_image(content, max_pixels=limit)
    assert (small.size, small.mode) == (expected, "RGB")
    away = np.asarray(small, np.int16) - np.asarray(whole.convert("RGB").resize(expected, 4), np.int16)
    assert np.abs(away).mean() < 4
    assert load_image(content, max_pixels=1600 * 1200).size == (1600, 1200)


def test_what_is_enough_and_the_limit_both_hold() -> None:
    content = jpeg((1600, 1200))
    assert load_image(content, max_pixels=1_000_000, least_edge=300).size == (400, 300)
    assert load_image(content, max_pixels=100_000, least_edge=600).size == (200, 150)
    assert load_image(content, max_pixels=1_000_000, least_edge=5000).size == (800, 600)


@pytest.mark.parametrize("size", [(1601, 1203), (9, 1203), (1601, 8), (15, 15)], ids=str)
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_odd_sizes_stay_under_the_limit(size: tuple[int, int], scale: int) -> None:
    limit = -(-size[0] // scale) * -(-size[1] // scale)
    loaded = load_image(jpeg(size), max_pixels=limit)
    assert loaded.width * loaded.height <= limit


def in_two_scans(content: bytes) -> bytes:
    """The header of a JPEG whose first scan holds one colour of three."""
    at = content.index(b"\xff\xda")
    return content[:at] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + content[at + 14 :]


@pytest.mark.parametrize(
    "make",
    [
        lambda: jpeg((1600, 1200), progressive=True),
        lambda: in_two_scans(jpeg((1600, 1200))),
        lambda: encoded(photo(60, 40).resize((1600, 1200))),
    ],
    ids=["progressive", "in several scans", "PNG"],
)
def test_what_a_decoder_has_to_hold_whole_stays_refused(make: Callable[[], bytes]) -> None:
    content = make()
    with pytest.raises(
        ImageDecodeError, match="1600 x 1200 is 1,920,000 pixels, over the limit of 1,000,000"
    ):
        load_image(content, max_pixels=1_000_000)


def test_a_limit_below_an_eighth_refuses() -> None:
    with pytest.raises(ImageDecodeError, match="over the limit of 29,999"):
        load_image(jpeg((1600, 1200)), max_pixels=29_999)


def test_a_callers_own_picture_over_the_limit_is_refused_and_not_changed() -> None:
    mine = Image.open(io.BytesIO(jpeg((1600, 1200))))
    with pytest.raises(ImageDecodeError, match="over the limit"):
        load_image(mine, max_pixels=1_000_000)
    assert mine.size == (1600, 1200)


@pytest.mark.filterwarnings("error")
def test_a_photo_of_108_megapixels_is_read_while_pillow_keeps_its_limit_for_others(
    tiny: CLIPEmbedder,
) -> None:
    file = io.BytesIO()
    Image.new("RGB", (12_000, 9_000), (90, 120, 30)).save(file, "JPEG")
    mine: list[Any] = []

    def look() -> None:
        try:
            Image.open(io.BytesIO(file.getvalue()))
        except Image.DecompressionBombWarning as error:
            mine.append(error)

    thread = Thread(target=look)
    thread.start()
    loaded = load_image(file.getvalue())
    thread.join()
    assert loaded.size == (6_000, 4_500)
    assert len(mine) == 1
    assert np.isfinite(tiny.embed_images([file.getvalue()])).all()


WIDE: dict[str, Any] = {
    "I;16": lambda values: Image.fromarray(values.astype(np.uint16)),
    "I;16B": lambda values: Image.open(io.BytesIO(encoded(Image.fromarray(values.astype(">u2")), "TIFF"))),
    "I": lambda values: Image.fromarray(values.astype(np.int32)),
    "I of few levels": lambda values: Image.fromarray((values // 300).astype(np.int32)),
    "F": lambda values: Image.fromarray(values.astype(np.float32) - 500),
    "F of shares": lambda values: Image.fromarray((values / 65_535).astype(np.float32)),
    "RGBA": lambda values: Image.fromarray(np.stack([values // 257] * 4, -1).astype(np.uint8)),
    "P": lambda values: Image.fromarray((values // 257).astype(np.uint8)).convert("RGB").quantize(64),
    "LA": lambda values: Image.fromarray(np.stack([values // 257] * 4, -1).astype(np.uint8)).convert("LA"),
    "CMYK": lambda values: Image.fromarray(np.stack([values // 257] * 4, -1).astype(np.uint8), "CMYK"),
    "1": lambda values: Image.fromarray((values // 257).astype(np.uint8)).convert("1"),
}


@pytest.mark.parametrize("kind", WIDE)
@pytest.mark.parametrize("turn", [1, 6])
def test_strips_give_the_pixels_of_the_whole(kind: str, turn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).integers(0, 65_536, (97, 61))
    values[50:] //= 400  # the range of one strip is not that of the whole
    picture = WIDE[kind](values)
    picture.getexif()[0x0112] = turn
    whole = np.asarray(load_image(picture))
    monkeypatch.setattr(modes, "STRIP", 61 * 7)
    assert np.array_equal(np.asarray(load_image(picture)), whole)


@pytest.mark.parametrize("kind", ["I;16", "F"])
def test_wide_pictures_take_little_more_than_their_pixels(kind: str) -> None:
    """In a process of its own; 20 megapixels took 330 MB in 16 bits, 410 as floats."""
    script = f"""
import io, resource
import numpy as np
from PIL import Image
from clip_embeddings import load_image
load_image(np.zeros((9, 9), np.uint8))
picture = Image.new({kind!r}, (5000, 4000), 7)
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
load_image(picture, max_pixels=10**8)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 160  # RGB of 20 megapixels is 80 MB
