"""The same helpers for `chromadb.AsyncHttpClient`: models run in a thread, so no event loop is blocked.

Chroma's async client calls an embedding function on the loop itself; these hand it ready vectors. With a
collection of an ordinary client they run whole in a thread.
"""

from asyncio import to_thread
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import chromadb
from chromadb.api import AsyncClientAPI, ClientAPI
from chromadb.api.models.AsyncCollection import AsyncCollection

from chroma_clip_embeddings.client.kinds import is_async, steps_of
from chroma_clip_embeddings.client.private import bounded
from chroma_clip_embeddings.collection.opening import open_collection
from chroma_clip_embeddings.retrieval.search import search
from chroma_clip_embeddings.rows import add_items, set_caption
from clip_embeddings import InvalidInputError
from clip_embeddings.stores.steps import as_coroutine

P = ParamSpec("P")
T = TypeVar("T")
_Either = AsyncCollection | chromadb.Collection


def awaited(
    helper: Callable[Concatenate[chromadb.Collection, P], T],
) -> Callable[Concatenate[_Either, P], Coroutine[Any, Any, T]]:
    """A helper as a coroutine, for collections of both kinds of client."""

    async def either(collection: _Either, *given: P.args, **named: P.kwargs) -> T:
        ordinary = cast(chromadb.Collection, collection)
        if not is_async(collection):
            return await to_thread(helper, ordinary, *given, **named)
        bounded(collection)
        return await steps_of(helper)(ordinary, *given, **named)

    said = "for an event loop, which goes on meanwhile; of either kind of client"
    return cast(Any, as_coroutine(helper, either, _Either, said))  # type: ignore[no-any-return]


def _opening(
    helper: Callable[Concatenate[ClientAPI, P], chromadb.Collection],
) -> Callable[Concatenate[AsyncClientAPI, P], Coroutine[Any, Any, AsyncCollection]]:
    async def opened(client: AsyncClientAPI, *given: P.args, **named: P.kwargs) -> AsyncCollection:
        if not is_async(client):
            raise InvalidInputError(
                f"aopen_collection: got a {type(client).__name__}, of no async client; use open_collection: "
                "asearch, aadd_items and aset_caption take its collections too"
            )
        return cast(AsyncCollection, await steps_of(helper)(cast(ClientAPI, client), *given, **named))

    return cast(Any, as_coroutine(helper, opened, AsyncClientAPI, "for the async client"))  # type: ignore[no-any-return]


asearch = awaited(search)
aadd_items = awaited(add_items)
aset_caption = awaited(set_caption)
aopen_collection = _opening(open_collection)
