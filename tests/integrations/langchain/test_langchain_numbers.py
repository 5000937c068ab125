"""Numbers and filters that are none: refused by name, with what was expected."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_stores import in_memory

from clip_embeddings import CLIPEmbedder, InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


@pytest.fixture
def store(tiny: CLIPEmbedder) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        yield store


@pytest.mark.parametrize("given", [0, -1, True, "5", 2.0, 2**40])
def test_a_batch_size_that_is_none_is_named_and_nothing_is_stored(
    store: MultimodalChroma, given: Any
) -> None:
    with pytest.raises(InvalidInputError, match="batch_size: got"):
        store.add_documents([Document("a cat")], batch_size=given)
    assert store.get()["ids"] == []


@pytest.mark.parametrize("given", [float("nan"), 1.5, -0.1, "0.5", True])
def test_a_share_that_is_none_is_named(store: MultimodalChroma, given: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"lambda_mult: got .*expected a number from 0"):
        store.max_marginal_relevance_search("a cat", lambda_mult=given)


def test_filters_that_are_no_dictionaries_are_named(store: MultimodalChroma) -> None:
    wrong: Any = "owner=Min"
    calls: list[tuple[str, Callable[[], object]]] = [
        ("filter: got str", lambda: store.similarity_search("a cat", filter=wrong)),
        ("where_document: got str", lambda: store.similarity_search("a cat", where_document=wrong)),
    ]
    for message, call in calls:
        with pytest.raises(InvalidInputError, match=message):
            call()
