"""iter_images reports what cannot be read and goes on; every item is accounted for exactly once."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import photo

from clip_embeddings import CLIPEmbedder, ImageBatch, ImageDecodeError

GOOD = [photo(12, 9, seed) for seed in range(4)]


def stream(pattern: Sequence[bool]) -> Iterator[Any]:
    for index, good in enumerate(pattern):
        yield GOOD[index % 4] if good else f"missing-{index}.png"


def check(embedder: CLIPEmbedder, pattern: Sequence[bool]) -> list[ImageBatch]:
    batches = list(embedder.iter_images(stream(pattern)))
    good = [int(index) for batch in batches for index in batch.indices]
    failed = [failure.index for batch in batches for failure in batch.failures]
    assert good == [index for index, is_good in enumerate(pattern) if is_good]
    assert failed == [index for index, is_good in enumerate(pattern) if not is_good]
    rows = embedder.embed_images(GOOD)
    for batch in batches:
        assert len(batch.embeddings) == len(batch.indices) <= embedder.batch_size
        assert len(batch.failures) <= embedder.batch_size
        assert all(f"missing-{failure.index}.png" in failure.source for failure in batch.failures)
        assert np.abs(batch.embeddings - rows[batch.indices % 4]).max(initial=0) < 1e-5
    return batches


@pytest.mark.parametrize(
    "pattern",
    ["x........", "....x....", "........x", "xxxxxxxxxxx", "x", "", ".", "....", ".....", "...x.",
     "xxxxxxxxxxxxxxxxxxxxx.", ".xxxxxxxxx.", "x.x.x.x.x.x.x"],
)  # fmt: skip
def test_failures_anywhere_are_reported_and_the_rest_embedded(embedder: CLIPEmbedder, pattern: str) -> None:
    check(embedder, [letter == "." for letter in pattern])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.booleans(), max_size=30))
def test_every_index_is_in_exactly_one_place_in_order(embedder: CLIPEmbedder, pattern: list[bool]) -> None:
    check(embedder, pattern)


def test_a_stream_without_end_is_embedded_batch_by_batch(embedder: CLIPEmbedder) -> None:
    drawn = count()

    def endless() -> Iterator[Any]:
        while True:
            yield GOOD[next(drawn) % 4]

    batches = embedder.iter_images(endless())
    first, second = next(batches), next(batches)
    assert [*first.indices, *second.indices] == list(range(8))
    batches.close()
    threads = embedder.config.threads or 8
    assert next(drawn) <= 8 + embedder.batch_size + 2 * threads + 1


def test_an_error_of_the_callers_generator_reaches_the_caller(embedder: CLIPEmbedder) -> None:
    def broken() -> Iterator[Any]:
        yield GOOD[0]
        raise KeyError("the caller's own")

    with pytest.raises(KeyError, match="the caller's own"):
        list(embedder.iter_images(broken()))


def test_embed_images_raises_the_first_failure(embedder: CLIPEmbedder) -> None:
    with pytest.raises(ImageDecodeError, match=r"images\[2\] \('missing-2.png'\): no such file"):
        embedder.embed_images(list(stream([True, True, False, True, False])))
