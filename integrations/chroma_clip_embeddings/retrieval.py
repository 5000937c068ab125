"""Search across modalities: pictures and texts, each ranked on its own.

The modality gap puts every text nearer to a text query than any picture, so one list would hold no
pictures; two filtered queries are right, at the price of the filter. Imports chromadb and the public core.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

import chromadb
from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.identity import check_identity, embedder_of
from chroma_clip_embeddings.store import store_errors
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.types import ImageInput

Modality = Literal["any", "image", "text"]

# Chroma gives distances; for unit vectors each is a function of the cosine.
_COSINE_OF: dict[str, Callable[[float], float]] = {
    "cosine": lambda distance: 1 - distance,
    "ip": lambda distance: 1 - distance,
    "l2": lambda distance: 1 - distance / 2,
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One row found.

    Attributes:
        id, uri, metadata: as stored.
        score: cosine of the query with the row, -1 to 1. Comparable within a modality only.
        modality: "image" or "text".
        document: the passage, or the picture's caption or file name.
    """

    id: str
    score: float
    modality: str
    uri: str
    document: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found, best first, by modality; the scores of one side do not compare with the other's."""

    images: tuple[Hit, ...]
    texts: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; checked when it is made. `search` and `asearch` share it."""

    text: str | None
    image: ImageInput | None
    k: int
    modality: Modality

    def __post_init__(self) -> None:
        if (self.text is None) == (self.image is None):
            raise InvalidInputError("search: give exactly one of text=... and image=...")
        if self.k < 1:
            raise InvalidInputError(f"k: got {self.k}; expected at least 1")
        if self.modality not in ("any", "image", "text"):
            raise InvalidInputError(f"modality: got {self.modality!r}; expected any, image or text")

    @property
    def modalities(self) -> tuple[str, ...]:
        return ("image", "text") if self.modality == "any" else (self.modality,)

    def embedded(self, embedder: CLIPEmbedder) -> Any:
        """The query's vector: (D,)."""
        if self.text is not None:
            return embedder.embed_texts([self.text], role="query")[0]
        return embedder.embed_images([cast(ImageInput, self.image)], role="query")[0]

    def arguments(self, vector: Any, modality: str) -> dict[str, Any]:
        """The arguments of Chroma's `query` for one modality."""
        return {
            "query_embeddings": [vector],
            "n_results": self.k,
            "where": {"modality": modality},
            "include": ["documents", "metadatas", "distances"],
        }

    def hits(self, collection: CollectionCommon[Any], answer: Any, modality: str) -> tuple[Hit, ...]:
        """What Chroma answered, with cosines in place of distances."""
        space = (collection.configuration_json.get("hnsw") or {}).get("space", "cosine")
        columns = (answer["ids"], answer["distances"], answer["documents"], answer["metadatas"])
        rows = zip(*(column[0] if column else [] for column in columns), strict=True)
        return tuple(
            Hit(
                id,
                _COSINE_OF[space](distance),
                modality,
                str(meta.get("uri", "")),
                document or "",
                dict(meta),
            )
            for id, distance, document, meta in rows
        )


def search(
    collection: chromadb.Collection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: Modality = "any",
) -> SearchResult:
    """Find the k pictures and the k passages nearest to a text or a picture.

    Args:
        collection: filled by `ingest` or `add_items`, which write what rows are found by.
        text, image: the query; exactly one of them.
        k: how many of each modality.
        modality: which to look for.
    Raises:
        InvalidInputError: no query or two, k below 1, unknown modality.
        ImageDecodeError: the picture cannot be read.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store does not answer.
    """
    query = Query(text, image, k, modality)
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    vector = query.embedded(embedder)
    found = {}
    for each in query.modalities:
        with store_errors("search", "Check that the store is there and the collection exists"):
            answer = collection.query(**query.arguments(vector, each))
        found[each] = query.hits(collection, answer, each)
    return SearchResult(found.get("image", ()), found.get("text", ()))
