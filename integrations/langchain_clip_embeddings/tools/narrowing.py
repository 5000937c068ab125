"""Conditions in words -> a filter of the store's own, for the stores that take one.

Imports langchain-core and the public core.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from clip_embeddings.conditions import Condition
from langchain_clip_embeddings.media_store import MediaStore

Narrowing = Callable[[Any, Sequence[Condition]], Any]


def narrowing_of(store: VectorStore) -> Narrowing | None:
    """Makes of a filter and conditions a filter for what meets both; None where that is not known."""
    store = store.store if isinstance(store, MediaStore) else store
    for kind in type(store).__mro__:
        if kind.__name__ in _WAYS:
            return _WAYS[kind.__name__]
    return None


def _of_chroma(filter: Any, conditions: Sequence[Condition]) -> Any:
    from langchain_clip_embeddings.chroma.conditions import narrowed

    return narrowed(filter, conditions)


def _in_memory(filter: Any, conditions: Sequence[Condition]) -> Any:
    def meets(document: Document) -> bool:
        held = all(condition.holds(document.metadata) for condition in conditions)
        return held and (filter is None or filter(document))

    return meets


_WAYS: Mapping[str, Narrowing] = {"Chroma": _of_chroma, "InMemoryVectorStore": _in_memory}
