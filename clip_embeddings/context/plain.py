"""Metadata of rows, which may be anybody's, as values of JSON. Imports sources."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from clip_embeddings.context.sources import encodable

_DEEPEST = 20


def plain(value: Any, depth: int = _DEEPEST) -> Any:
    """A value that JSON, and a checkpointer of LangGraph, can hold; what is none comes as its text."""
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int and -(2**63) <= value < 2**64:
        return value
    if type(value) is float and isfinite(value):
        return value
    if depth and isinstance(value, Mapping):
        return {encodable(str(key)): plain(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in value]
    return encodable(value if isinstance(value, str) else str(value))
