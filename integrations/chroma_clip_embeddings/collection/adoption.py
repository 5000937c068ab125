"""Collections of the plain classes, opened with our embedder.

Chroma's `get_or_create_collection("photos")` and LangChain's `Chroma` make collections without a model on
record, of l2 space. One that is empty is made anew. One with rows may be filled with vectors of ours, as
through LangChain's `Chroma` with our `CLIPEmbeddings`: a stored text says so, and then the record is written.
"""

import json
import logging
from collections.abc import Sequence
from typing import Any

from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.collection.identity import IDENTITY, stored_function, with_fingerprint
from chroma_clip_embeddings.collection.settings import Wanted, index_of, without_index
from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError
from clip_embeddings.ingestion.store import Stored
from clip_embeddings.on_record import look_at

_NOBODYS = (None, "default")  # names of functions that nobody chose
_OF_ITS_OWN = ("space", "num_threads")  # the second is how many the machine had
logger = logging.getLogger(__name__)


def is_plain(collection: CollectionCommon[Any]) -> bool:
    """Whether it was made without a model on record."""
    return stored_function(collection).get("name") in _NOBODYS and IDENTITY not in (collection.metadata or {})


def anew(empty: CollectionCommon[Any], wanted: Wanted) -> Wanted:
    """What a collection in place of an empty one is to have: the settings of the index stay, but the space.

    The caller has seen that it is empty, and removes it.
    """
    logger.warning(
        "collection %r was made without a model on record and is empty: it is made anew, in cosine space and "
        "with the model",
        empty.name,
    )
    kept = {name: value for name, value in index_of(empty).items() if name not in _OF_ITS_OWN}
    return Wanted({**without_index(empty.metadata), **wanted.metadata}, {**kept, **wanted.index})


def record_of(
    filled: CollectionCommon[Any], embedder: CLIPEmbedder, samples: Sequence[Stored]
) -> dict[str, Any]:
    """The metadata for a collection with rows that are found to be of an embedder.

    Args:
        samples: of its rows, of each of `places_in` it.
    Raises:
        FingerprintMismatchError: they are not of it, or no stored text tells.
    """
    findings = [look_at(rows, embedder) for rows in samples]
    problem = next((found.problem for found in findings if found.problem), "")
    if problem or not any(found.compared for found in findings):
        raise FingerprintMismatchError(
            f"collection {filled.name!r} was made without a model on record, and its rows are not seen to be "
            f"of {embedder.config.model!r}: {problem or 'no stored text can be compared with its vector'}. "
            "Open it with the model that filled it; open_migrated(client, name, embedder=..., verify=False) "
            "takes your word for it. Nothing was changed"
        )
    if not all("modality" in metadata for rows in samples for metadata in rows.metadatas):
        logger.warning(
            "collection %r has rows without a modality, which `search` does not find: where they are all "
            'texts, open_migrated(client, %r, modality="text") marks them so',
            filled.name,
            filled.name,
        )
    return taken_over(filled, embedder)


def taken_over(filled: CollectionCommon[Any], embedder: CLIPEmbedder) -> dict[str, Any]:
    """The metadata of a collection that another function made and whose vectors are of this embedder."""
    identity = json.dumps(CLIPEmbeddingFunction.of(embedder).get_config(), sort_keys=True)
    return {**with_fingerprint(filled.metadata, embedder), IDENTITY: identity}
