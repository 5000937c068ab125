"""Conditions in words, as Chroma's where. Imports the Chroma adapter and the public core."""

from collections.abc import Sequence
from typing import Any

from chroma_clip_embeddings.retrieval.search import where_of
from clip_embeddings.conditions import Condition


def narrowed(filter: dict[str, Any] | None, conditions: Sequence[Condition]) -> dict[str, Any]:
    """A filter for what meets both."""
    every = [*([filter] if filter else []), *map(where_of, conditions)]
    return every[0] if len(every) == 1 else {"$and": every}
