"""The two kinds of client that Chroma has, ordinary and async: a helper is written once, for both.

It is a coroutine of the requests that it makes. An ordinary client answers at once, so `ordinary` runs the
coroutine to its end like any function; the async client's answers are awaited on its loop, and what takes
long goes to a thread there.
"""

from asyncio import to_thread
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import isawaitable, signature
from typing import Any, ParamSpec, TypeVar, cast

from chromadb.api.async_client import AsyncClient
from chromadb.api.models.AsyncCollection import AsyncCollection

from clip_embeddings import InvalidInputError

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


async def answer(ask: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What a client of either kind answers to one of its calls."""
    found = ask(*given, **named)
    return cast(T, await found) if isawaitable(found) else found


async def apart(store: Any, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What takes long: in a thread where the store is of an event loop, which would stand still meanwhile."""
    return await to_thread(work, *given, **named) if is_async(store) else work(*given, **named)


def ordinary(steps: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """A helper for ordinary clients, by steps that are good for both; its first argument is the store.

    `steps_of` gives them back.
    """
    first = next(iter(signature(steps).parameters))

    @wraps(steps)
    def helper(*given: P.args, **named: P.kwargs) -> T:
        store = given[0] if given else named.get(first)
        refuse_async(store, steps.__name__, f"a{steps.__name__}")
        try:
            steps(*given, **named).send(None)
        except StopIteration as end:
            return cast(T, end.value)
        raise RuntimeError(f"{steps.__name__}: an ordinary client has nothing to wait for")

    return helper


def steps_of(helper: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """What an `ordinary` helper does, to be awaited: with the async client, or by other steps."""
    return cast(Any, helper).__wrapped__  # type: ignore[no-any-return]
