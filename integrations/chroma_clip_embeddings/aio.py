"""The same helpers for `chromadb.AsyncHttpClient`: models run in a thread, so no event loop is blocked.

Chroma's async client calls an embedding function on the loop itself; these hand it ready vectors. With a
collection of an ordinary client they run whole in a thread.
"""

from asyncio import to_thread
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, cast

import chromadb
from chromadb.api import AsyncClientAPI
from chromadb.api.models.AsyncCollection import AsyncCollection

from chroma_clip_embeddings.client.kinds import is_async, steps_of
from chroma_clip_embeddings.client.private import bounded
from chroma_clip_embeddings.collection.opening import open_collection
from chroma_clip_embeddings.retrieval.search import search
from chroma_clip_embeddings.rows import add_items, set_caption
from clip_embeddings import CLIPEmbedder, InvalidInputError

P = ParamSpec("P")
T = TypeVar("T")
_Either = AsyncCollection | chromadb.Collection


def awaited(
    helper: Callable[Concatenate[chromadb.Collection, P], T],
) -> Callable[Concatenate[_Either, P], Coroutine[Any, Any, T]]:
    """A helper as a coroutine, for collections of both kinds of client."""

    @wraps(helper)
    async def either(collection: _Either, *given: P.args, **named: P.kwargs) -> T:
        ordinary = cast(chromadb.Collection, collection)
        if not is_async(collection):
            return await to_thread(helper, ordinary, *given, **named)
        bounded(collection)
        return await steps_of(helper)(ordinary, *given, **named)

    shape = signature(helper)
    first, *options = shape.parameters.values()
    either.__dict__["__signature__"] = shape.replace(parameters=[first.replace(annotation=_Either), *options])
    either.__name__ = either.__qualname__ = f"a{helper.__name__}"
    either.__module__ = __name__
    either.__doc__ = (
        f"`{helper.__name__}` for an event loop, which goes on meanwhile; of either kind of client.\n\n"
        f"    {helper.__doc__}"
    )
    return cast(Any, either)  # type: ignore[no-any-return]


asearch = awaited(search)
aadd_items = awaited(add_items)
aset_caption = awaited(set_caption)


async def aopen_collection(
    client: AsyncClientAPI,
    name: str,
    *,
    embedder: CLIPEmbedder | None = None,
    create: bool = True,
    metadata: dict[str, Any] | None = None,
    configuration: Mapping[str, Any] | None = None,
    calibrate: Literal["auto"] | None = None,
) -> AsyncCollection:
    """`open_collection` for the async client.

    Raises:
        StoreError: no such collection (and it may not be made), or not one of ours.
        FingerprintMismatchError: the collection holds vectors of another model.
        InvalidInputError: another space than cosine, an unknown setting, or one that the collection has not.
    """
    if not is_async(client):
        raise InvalidInputError(
            f"aopen_collection: got a {type(client).__name__}, of no async client; use open_collection: "
            "asearch, aadd_items and aset_caption take its collections too"
        )
    steps: Any = steps_of(open_collection)
    opened: AsyncCollection = await steps(
        client,
        name,
        embedder=embedder,
        create=create,
        metadata=metadata,
        configuration=configuration,
        calibrate=calibrate,
    )
    return opened
