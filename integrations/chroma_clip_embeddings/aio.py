"""The same helpers for `chromadb.AsyncHttpClient`: models run in a thread, so no event loop is blocked.

Chroma's async client calls an embedding function on the loop itself; these hand it ready vectors. With a
collection of an ordinary client they run whole in a thread. Imports chromadb and the public core.
"""

from asyncio import to_thread
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import chromadb
from chromadb.api import AsyncClientAPI
from chromadb.api.models.AsyncCollection import AsyncCollection
from chromadb.errors import NotFoundError

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import is_async
from chroma_clip_embeddings.client.patience import bounded
from chroma_clip_embeddings.collection.adoption import anew, is_plain, record_of
from chroma_clip_embeddings.collection.identity import (
    FINGERPRINT,
    check_identity,
    check_unrecorded,
    embedder_of,
    fingerprints,
    unrecorded,
)
from chroma_clip_embeddings.collection.opening import CHECK, absent, bound, made_with
from chroma_clip_embeddings.collection.probing import SAMPLE, places_in
from chroma_clip_embeddings.collection.settings import Wanted
from chroma_clip_embeddings.collection.swap import interrupted_copy
from chroma_clip_embeddings.retrieval.search import FIX, arguments_of, query_of, rows_of, search
from chroma_clip_embeddings.rows import add_items, batches, caption_arguments, check_caption, set_caption
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.rows.columns import Columns
from clip_embeddings.ingestion.rows.growth import check_growth
from clip_embeddings.ingestion.rows.prepared import AddReport, OnError, prepare
from clip_embeddings.search import AnyModality, Calibration, Method, SearchResult
from clip_embeddings.types import ImageInput

P = ParamSpec("P")
T = TypeVar("T")
_Ours = Callable[Concatenate[AsyncCollection, P], Coroutine[Any, Any, T]]
_Either = Callable[Concatenate[AsyncCollection | chromadb.Collection, P], Coroutine[Any, Any, T]]


def _or_in_a_thread(
    ordinary: Callable[Concatenate[chromadb.Collection, P], T],
) -> Callable[[_Ours[P, T]], _Either[P, T]]:
    """Let a helper take collections of ordinary clients too: `ordinary` works on these, in a thread."""

    def decorated(helper: _Ours[P, T]) -> _Either[P, T]:
        @wraps(helper)
        async def either(
            collection: AsyncCollection | chromadb.Collection, *given: P.args, **named: P.kwargs
        ) -> T:
            if not is_async(collection):
                return await to_thread(ordinary, cast(chromadb.Collection, collection), *given, **named)
            ours = cast(AsyncCollection, collection)
            bounded(ours._client)
            return await helper(ours, *given, **named)

        return cast(_Either[P, T], either)

    return decorated


async def aopen_collection(
    client: AsyncClientAPI,
    name: str,
    *,
    embedder: CLIPEmbedder | None = None,
    create: bool = True,
    metadata: dict[str, Any] | None = None,
    configuration: Mapping[str, Any] | None = None,
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
    wanted = Wanted.of(metadata, configuration)
    bounded(client)
    with store_errors(f"open the collection {name!r}", CHECK):
        try:
            found = await client.get_collection(name, embedding_function=None)
        except NotFoundError:
            there = await client.list_collections()
            if not (copy := interrupted_copy(name, there)):
                if not create or embedder is None:
                    raise absent(name, there) from None
                return await client.create_collection(name, **await to_thread(made_with, embedder, wanted))
            await copy.modify(name=name)
            found = await client.get_collection(name, embedding_function=None)
        if embedder is not None and is_plain(found):
            if count := await found.count():
                wanted.compare(found)
                samples = [await found.get(**place) for place in places_in(count)]
                await found.modify(metadata=await to_thread(record_of, found, embedder, samples))
            elif create:
                settings = await to_thread(made_with, embedder, anew(found, wanted))
                await client.delete_collection(name)
                return await client.create_collection(name, **settings)
        wanted.compare(found)
        opened = await to_thread(bound, found, embedder)
        if not fingerprints(opened):
            rows = await opened.get(**SAMPLE)
            await to_thread(check_unrecorded, opened, embedder_of(opened), rows)
        if joined := wanted.joined(opened.metadata):
            await opened.modify(metadata=joined)
        return opened


@_or_in_a_thread(add_items)
async def aadd_items(
    collection: AsyncCollection,
    *,
    ids: Sequence[str],
    texts: Sequence[str | None] | None = None,
    images: Sequence[ImageInput | None] | None = None,
    uris: Sequence[str | None] | None = None,
    captions: Sequence[str | None] | None = None,
    metadatas: Sequence[dict[str, Any] | None] | None = None,
    on_error: OnError = "raise",
) -> AddReport:
    """`add_items` for the async client; reading and embedding happen in a thread."""
    embedder = embedder_of(collection)
    await to_thread(check_identity, collection, embedder)
    columns = Columns(ids, texts, images, uris, captions, metadatas)
    ready = await to_thread(prepare, embedder, columns, on_error)
    await record_identity(collection, embedder)
    with store_errors("reach the store", ready.fix(0)):
        size = await collection._client.get_max_batch_size()
    replaced = 0
    for stored, batch in batches(ready, size):
        with store_errors("store rows", ready.fix(stored)):
            there = await collection.get(ids=batch["ids"], include=["metadatas"])
            check_growth(there, batch, ready.so_far(stored))
            replaced += len(there["ids"])
            await collection.upsert(**batch)
    return ready.report(replaced)


@_or_in_a_thread(set_caption)
async def aset_caption(collection: AsyncCollection, id: str, caption: str) -> None:
    """`set_caption` for the async client."""
    check_caption(id, caption)
    with store_errors("set a caption", "Nothing was changed"):
        found = await collection.get(ids=[id], include=["embeddings", "metadatas"])
        await collection.update(**caption_arguments(found, id, caption))


@_or_in_a_thread(search)
async def asearch(
    collection: AsyncCollection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: AnyModality = "any",
    calibration: Calibration | None = None,
    method: Method = "filtered",
) -> SearchResult:
    """`search` for the async client; the query is embedded in a thread."""
    query = await to_thread(query_of, collection, text, image, k, modality, calibration, method)
    requests = [arguments_of(request) for request in await to_thread(query.requests)]
    with store_errors("search", FIX):
        answers = [await collection.query(**arguments) for arguments in requests]
    return query.result(rows_of(answer, collection) for answer in answers)


async def record_identity(collection: AsyncCollection, embedder: CLIPEmbedder) -> None:
    """`identity.record_identity` for the async client."""
    if FINGERPRINT in (collection.metadata or {}):
        return
    with store_errors("record the model's fingerprint", "Nothing was stored"):
        if not fingerprints(collection):
            await to_thread(check_unrecorded, collection, embedder, await collection.get(**SAMPLE))
        model = await collection._client.get_collection(
            collection.name, tenant=collection.tenant, database=collection.database
        )
        if changed := await to_thread(unrecorded, collection, model.metadata, embedder):
            await collection.modify(metadata=changed)
