"""Texts and pictures of one list: each vector at its place, each failure by its place."""

import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from pictures import photo

from clip_embeddings import (
    CLIPEmbedder,
    ImageDecodeError,
    ImageItem,
    InvalidInputError,
    TextItem,
    TextTooLongError,
)

LONG = "노을지는 바다 " * 300


def test_each_item_has_the_vector_of_its_own_method(tiny: CLIPEmbedder) -> None:
    pictures = [photo(40, 30, seed=seed) for seed in range(3)]
    items = [ImageItem(pictures[0]), TextItem("a cat"), ImageItem(pictures[1]), TextItem("노을지는 바다")]
    items += [ImageItem(pictures[2]), TextItem(str(__file__))]
    rows = tiny.embed_items(items)
    assert (rows.shape, rows.dtype.name) == ((6, tiny.dimension), "float32")
    np.testing.assert_allclose(rows[[0, 2, 4]], tiny.embed_images(pictures), atol=1e-6)
    words = ["a cat", "노을지는 바다", str(__file__)]  # a path given as a text is a text
    np.testing.assert_allclose(rows[[1, 3, 5]], tiny.embed_texts(words), atol=1e-6)


def test_a_calibration_is_applied_by_modality_and_role(calibrated: CLIPEmbedder) -> None:
    items = [TextItem("a cat"), ImageItem(photo(40, 30))]
    rows = calibrated.embed_items(items, role="query")
    np.testing.assert_allclose(rows[0], calibrated.embed_texts(["a cat"], role="query")[0], atol=1e-6)
    np.testing.assert_allclose(rows[1], calibrated.embed_images([photo(40, 30)], role="query")[0], atol=1e-6)


def test_a_stream_is_taken_as_it_is_embedded_and_every_item_is_told_of_once(tiny: CLIPEmbedder) -> None:
    strict = CLIPEmbedder("tiny", device="cpu", dtype="float32", long_text="error")
    taken = 0
    bad = {3: LONG, 260: LONG, 261: LONG, 599: LONG}

    def stream() -> Iterator[TextItem | ImageItem]:
        nonlocal taken
        for place in range(600):
            taken += 1
            broken = place in (100, 300)
            yield ImageItem(b"no picture") if broken else TextItem(bad.get(place, f"note {place}"))

    embedded: list[int] = []
    failed: dict[int, type] = {}
    for batch in strict.iter_items(stream()):
        assert taken <= 256 * (1 + len(embedded) // 200)
        embedded += list(batch.indices)
        failed |= {error.index: type(error) for error in batch.failures}
        words = [f"note {place}" for place in batch.indices[:3]]
        np.testing.assert_allclose(batch.embeddings[:3], tiny.embed_texts(words), atol=1e-6)
    assert failed == {**dict.fromkeys(bad, TextTooLongError), 100: ImageDecodeError, 300: ImageDecodeError}
    assert embedded == [place for place in range(600) if place not in failed]


def test_the_first_item_that_fails_is_raised_by_its_place() -> None:
    strict = CLIPEmbedder("tiny", device="cpu", dtype="float32", long_text="error")
    items = [ImageItem(photo(40, 30)), TextItem("a cat"), TextItem(LONG), ImageItem(b"no picture")]
    with pytest.raises(TextTooLongError, match=r"^texts\[2\] has \d+ tokens") as caught:
        strict.embed_items(items)
    assert caught.value.index == 2
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.index) == (str(caught.value), 2)
    with pytest.raises(ImageDecodeError, match=r"^images\[2\]"):
        strict.embed_items(items[1::-1] + items[3:])


@pytest.mark.parametrize("item", ["a cat", b"bytes", None, photo(4, 4)])
def test_what_does_not_say_what_it_is_is_refused(tiny: CLIPEmbedder, item: object) -> None:
    with pytest.raises(InvalidInputError, match=r"items\[1\]: got .*; expected TextItem"):
        tiny.embed_items([TextItem("a cat"), item])  # type: ignore[list-item]


def test_nothing_gives_no_rows(tiny: CLIPEmbedder) -> None:
    assert tiny.embed_items([]).shape == (0, tiny.dimension)
    with pytest.raises(InvalidInputError, match="role"):
        tiny.embed_items([], role="other")  # type: ignore[arg-type]
