"""Large JPEG files are decoded at a smaller scale where that was asked for, and only then."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageOps
from reference import PIXELS, Reference, pixels_of, preprocessing, row_cosines

from clip_embeddings import CLIPEmbedder, load_image
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes


@cache
def encoded(
    size: tuple[int, int], mode: str = "RGB", kind: str = "JPEG", *, seed: int = 0, turn: int = 1
) -> bytes:
    """A scene, enlarged, with grain."""
    large = np.asarray(render(next(scenes(seed, 1)), size=300).resize(size, 3), np.float32)
    grain = np.random.default_rng(seed).normal(0, 8, (*large.shape[:2], 1))
    picture = Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).convert(mode)
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = turn
    picture.save(file, kind, exif=exif, **({"quality": 90} if kind == "JPEG" else {}))
    return file.getvalue()


@pytest.mark.parametrize(
    ("least_edge", "expected"),
    [(900, (1600, 1200)), (601, (1600, 1200)), (600, (800, 600)), (300, (400, 300)), (10, (200, 150))],
)
def test_the_shorter_edge_keeps_enough(least_edge: int, expected: tuple[int, int]) -> None:
    assert load_image(encoded((1600, 1200)), least_edge=least_edge).size == expected


@pytest.mark.parametrize("least_edge", [9, 64, 151, 192, 299, 300, 301, 599, 600, 601])
@pytest.mark.parametrize("size", [(1601, 1203), (1203, 1601), (2399, 600)], ids=str)
def test_an_odd_size_never_falls_below_what_is_enough(size: tuple[int, int], least_edge: int) -> None:
    # Black, as only the size is looked at, and a scene of each would take long to draw.
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "JPEG")
    small = load_image(file.getvalue(), least_edge=least_edge)
    assert min(small.size) >= min(least_edge, *size)
    assert small.size in [tuple(-(-edge // part) for edge in size) for part in (1, 2, 4, 8)]


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_every_mode_is_decoded_smaller_and_looks_the_same(mode: str) -> None:
    file = encoded((1600, 1200), mode)
    small, whole = load_image(file, least_edge=300), load_image(file)
    assert (small.size, small.mode) == ((400, 300), "RGB")
    away = np.asarray(small, np.int16) - np.asarray(whole.resize((400, 300), Image.Resampling.BOX), np.int16)
    assert np.abs(away).mean() < 3


def test_a_turned_photo_is_still_upright() -> None:
    file = encoded((1600, 1200), turn=6)
    assert load_image(file, least_edge=300).size == (300, 400)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).resize((300, 400), Image.Resampling.BOX)
    away = np.asarray(load_image(file, least_edge=300), np.int16) - np.asarray(upright, np.int16)
    assert np.abs(away).mean() < 3


def test_other_formats_and_a_callers_own_picture_stay_as_they_are() -> None:
    assert load_image(encoded((1600, 1200), kind="PNG"), least_edge=300).size == (1600, 1200)
    mine = Image.open(io.BytesIO(encoded((1600, 1200))))
    assert load_image(mine, least_edge=300).size == mine.size == (1600, 1200)


def test_a_large_jpeg_has_the_pixels_of_the_reference_unless_a_draft_is_asked_for() -> None:
    file = encoded((2400, 1800))
    ours = preprocessing(PIXELS)
    expected = pixels_of(Reference.processor_of(PIXELS), Image.open(io.BytesIO(file)).convert("RGB"))
    assert np.array_equal(ours.to_pixels(load_image(file)), expected)
    drafted = ours.to_pixels(load_image(file, least_edge=ours.least_edge))
    assert 0 < np.abs(drafted.astype(int) - expected).mean() < 2


def test_vectors_hardly_move_and_those_of_small_pictures_not_at_all(tiny: CLIPEmbedder) -> None:
    fast = CLIPEmbedder("tiny", device="cpu", dtype="float32", draft=True)
    large = [encoded((1600, 1600), seed=seed) for seed in range(4)]
    small = [encoded((320, 240), seed=seed) for seed in range(4)]
    cosines = row_cosines(fast.embed_images(large), tiny.embed_images(large))
    assert 0.9999 <= cosines.min() < 1
    assert np.array_equal(fast.embed_images(small), tiny.embed_images(small))
