"""The two kinds of client that Chroma has; how helpers serve both is in `clip_embeddings.stores.steps`."""

from asyncio import to_thread
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from chromadb.api.async_client import AsyncClient
from chromadb.api.models.AsyncCollection import AsyncCollection

from clip_embeddings import InvalidInputError
from clip_embeddings.stores.steps import answer, run_at_once, steps_of

__all__ = ["answer", "apart", "is_async", "ordinary", "refuse_async", "steps_of"]

P = ParamSpec("P")
T = TypeVar("T")


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


async def apart(store: Any, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What takes long: in a thread where the store is of an event loop, which would stand still meanwhile."""
    return await to_thread(work, *given, **named) if is_async(store) else work(*given, **named)


def ordinary(steps: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """A helper for ordinary clients, by steps that are good for both kinds; `steps_of` gives them back."""
    return run_at_once(steps, refuse_async)
