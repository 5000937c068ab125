"""Large JPEG files are decoded at a smaller scale where that was asked for, and only then."""

import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin
from reference import PIXELS, Reference, pixels_of, preprocessing, row_cosines

from clip_embeddings import CLIPEmbedder, load_image
from clip_embeddings.inputs.images import read_image
from clip_embeddings.inputs.jpeg import extent
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.types import Draft


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


def test_what_is_read_stays_as_it_is_in_other_formats_and_where_it_is_a_callers_own() -> None:
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
    assert cosines.min() >= 0.9999
    assert cosines.max() < 1
    assert np.array_equal(fast.embed_images(small), tiny.embed_images(small))


_SQUASHED = replace(preprocessing(PIXELS), shortest_edge=None, resize_to=(64, 64), crop=None)
_TURNS = dict(enumerate([None, 0, 3, 1, 5, 4, 6, 2], 1))  # EXIF -> Pillow's


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_part_of_a_pixel_at_the_edge_moves_nothing(turn: int) -> None:
    """1,283 pixels by 8 are 160.375: resized as 161, the vector moved by 0.0015 on average."""
    width, height = 1283, 1093
    picture = Image.linear_gradient("L").resize((width, height), Image.Resampling.BICUBIC)
    picture.paste(255, (width - 40, 0, width, height))  # what moves shows at a border
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = turn
    picture.convert("RGB").save(file, "JPEG", quality=95, exif=exif)
    small = read_image(file.getvalue(), least_edge=130)
    assert min(small.size) == 137
    expected = [0, 0, width / 8, height / 8]
    if (way := _TURNS[turn]) is not None:  # the same turn of a mask that is exact in eighths
        mask = np.zeros((137 * 8, 161 * 8), bool)
        mask[:height, :width] = True
        rows, columns = np.nonzero(np.asarray(Image.fromarray(mask).transpose(Image.Transpose(way))))
        expected = [columns.min() / 8, rows.min() / 8, (columns.max() + 1) / 8, (rows.max() + 1) / 8]
    assert list(extent(small).box) == expected
    assert extent(small).whole == ((width, height) if turn < 5 else (height, width))
    away = _SQUASHED.to_pixels(small).astype(int) - _SQUASHED.to_pixels(read_image(file.getvalue()))
    assert np.abs(away).max() <= 12  # half a percent makes 46 of it


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_the_extent_stays_where_a_large_picture_is_converted_in_strips(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (3001, 4001)).save(file, "JPEG")
    assert extent(read_image(file.getvalue(), least_edge=768)).box == (0, 0, 1500.5, 2000.5)


@pytest.mark.parametrize("size", [(961, 1922), (1922, 961), (964, 2892), (2592, 1944), (1283, 1093)], ids=str)
def test_proportions_are_those_of_the_whole_picture(size: tuple[int, int]) -> None:
    """Computed from 320.33 and 640.67 pixels, twice the edge is just under it, and a pixel less."""
    file = io.BytesIO()
    Image.new("RGB", size).save(file, "JPEG")
    ours = replace(preprocessing(PIXELS), crop=None)
    for least_edge in (130, 300, 450):
        small, whole = (read_image(file.getvalue(), least_edge=edge) for edge in (least_edge, None))
        assert small.size != whole.size
        assert ours.to_pixels(small).shape == ours.to_pixels(whole).shape


@pytest.mark.parametrize("key", ["clip_embeddings_extent", "extent", "('clip_embeddings', 'extent')"])
def test_no_file_says_what_its_extent_is(key: str, tiny: CLIPEmbedder) -> None:
    told, file = PngImagePlugin.PngInfo(), io.BytesIO()
    told.add_text(key, "abcd")
    Image.new("RGB", (64, 64)).save(file, "PNG", pnginfo=told)
    assert tiny.embed_images([file.getvalue()]).shape == (1, tiny.dimension)


def test_what_somebody_is_given_to_keep_says_nothing_of_it() -> None:
    whole = load_image(encoded((1601, 1203)), least_edge=300)
    assert extent(whole) == ((0, 0, *whole.size), whole.size)
    assert not [key for key in whole.info if "clip" in str(key)]


@pytest.mark.parametrize(
    ("dtype", "draft", "expected"),
    [
        ("float32", "auto", False),
        ("bfloat16", "auto", True),
        ("float16", "auto", True),
        ("float32", True, True),
        ("bfloat16", False, False),
    ],
)
def test_it_is_on_where_precision_is_reduced_too(dtype: str, draft: Draft, expected: bool) -> None:
    embedder = CLIPEmbedder("tiny", device="cpu", dtype=dtype, draft=draft)
    file = encoded((1600, 1600))  # by 2 there are eight times what the model takes
    pixels = embedder.decode_image(file).pixels
    whole = embedder._encoder.preprocessing.to_pixels(load_image(file))
    assert np.array_equal(pixels, whole) is not expected


def test_by_itself_it_leaves_four_times_what_the_model_takes() -> None:
    by_itself = CLIPEmbedder("tiny", device="cpu", dtype="bfloat16")
    asked_for = CLIPEmbedder("tiny", device="cpu", dtype="bfloat16", draft=True)
    assert (by_itself._least_edge, asked_for._least_edge) == (4 * 96, 2 * 96)
    just_under = encoded((767, 767))
    assert np.array_equal(
        by_itself.decode_image(just_under).pixels,
        by_itself._encoder.preprocessing.to_pixels(load_image(just_under)),
    )
