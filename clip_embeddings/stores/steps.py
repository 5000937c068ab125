"""For a store whose client comes in two kinds, ordinary and async: a helper is written once, for both.

It is a coroutine of the requests that it makes. An ordinary client answers at once, so `ordinary` runs the
coroutine to its end like any function; an async client's answers are awaited on its loop. Imports the
standard library.
"""

from asyncio import AbstractEventLoop, run_coroutine_threadsafe
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import isawaitable, signature
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


async def answer(ask: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What a client of either kind answers to one of its calls."""
    found = ask(*given, **named)
    return cast(T, await found) if isawaitable(found) else found


def run_at_once(
    steps: Callable[P, Coroutine[Any, Any, T]], refuse_async: Callable[[Any, str, str], None]
) -> Callable[P, T]:
    """A helper for ordinary clients, by steps that are good for both; its first argument is the store.

    Args:
        refuse_async: (store, name of the helper, name of that for async clients) -> raises for an async one.
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


def as_coroutine(helper: Callable[..., Any], coroutine: Any, first: Any, said: str) -> Any:
    """A coroutine that is called, shown and explained as the helper that it stands for.

    Args:
        first: annotation of its first parameter.
        said: what sets it apart, in words.
    """
    module, shape = coroutine.__module__, signature(helper)
    store, *options = shape.parameters.values()
    made = wraps(helper)(coroutine)
    made.__dict__["__signature__"] = shape.replace(parameters=[store.replace(annotation=first), *options])
    made.__name__ = made.__qualname__ = f"a{helper.__name__}"
    made.__module__ = module
    made.__doc__ = f"`{helper.__name__}` {said}.\n\n    {helper.__doc__}"
    return made


class OnLoop:
    """An object of an async client, for a thread: calls are made on the loop, and waited for."""

    def __init__(self, behind: Any, loop: AbstractEventLoop) -> None:
        self._behind, self._loop = behind, loop

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):  # nothing of its inside
            raise AttributeError(name)

        def call(*given: Any, **named: Any) -> Any:
            asked = getattr(self._behind, name)(*given, **named)
            return run_coroutine_threadsafe(asked, self._loop).result()

        return call


def steps_of(helper: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """What a helper that runs at once does, to be awaited: with an async client, or by other steps."""
    return cast(Any, helper).__wrapped__  # type: ignore[no-any-return]
