"""What the scores of LangChain's stores mean. Imports langchain-core."""

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.vectorstores import VectorStore

Cosine = Callable[[float], float]


def _itself(score: float) -> float:
    return score


def _of_faiss(store: Any) -> Cosine | None:
    # 0: inner product, 1: squared Euclidean distance, of unit vectors
    return {0: _itself, 1: lambda distance: 1 - distance / 2}.get(store.index.metric_type)


def _of_qdrant(store: Any) -> Cosine | None:
    return _itself if str(getattr(store, "distance", "")).lower() in ("cosine", "dot") else None


_MEANINGS: Mapping[str, Callable[[Any], Cosine | None]] = {
    "FAISS": _of_faiss,
    "InMemoryVectorStore": lambda _: _itself,
    "QdrantVectorStore": _of_qdrant,
}


def cosine_of(store: VectorStore) -> Cosine | None:
    """Makes cosines of what `similarity_search_with_score_by_vector` of a store gives; None where unknown."""
    for kind in type(store).__mro__:
        if kind.__name__ in _MEANINGS:
            return _MEANINGS[kind.__name__](store)
    return None
