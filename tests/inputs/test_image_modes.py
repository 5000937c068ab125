"""Each odd image mode embeds like the RGB PNG of what a viewer shows."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import encoded, gradient, photo
from PIL import Image, ImageCms
from reference import Reference, row_cosines

from clip_embeddings import CLIPEmbedder, load_image

PICTURE = photo(60, 40)
ALPHA = np.tile(np.linspace(0, 255, 60).round().astype(np.uint8), (40, 1))


def on_white(picture: Any, alpha: Any) -> Image.Image:
    """A white-composite by the formula: (H, W, 3), (H, W) -> RGB."""
    share = np.asarray(alpha, np.float64)[:, :, None] / 255
    values = np.asarray(picture, np.float64) * share + 255 * (1 - share)
    return Image.fromarray(values.round().astype(np.uint8))


def with_alpha(picture: Image.Image) -> Image.Image:
    picture = picture.copy()
    picture.putalpha(Image.fromarray(ALPHA))
    return picture


def opened(picture: Image.Image, kind: str = "PNG", **options: Any) -> Image.Image:
    """Through a file and back, as it comes from a folder."""
    return Image.open(io.BytesIO(encoded(picture, kind, **options)))


def paletted() -> Image.Image:
    return PICTURE.quantize(64)


def palette_with_a_hole(**options: Any) -> tuple[Image.Image, Image.Image]:
    """A palette picture whose entry 5 is transparent, and what a viewer shows on white."""
    picture = paletted()
    alpha = np.where(np.asarray(picture) == 5, 0, 255)
    assert 0 < (alpha == 0).sum() < alpha.size
    return opened(picture, transparency=5, **options), on_white(picture.convert("RGB"), alpha)


def palette_with_alpha() -> tuple[Image.Image, Image.Image]:
    picture = with_alpha(PICTURE).convert("PA")
    return picture, on_white(picture.convert("RGB"), ALPHA)


def big_endian() -> Image.Image:
    return opened(Image.fromarray(np.asarray(gradient()).astype(">u2") * 257), "TIFF")


def grey_with_a_hole() -> tuple[Image.Image, Image.Image]:
    grey = gradient()
    return opened(grey, transparency=0), on_white(
        grey.convert("RGB"), np.where(np.asarray(grey) == 0, 0, 255)
    )


def rgb_with_a_hole() -> tuple[Image.Image, Image.Image]:
    values = np.asarray(PICTURE).copy()
    values[:10, :10] = (1, 2, 3)
    alpha = np.where((values == (1, 2, 3)).all(axis=2), 0, 255)
    return opened(Image.fromarray(values), transparency=(1, 2, 3)), on_white(values, alpha)


def in_16_bits() -> Image.Image:
    return opened(Image.fromarray(np.asarray(gradient()).astype(np.uint16) * 257))


def floats(low: float, high: float) -> Image.Image:
    return Image.fromarray((np.asarray(gradient()) / 255 * (high - low) + low).astype(np.float32))


def integers(factor: int) -> Image.Image:
    return Image.fromarray(np.asarray(gradient()).astype(np.int32) * factor)


def lab() -> tuple[Image.Image, Image.Image]:
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    converted = ImageCms.applyTransform(PICTURE, ImageCms.buildTransform(*profiles, "RGB", "LAB"))
    assert converted is not None
    return converted, PICTURE


def animation(kind: str) -> tuple[Image.Image, Image.Image]:
    frames = [PICTURE, photo(60, 40, 7), photo(60, 40, 8)]
    exact = {"lossless": True} if kind == "WEBP" else {}
    moving = opened(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, **exact)
    assert getattr(moving, "n_frames", 1) == 3
    return moving, PICTURE.quantize().convert("RGB") if kind == "GIF" else PICTURE


def same(picture: Image.Image, **kinds: Any) -> tuple[Image.Image, Image.Image]:
    return picture, picture.convert("RGB")


MODES: dict[str, Callable[[], tuple[Image.Image, Image.Image]]] = {
    "P": lambda: same(opened(paletted())),
    "P in a GIF": lambda: same(opened(paletted(), "GIF")),
    "P with a transparent entry": palette_with_a_hole,
    "PA": palette_with_alpha,
    "L": lambda: same(gradient()),
    "L with a transparent level": grey_with_a_hole,
    "LA": lambda: (
        opened(with_alpha(PICTURE.convert("L"))),
        on_white(PICTURE.convert("L").convert("RGB"), ALPHA),
    ),
    "La": lambda: (
        with_alpha(gradient(60, 40)).convert("La"),
        on_white(gradient(60, 40).convert("RGB"), ALPHA),
    ),
    "RGB with a transparent colour": rgb_with_a_hole,
    "RGBA": lambda: (opened(with_alpha(PICTURE)), on_white(PICTURE, ALPHA)),
    "RGBa": lambda: (with_alpha(PICTURE).convert("RGBa"), on_white(PICTURE, ALPHA)),
    "RGBX": lambda: same(PICTURE.convert("RGBX")),
    "1": lambda: same(opened(PICTURE.convert("1"))),
    "CMYK JPEG": lambda: same(opened(PICTURE.convert("CMYK"), "JPEG", quality=95)),
    "CMYK TIFF": lambda: same(opened(PICTURE.convert("CMYK"), "TIFF")),
    "YCbCr": lambda: same(PICTURE.convert("YCbCr")),
    "HSV": lambda: same(PICTURE.convert("HSV")),
    "LAB": lab,
    "I;16 PNG": lambda: (in_16_bits(), gradient()),
    "I;16B TIFF": lambda: (big_endian(), gradient()),
    "I from 0 to 65535": lambda: (integers(257), gradient()),
    "I from 0 to 255": lambda: (integers(1), gradient()),
    "F from 0 to 1": lambda: (floats(0, 1), gradient()),
    "F from 0 to 255": lambda: (opened(floats(0, 255), "TIFF"), gradient()),
    "F from -3000 to 3000": lambda: (floats(-3000, 3000), gradient()),
    "F from 0 to 65535": lambda: (floats(0, 65535), gradient()),
    "animated GIF": lambda: animation("GIF"),
    "animated WebP": lambda: animation("WEBP"),
    "animated PNG": lambda: animation("PNG"),
}
# Premultiplied colours are rounded twice; 8 bits of LAB are coarse where colours are strong.
LEVELS = {"La": 1, "RGBa": 1, "LAB": 24}


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_each_mode_shows_what_a_viewer_shows(mode: str) -> None:
    picture, shown = MODES[mode]()
    expected = np.asarray(shown.convert("RGB")).astype(int)
    loaded = load_image(picture)
    assert loaded.mode == "RGB"
    difference = np.abs(np.asarray(loaded).astype(int) - expected)
    assert difference.max() <= LEVELS.get(mode, 0)
    assert difference.mean() < 1


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_each_mode_embeds_like_the_png_a_viewer_shows(
    tiny: CLIPEmbedder, tmp_path: Path, mode: str
) -> None:
    picture, shown = MODES[mode]()
    shown.convert("RGB").save(tmp_path / "shown.png")
    vectors = tiny.embed_images([picture, tmp_path / "shown.png"])
    assert row_cosines(vectors[:1], vectors[1:]).min() >= (0.999 if mode in LEVELS else 0.99999)


def test_16_bits_are_scaled_and_not_clipped_to_white() -> None:
    values = np.asarray(load_image(in_16_bits()).convert("L"))
    assert np.array_equal(values, np.asarray(gradient()))
    assert (values == 255).mean() < 0.05


def test_a_transparent_picture_lies_on_white_whatever_colour_hides_beneath(embedder: CLIPEmbedder) -> None:
    hidden = [Image.new("RGBA", (40, 40), (*color, 0)) for color in ((0, 0, 0), (255, 0, 0), (9, 99, 200))]
    vectors = embedder.embed_images([*hidden, Image.new("RGB", (40, 40), "white")])
    assert (vectors @ vectors.T).min() >= 0.99999


@pytest.mark.parametrize("value", [0.0, 0.5, 7.0, 300.0, -4.0, float("nan"), float("inf")])
def test_a_float_picture_of_one_value_can_be_read(value: float) -> None:
    picture = Image.fromarray(np.full((8, 8), value, np.float32))
    assert len(np.unique(np.asarray(load_image(picture)))) == 1


def test_the_reference_agrees_on_the_modes_it_reads_right(checkpoint: Path, embedder: CLIPEmbedder) -> None:
    pictures = [PICTURE.convert(mode) for mode in ("L", "1", "CMYK", "YCbCr", "HSV")] + [paletted()]
    theirs = Reference(checkpoint).images([picture.convert("RGB") for picture in pictures])
    assert row_cosines(embedder.embed_images(pictures), theirs).min() >= 0.99999
