"""Moving in: collections made with OpenCLIP through Chroma or LangChain, opened with the same weights here.

Imports chromadb, numpy and the public core.
"""

import json
from typing import Any

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.errors import NotFoundError

from chroma_clip_embeddings.collection import CHECK, absent, bound
from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from chroma_clip_embeddings.identity import (
    FINGERPRINT,
    IDENTITY,
    stored_function,
    with_fingerprint,
)
from chroma_clip_embeddings.store import store_errors
from clip_embeddings import OPEN_CLIP_TWINS, CLIPEmbedder, FingerprintMismatchError, StoreError

_LOOKED_AT, _SHORT, _SAME = 16, 200, 0.98  # stored texts, characters, cosine


def open_migrated(
    client: ClientAPI,
    name: str,
    *,
    checkpoint: str | None = None,
    embedder: CLIPEmbedder | None = None,
    verify: bool = True,
) -> chromadb.Collection:
    """Open a collection that OpenCLIP filled, and put our identity on record so that it stays ours.

    Chroma's `OpenCLIPEmbeddingFunction` names its checkpoint in the collection; LangChain's
    `OpenCLIPEmbeddings` does not, so it has to be given, or the embedder. Rows are not
    touched. Afterwards `open_collection` opens it too.

    Args:
        checkpoint: "model/checkpoint" as in `OPEN_CLIP_TWINS`; None takes the one on record.
        embedder: the same weights from elsewhere, for example a local folder; None takes the hub's.
        verify: compare a stored text with its own vector first. Turn it off where every document is the
            caption of a picture.
    Raises:
        StoreError: no such collection, or no checkpoint known for it.
        FingerprintMismatchError: the stored vectors are not those of this model.
    """
    with store_errors(f"open the collection {name!r}", CHECK):
        try:
            found = client.get_collection(name, embedding_function=None)
        except NotFoundError:
            raise absent(name, client.list_collections()) from None
        ours = stored_function(found).get("name") == CLIPEmbeddingFunction.name()
        if not ours and FINGERPRINT not in (found.metadata or {}):
            wanted = _checkpoint_of(found, checkpoint, embedder)
            embedder = embedder or CLIPEmbedder(_twin_of(wanted))
            _check_vectors(found, embedder, wanted, verify)
            identity = json.dumps(CLIPEmbeddingFunction.of(embedder).get_config(), sort_keys=True)
            found.modify(metadata={**with_fingerprint(found.metadata, embedder), IDENTITY: identity})
        return bound(found, embedder)


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
            f"no twin known for {checkpoint!r}; pass the same weights as embedder=CLIPEmbedder(folder). "
            f"Known: {', '.join(OPEN_CLIP_TWINS)}"
        )
    return OPEN_CLIP_TWINS[checkpoint]


def _check_vectors(
    collection: chromadb.Collection, embedder: CLIPEmbedder, checkpoint: str, verify: bool
) -> None:
    """Compare stored vectors with ours: their length, and one of the stored texts."""
    rows: Any = collection.get(limit=_LOOKED_AT, include=["embeddings", "documents"])
    stored = np.asarray(rows["embeddings"], np.float32)  # (n, D)
    problem = ""
    if stored.size and stored.shape[1] != embedder.dimension:
        problem = f"their length is {stored.shape[1]}, not {embedder.dimension}"
    texts = [i for i, text in enumerate(rows["documents"] or ()) if text and len(text) <= _SHORT]
    if texts and verify and not problem:
        unit = stored[texts] / np.linalg.norm(stored[texts], axis=1, keepdims=True)
        cosines = (unit * embedder.embed_texts([rows["documents"][i] for i in texts])).sum(axis=1)
        if cosines.max() < _SAME:
            problem = f"a stored text has cosine {cosines.max():.3f} with its own vector"
    if problem:
        raise FingerprintMismatchError(
            f"collection {collection.name!r} ({checkpoint}) was not filled by {embedder.config.model!r}: "
            f"{problem}. Nothing was changed"
        )
