"""Image vectors, and the very pixels, equal those of the reference implementation."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import SIZES, photo
from PIL import Image
from reference import IMAGE_SIZE, PIXELS, Reference, pixels_of, preprocessing, row_cosines

from clip_embeddings import CLIPEmbedder

Pair = tuple[CLIPEmbedder, Reference]

CONFIGS: dict[str, dict[str, Any]] = {
    "shortest edge, then crop": {},
    "bilinear": {"resample": 2},
    "Lanczos": {"resample": 1},
    "fixed height and width, no crop": {
        "size": {"height": IMAGE_SIZE, "width": IMAGE_SIZE},
        "do_center_crop": False,
    },
    "a crop larger than the resized picture": {"size": {"shortest_edge": 21}},
    "a crop smaller than the resized picture": {"size": {"shortest_edge": 47}},
    "no resize": {"do_resize": False},
    "no normalisation": {"do_normalize": False},
    "no rescaling": {
        "do_rescale": False,
        "image_mean": [120.0, 110.0, 100.0],
        "image_std": [60.0, 61.0, 62.0],
    },
    "other mean and scale": {
        "image_mean": [0.5, 0.4, 0.3],
        "image_std": [0.2, 0.3, 0.4],
        "rescale_factor": 1 / 127.5,
    },
}
STRIPS = [(5, 300), (300, 5), (5, 301), (7, 999), (999, 8), (1, 700), (1000, 1), (13, 500), (40, 1201)]


@cache
def pictures() -> list[Image.Image]:
    return [photo(*size, seed=seed) for seed, size in enumerate(SIZES.values())]


@pytest.mark.parametrize("name", SIZES)
def test_a_single_picture_has_the_vector_of_the_reference(pair: Pair, name: str) -> None:
    ours, reference = pair
    picture = photo(*SIZES[name])
    assert row_cosines(ours.embed_images([picture]), reference.images([picture])).min() >= 0.99999


def test_a_batch_of_mixed_sizes_has_the_vectors_of_the_reference(pair: Pair) -> None:
    ours, reference = pair
    assert row_cosines(ours.embed_images(pictures()), reference.images(pictures())).min() >= 0.99999


def test_different_pictures_have_different_vectors_so_that_parity_means_something(
    embedder: CLIPEmbedder,
) -> None:
    vectors = embedder.embed_images([photo(64, 64, seed) for seed in range(4)])
    assert np.triu(vectors @ vectors.T, 1).max() < 0.999


def test_bfloat16_stays_close_to_float32(pair: Pair) -> None:
    ours, _ = pair
    half = CLIPEmbedder(ours.config.model, device="cpu", dtype="bfloat16")
    assert row_cosines(half.embed_images(pictures()), ours.embed_images(pictures())).min() >= 0.999


@pytest.mark.parametrize("name", CONFIGS)
def test_every_preprocessor_setting_gives_the_vectors_of_the_reference(
    copy_of: Callable[[str], Path], name: str
) -> None:
    folder = copy_of("model")
    (folder / "preprocessor_config.json").write_text(json.dumps({**PIXELS, **CONFIGS[name]}))
    ours = CLIPEmbedder(str(folder), device="cpu", dtype="float32")
    assert row_cosines(ours.embed_images(pictures()), Reference(folder).images(pictures())).min() >= 0.99999


@pytest.mark.parametrize("name", CONFIGS)
def test_the_pixels_are_exactly_those_of_the_reference(name: str) -> None:
    config = {**PIXELS, **CONFIGS[name]}
    processor = Reference.processor_of(config)
    ours = preprocessing(config)
    for picture in pictures():
        assert np.array_equal(ours.to_pixels(picture), pixels_of(processor, picture)), picture.size


@pytest.mark.parametrize("size", STRIPS, ids=str)
@pytest.mark.parametrize("resample", [2, 3])
def test_the_pixels_of_a_long_strip_are_exactly_those_of_the_reference(
    size: tuple[int, int], resample: int
) -> None:
    config = {**PIXELS, "resample": resample}
    picture = photo(*size)
    ours = preprocessing(config).to_pixels(picture)
    assert np.array_equal(ours, pixels_of(Reference.processor_of(config), picture))


@pytest.mark.parametrize("size", [(1, 5001), (6000, 1), (2, 9001), (9003, 2)], ids=str)
def test_a_strip_too_long_to_resize_whole_differs_by_rounding_only(size: tuple[int, int]) -> None:
    picture = photo(*size)
    ours = preprocessing(PIXELS).to_pixels(picture).astype(int)
    assert np.abs(ours - pixels_of(Reference.processor_of(PIXELS), picture)).max() <= 1


def test_an_endless_strip_needs_little_memory() -> None:
    # Resized whole to a shorter edge of 32 it would have 32 x 160,000,000 pixels.
    picture = Image.new("RGB", (1, 5_000_000), "red")
    pixels = preprocessing(PIXELS).to_pixels(picture)
    assert pixels.shape == (IMAGE_SIZE, IMAGE_SIZE, 3)
    assert (pixels == (255, 0, 0)).all()


def test_the_size_may_be_a_plain_number_as_in_old_configs() -> None:
    config = {**PIXELS, "size": IMAGE_SIZE, "crop_size": IMAGE_SIZE}
    assert preprocessing(config) == preprocessing(PIXELS)
