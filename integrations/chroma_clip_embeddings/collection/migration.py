"""Moving in: collections made with OpenCLIP through Chroma or LangChain, opened with the same weights."""

from typing import Any, get_args

import chromadb
from chromadb.api import ClientAPI
from chromadb.errors import NotFoundError

from chroma_clip_embeddings.calls import SAMPLE, stored_of
from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.client.lock import writing
from chroma_clip_embeddings.collection.adoption import taken_over
from chroma_clip_embeddings.collection.identity import (
    IDENTITY,
    check_unrecorded,
    embedder_of,
    fingerprints,
    stored_function,
    with_fingerprint,
)
from chroma_clip_embeddings.collection.opening import CHECK, absent, bound
from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from clip_embeddings import (
    OPEN_CLIP_TWINS,
    CLIPEmbedder,
    FingerprintMismatchError,
    InvalidInputError,
    StoreError,
)
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.on_record import look_at
from clip_embeddings.types import Modality

_SHORT = 200  # characters of a text that is compared: others may have cut theirs elsewhere
_MARKED = 500  # rows in one request


def open_migrated(
    client: ClientAPI,
    name: str,
    *,
    checkpoint: str | None = None,
    embedder: CLIPEmbedder | None = None,
    verify: bool = True,
    modality: Modality | None = None,
) -> chromadb.Collection:
    """Open a collection that another class filled, and put our identity on record so that it stays ours.

    Chroma's `OpenCLIPEmbeddingFunction` names its checkpoint in the collection; LangChain's
    `OpenCLIPEmbeddings` does not, so it has to be given, or the embedder. So has the embedder of one that
    LangChain's `Chroma` filled through our `CLIPEmbeddings`. Rows are not touched, but for their modality if
    that is asked for. Afterwards `open_collection` opens it too.

    Args:
        checkpoint: "model/checkpoint" as in `OPEN_CLIP_TWINS`; None takes the one on record.
        embedder: the same weights from elsewhere, for example a local folder; None takes the hub's.
        verify: compare a stored text with its own vector first. Turn it off where every document is the
            caption of a picture.
        modality: what rows without a modality are marked as, "text" or "image"; None leaves them. `search`
            does not find them, nor does `recalibrate` move them, until they are marked.
    Raises:
        StoreError: no such collection, or no checkpoint known for it.
        FingerprintMismatchError: the stored vectors are not those of this model.
        InvalidInputError: another modality.
    """
    refuse_async(client, "open_migrated")
    if modality is not None and modality not in get_args(Modality):
        raise InvalidInputError(f"modality: got {shown(modality)}; expected one of {get_args(Modality)}")
    with store_errors(f"open the collection {name!r}", CHECK):
        try:
            found = client.get_collection(name, embedding_function=None)
        except NotFoundError:
            raise absent(name, client.list_collections()) from None
        ours = stored_function(found).get("name") == CLIPEmbeddingFunction.name()
        if not ours and IDENTITY not in (found.metadata or {}):
            wanted = _checkpoint_of(found, checkpoint, embedder)
            embedder = embedder or CLIPEmbedder(_twin_of(wanted))
            _check_vectors(found, embedder, wanted, verify)
            found.modify(metadata=taken_over(found, embedder))
        opened = bound(found, embedder)
        if not fingerprints(opened):
            embedder = embedder_of(opened)
            if verify:
                check_unrecorded(opened, embedder)
            opened.modify(metadata=with_fingerprint(opened.metadata, embedder))
        if modality is not None:
            _mark(opened, modality)
        return opened


def _mark(collection: chromadb.Collection, modality: Modality) -> None:
    """Give rows without a modality this one; run again, it goes on where it was killed."""
    other: Any = {"modality": {"$nin": list(get_args(Modality))}}  # holds for rows without the field too
    with writing(collection):
        found = collection.get(where=other, include=["metadatas"])
        pairs = zip(found["ids"], found["metadatas"] or (), strict=True)
        ids = [id for id, metadata in pairs if "modality" not in (metadata or {})]
        for start in range(0, len(ids), _MARKED):
            part = ids[start : start + _MARKED]
            collection.update(ids=part, metadatas=[{"modality": modality}] * len(part))


def _checkpoint_of(collection: chromadb.Collection, given: str | None, embedder: CLIPEmbedder | None) -> str:
    stored = stored_function(collection)
    config: dict[str, Any] = stored.get("config") or {}
    known = stored.get("name") == "open_clip"
    on_record = f"{config.get('model_name')}/{config.get('checkpoint')}" if known else None
    if given and on_record and given != on_record:
        raise FingerprintMismatchError(
            f"collection {collection.name!r} holds vectors of {on_record}; got {given}"
        )
    if wanted := given or on_record or (embedder and embedder.config.model):
        return wanted
    raise StoreError(
        f"collection {collection.name!r} does not say which model filled it "
        f'(function on record: {stored.get("name") or "none"}); pass checkpoint="ViT-B-32/laion2b_s34b_b79k"'
    )


def _twin_of(checkpoint: str) -> str:
    if checkpoint not in OPEN_CLIP_TWINS:
        raise StoreError(
            f"no twin known for {checkpoint!r}; pass the same weights as embedder=CLIPEmbedder(folder), or "
            f"as CLIPEmbedder('open_clip:{checkpoint}') with the extra clip-embeddings[open-clip]. "
            f"Known: {', '.join(OPEN_CLIP_TWINS)}"
        )
    return OPEN_CLIP_TWINS[checkpoint]


def _check_vectors(
    collection: chromadb.Collection, embedder: CLIPEmbedder, checkpoint: str, verify: bool
) -> None:
    """Compare stored vectors with ours: their length, and one of the stored texts."""
    rows = stored_of(collection.get(**SAMPLE))
    problem, _ = look_at(rows, embedder, longest=_SHORT if verify else 0)
    if problem:
        raise FingerprintMismatchError(
            f"collection {collection.name!r} ({checkpoint}) was not filled by {embedder.config.model!r}: "
            f"{problem}. Nothing was changed"
        )
