"""The two kinds of client that Chroma has: each helper says which it is for.

Imports chromadb and the public core.
"""

from typing import Any

from chromadb.api.async_client import AsyncClient
from chromadb.api.models.AsyncCollection import AsyncCollection

from clip_embeddings import InvalidInputError


def is_async(store: Any) -> bool:
    """Whether it is the async client, or a collection of it."""
    return isinstance(store, AsyncCollection | AsyncClient)


def refuse_async(store: Any, called: str, instead: str | None = None) -> None:
    """Refuse the async client where its coroutines would be taken for answers.

    Args:
        called: the helper.
        instead: the one for the async client; None where there is none.
    Raises:
        InvalidInputError: says what to call.
    """
    if is_async(store):
        other = f"await {instead}(...)" if instead else "a client of chromadb.HttpClient"
        raise InvalidInputError(f"{called}: got a {type(store).__name__}, of the async client; use {other}")
