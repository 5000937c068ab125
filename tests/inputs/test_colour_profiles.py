"""Wide-gamut photos embed like their sRGB versions; what is in sRGB has the pixels that it always had."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from colour_profiles import SPACES, grey_profile, in_space, ink_profile, profile, srgb_profile
from pictures import ORIENTATION, encoded, gradient, photo, saturated
from PIL import Image
from reference import row_cosines

from clip_embeddings import CLIPEmbedder, load_image
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.models.identity import fingerprint
from clip_embeddings.types import ImageInput

PROFILE = "icc_profile"
SCENES = [saturated(seed, 384) for seed in (2, 8, 19)]
P3 = in_space(SCENES[0], "Display P3")

GIVEN: dict[str, Callable[[Image.Image], ImageInput]] = {
    "PIL": lambda picture: picture,
    "PNG": encoded,
    "JPEG": lambda picture: encoded(picture, "JPEG", quality=95, icc_profile=picture.info[PROFILE]),
    "TIFF": lambda picture: encoded(picture, "TIFF"),
    "WEBP": lambda picture: encoded(picture, "WEBP", lossless=True, icc_profile=picture.info[PROFILE]),
}


def plain(picture: Image.Image) -> Image.Image:
    """Without a profile: as every picture was read before, and is by the processor of transformers."""
    return Image.fromarray(np.asarray(picture))


def with_profile(picture: Image.Image, content: object) -> Image.Image:
    picture = picture.copy()
    picture.info[PROFILE] = content
    return picture


def away(picture: Image.Image, expected: Image.Image) -> Any:
    """Levels by which they differ."""
    return np.abs(np.asarray(picture, np.int16) - np.asarray(expected, np.int16))


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("space", SPACES)
def test_a_wide_gamut_photo_embeds_like_its_srgb_version(tiny: CLIPEmbedder, space: str, given: str) -> None:
    wide = [in_space(picture, space) for picture in SCENES]
    vectors = tiny.embed_images([GIVEN[given](picture) for picture in wide])
    assert row_cosines(vectors, tiny.embed_images(SCENES)).min() > 0.99


@pytest.mark.parametrize(("space", "cosine"), [("Display P3", 0.9), ("Adobe RGB", 0.7), ("ProPhoto", 0.4)])
def test_the_difference_to_a_reader_that_ignores_profiles_is_this_large(
    tiny: CLIPEmbedder, space: str, cosine: float
) -> None:
    ignored = tiny.embed_images([plain(in_space(picture, space)) for picture in SCENES])
    assert row_cosines(ignored, tiny.embed_images(SCENES)).min() < cosine


@pytest.mark.parametrize("space", SPACES)
def test_a_loaded_picture_is_in_srgb(space: str) -> None:
    loaded = load_image(encoded(in_space(SCENES[0], space)))
    assert away(loaded, SCENES[0]).mean() < 1
    assert PROFILE not in loaded.info  # so that neither a viewer nor an embedder converts it again


def test_a_picture_without_a_profile_or_with_that_of_srgb_has_the_pixels_it_had(tiny: CLIPEmbedder) -> None:
    pictures = [photo(333, 222), photo(222, 333).convert("RGBA"), photo(90, 90).convert("L")]
    profiled = [with_profile(picture, srgb_profile()) for picture in pictures]
    for one, other in zip(pictures, profiled, strict=True):
        assert not away(load_image(other), one.convert("RGB")).any()
    assert np.array_equal(tiny.embed_images(profiled), tiny.embed_images(pictures))


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", bytes(200), profile("ProPhoto")[:300], grey_profile(1.0), ink_profile(), "text", None],
    ids=["empty", "junk", "zeros", "cut off", "of grey", "of inks", "a string", "none"],
)
def test_a_profile_that_is_damaged_or_of_other_colours_is_no_reason_to_lose_a_picture(
    tiny: CLIPEmbedder, content: object
) -> None:
    picture = with_profile(SCENES[0], content)
    assert not away(load_image(picture), SCENES[0]).any()
    assert np.array_equal(tiny.embed_images([picture]), tiny.embed_images(SCENES[:1]))


def test_a_file_with_a_damaged_profile_is_read() -> None:
    file = encoded(SCENES[0], "JPEG", icc_profile=b"junk" * 50)
    assert not away(load_image(file), load_image(encoded(SCENES[0], "JPEG"))).any()


def test_a_turned_photo_is_upright_and_in_srgb() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = P3.crop((0, 0, 384, 200)).transpose(Image.Transpose.ROTATE_90)
    loaded = load_image(encoded(stored, exif=exif, icc_profile=P3.info[PROFILE]))
    assert away(loaded, SCENES[0].crop((0, 0, 384, 200))).mean() < 1


def test_transparency_and_palettes_keep_their_profile() -> None:
    see_through = P3.copy()
    see_through.putalpha(255)
    see_through.paste((9, 9, 9, 0), (0, 0, 384, 100))
    shown = SCENES[0].copy()
    shown.paste("white", (0, 0, 384, 100))
    assert away(load_image(see_through), shown).mean() < 1
    assert away(load_image(P3.quantize(256)), load_image(plain(P3.quantize(256).convert("RGB")))).mean() > 2
    assert away(load_image(P3.quantize(256)), SCENES[0]).mean() < 3


def test_a_callers_picture_keeps_its_pixels_and_its_profile(tiny: CLIPEmbedder) -> None:
    given = P3.copy()
    load_image(given)
    tiny.embed_images([given])
    assert (given.tobytes(), given.info) == (P3.tobytes(), P3.info)


LINEAR = gradient().point([round(255 * (level / 255) ** 2.2) for level in range(256)])
GREYS: dict[str, Callable[[], Image.Image]] = {
    "L": lambda: LINEAR,
    "LA": lambda: LINEAR.convert("LA"),
    "16 bits": lambda: Image.fromarray(np.asarray(LINEAR).astype(np.uint16) * 257),
}


@pytest.mark.parametrize("kind", GREYS)
def test_grey_levels_are_those_of_a_profile_of_grey(tiny: CLIPEmbedder, kind: str) -> None:
    picture = with_profile(GREYS[kind](), grey_profile(1.0))
    loaded = load_image(picture)
    assert loaded.mode == "RGB"
    # A power of 2.2 is not quite sRGB's curve, and dark levels that were made linear are few.
    assert away(loaded, gradient().convert("RGB")).mean() < 4 < away(LINEAR, gradient()).mean()
    assert row_cosines(tiny.embed_images([picture]), tiny.embed_images([gradient()])).min() > 0.99


def test_inks_have_the_colours_of_their_profile(tiny: CLIPEmbedder) -> None:
    inks = Image.new("CMYK", (64, 64))
    for at, ink in enumerate([(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0)]):
        inks.paste(ink, (16 * at, 0, 16 * at + 16, 64))
    file = encoded(inks, "TIFF", icc_profile=ink_profile())
    loaded = load_image(file)
    # Of Lab 55 -37 -50, 48 74 -3 and 89 -5 93, which are no pure colours of a screen.
    expected = [(0, 151, 218), (216, 10, 122), (247, 224, 0), (255, 255, 255)]
    assert [loaded.getpixel((16 * at + 8, 32)) for at in range(4)] == [
        pytest.approx(colour, abs=4) for colour in expected
    ]
    vectors = tiny.embed_images([file, loaded, inks])
    assert row_cosines(vectors[:1], vectors[1:2]).min() > 0.99  # where stripes meet, inks mix and not lights
    assert row_cosines(vectors[:1], vectors[2:]).max() < 0.95  # the plain formula without a profile


def test_a_crop_larger_than_the_picture_is_filled_with_black_whatever_the_colours(tiny: CLIPEmbedder) -> None:
    assert isinstance(tiny._encoder.preprocessing, Preprocessing)
    narrow = replace(tiny._encoder.preprocessing, shortest_edge=32, resize_to=None, crop=(64, 64))
    pixels = narrow.to_pixels(with_profile(Image.new("CMYK", (50, 50)), ink_profile()))
    assert (pixels[:8] == 0).all()
    assert (pixels[16:48, 16:48] == 255).all()


def test_many_threads_with_many_profiles_get_what_one_gets() -> None:
    pictures = [with_profile(SCENES[0].resize((40, 40)), _powered(power)) for power in range(20)] * 5
    alone = [load_image(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = [*pool.map(load_image, pictures)]
    assert not any(away(one, other).any() for one, other in zip(alone, together, strict=True))
    assert len({one.tobytes() for one in alone[:20]}) == 20


def _powered(power: int) -> bytes:
    """ProPhoto's primaries with another curve: a profile that no picture had before."""
    name = f"power {power}"
    primaries, white, _ = SPACES["ProPhoto"]
    try:
        SPACES[name] = (primaries, white, 1 + power / 8)
        return profile(name)
    finally:
        del SPACES[name]


def test_the_fingerprint_knows_how_colours_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    now = CLIPEmbedder("tiny").fingerprint
    monkeypatch.setattr(fingerprint, "_COLOURS", "ignored")
    assert CLIPEmbedder("tiny").fingerprint != now
    assert not CLIPEmbedder("tiny").matches(now)
