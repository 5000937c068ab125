"""`decode_image`: a picture that is read now and embedded later has the vector that it has at once."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clip_embeddings import CLIPEmbedder, ImageDecodeError
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes


@pytest.fixture
def photos() -> list[Image.Image]:
    return [render(scene, 120) for scene in scenes(40, 3)]


def test_a_decoded_picture_has_the_vector_of_the_picture(
    tiny: CLIPEmbedder, embedder: CLIPEmbedder, photos: list[Image.Image]
) -> None:
    for each in (tiny, embedder):
        decoded = [each.decode_image(photo) for photo in photos]
        assert {image.pixels.dtype for image in decoded} == {np.dtype(np.uint8)}
        expected = each.embed_images(photos)
        np.testing.assert_allclose(each.embed_images(decoded), expected, atol=1e-6)
        mixed: list[Any] = [photos[0], decoded[1], photos[2]]
        np.testing.assert_allclose(each.embed_images(mixed), expected, atol=1e-6)


def test_one_that_was_made_small_for_another_model_is_refused(
    tiny: CLIPEmbedder, embedder: CLIPEmbedder, photos: list[Image.Image]
) -> None:
    with pytest.raises(ImageDecodeError, match=r"images\[1\].*made small for another model"):
        tiny.embed_images([photos[0], embedder.decode_image(photos[1])])


def test_a_broken_picture_is_named_when_it_is_read(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (64, 64)).save(content, "png")
    (tmp_path / "bad.png").write_bytes(content.getvalue()[:60])
    with pytest.raises(ImageDecodeError, match=r"images\[7\] .*bad\.png") as caught:
        tiny.decode_image(tmp_path / "bad.png", index=7)
    assert caught.value.index == 7
