"""Functions of a store's rows, as functions of an adapter's own collections, written once for all of them.

And what is said of those that each adapter has its own of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.store import RowStore, Stored

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
T = TypeVar("T")
_STORE = "store, embedder"  # in docstrings, in place of an adapter's collection


def of_collection(
    work: Callable[Concatenate[RowStore, CLIPEmbedder, P], T],
    rows_of: Callable[[C, str], tuple[RowStore, CLIPEmbedder]],
    name: str,
) -> Callable[Concatenate[C, P], T]:
    """A function of rows and what made their vectors, as one of an adapter's own collections.

    Its docstring goes with it, and so do its options, as `help` shows them.

    Args:
        rows_of: opens a collection for the function of this name. As its first parameter is called, so are
            that of the new function, and a collection in messages.
        name: of the new function; that of the variable it is kept in.
    """
    shape, first = signature(work), next(iter(signature(rows_of).parameters.values()))
    shape = shape.replace(parameters=[first, *list(shape.parameters.values())[2:]])

    run: Callable[..., T] = work

    @wraps(work)
    def call(*given: Any, **named: Any) -> T:
        arguments = shape.bind(*given, **named).arguments
        collection = arguments.pop(first.name)
        store, embedder = rows_of(collection, name)
        where = f"{first.name} {collection.name!r}"
        try:
            return run(_Read(store, f"read the {where}"), embedder, **arguments)
        except InvalidInputError as error:
            raise InvalidInputError(f"{where}: {error}") from error

    call.__dict__["__signature__"] = shape
    call.__name__ = call.__qualname__ = name
    call.__module__ = rows_of.__module__
    call.__doc__ = (work.__doc__ or "").replace(_STORE, first.name)
    return cast(Callable[Concatenate[C, P], T], call)


def said_as(work: Callable[..., Any], words: Mapping[str, str]) -> Callable[[F], F]:
    """Give a function the docstring of another one, which does the same for collections of any store.

    Args:
        words: of that docstring, each with what stands in its place.
    """

    def said(call: F) -> F:
        text = work.__doc__ or ""
        for theirs, ours in words.items():
            text = text.replace(theirs, ours)
        call.__doc__ = text
        return call

    return said


class _Read:
    """What is read of a store, with its errors named; those of the model or of a disk are not the store's."""

    def __init__(self, store: RowStore, doing: str) -> None:
        self._store, self._doing = store, doing

    def _errors(self) -> AbstractContextManager[None]:
        return self._store.errors(self._doing, "Check that the store is there")

    def ids(self, modality: str) -> Iterator[str]:
        with self._errors():
            yield from self._store.ids(modality)

    def get(self, ids: Sequence[str], *, vectors: bool = False) -> Stored:
        with self._errors():
            return self._store.get(ids, vectors=vectors)
