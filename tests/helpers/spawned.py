"""A real new process, and what the tests have it do with what they send."""

import asyncio
import copy
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

TEXTS = ["a cat on the sofa", "", "노을지는 바다", "two dogs on the beach"]


@contextmanager
def spawned() -> Iterator[Callable[..., Any]]:
    """Runs functions of a module in one process that shares nothing with this one."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield lambda work, *values: pool.submit(work, *values).result(timeout=300)


def there_and_back(thing: Any) -> Any:
    """What comes out of a pickle in this process."""
    return pickle.loads(pickle.dumps(thing))


def call(thing: Any, method: str, *values: Any) -> Any:
    """A method's result; called in the other process."""
    return getattr(thing, method)(*values)


def type_and(thing: Any, *names: str) -> tuple[str, list[Any]]:
    """The name of a thing's class, and some attributes of it."""
    return type(thing).__name__, [getattr(thing, name) for name in names]


def both_ways(embedder: Any, picture: bytes) -> tuple[Any, Any, Any, Any]:
    """Texts and a picture through the plain and the asynchronous methods."""

    async def run() -> tuple[Any, Any]:
        return await embedder.aembed_texts(TEXTS), await embedder.aembed_images([picture])

    texts, pictures = asyncio.run(run())
    return embedder.embed_texts(TEXTS), embedder.embed_images([picture]), texts, pictures


COPIES = pytest.mark.parametrize("copied", [there_and_back, copy.copy, copy.deepcopy])
"""Above a test: it is run with each kind of copy."""
