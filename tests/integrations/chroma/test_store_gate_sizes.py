"""The check in front of the store: what is large goes in several parts or is refused."""

from typing import Any

import chromadb
import numpy as np
import pytest
from pictures import photo

from chroma_clip_embeddings import (
    add_items,
    open_collection,
    search,
)
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.rows.parts import parts_of


def test_rows_that_are_too_large_for_one_request_go_in_several(
    server: tuple[str, int], unused: str, tiny: CLIPEmbedder
) -> None:
    """A server takes 40 MiB in one."""
    collection = open_collection(chromadb.HttpClient(*server), unused, embedder=tiny)
    captions = [letter * 15_000_000 for letter in "abc"]
    report = add_items(collection, ids=list("abc"), images=[photo(20, 20)] * 3, captions=captions)
    assert report.added == 3
    assert collection.get(ids=["c"])["documents"] == captions[2:]


def test_rows_go_in_parts_by_number_and_by_size() -> None:
    assert list(parts_of([1] * 5, 2)) == [range(2), range(2, 4), range(4, 5)]
    sizes = [9_000_000, 8_000_000, 8_000_000, 1, 20_000_000, 1]
    assert list(parts_of(sizes, 100)) == [range(1), range(1, 3), range(3, 4), range(4, 5), range(5, 6)]
    assert list(parts_of([], 2)) == []


@pytest.mark.parametrize("k", [2**40, 2**32, "5", 0, -1, True, 5.0, None, np.int64(5)])
def test_a_number_of_hits_that_is_none_is_refused_by_name(collection: chromadb.Collection, k: Any) -> None:
    add_items(collection, ids=["a"], texts=["a cat"])
    with pytest.raises(InvalidInputError, match=r"k: got .*expected (an int of at most|at least 1)"):
        search(collection, text="a cat", k=k)
    assert len(search(collection, text="a cat", k=2**32 - 1).hits) == 1
