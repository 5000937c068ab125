"""SearchableChroma: every search of the LangChain Chroma store, by text, by picture and by vector.

*Score* is Chroma's distance, smaller is nearer, as in the host; *relevance score* is the cosine, cut off at
0 and 1. In a raw store scores compare within a modality only; under a calibration, across modalities too.
Imports langchain-chroma, the Chroma adapter and the public core.
"""

# mypy: disable-error-code="override"
# The host's methods take any keyword and lose a misspelt one on the way; these name theirs.

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import numpy as np
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from chroma_clip_embeddings.client.connection import store_errors
from chroma_clip_embeddings.retrieval.nearest import nearest_rows
from chroma_clip_embeddings.retrieval.search import COSINE_OF
from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_count
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.types import ImageInput
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.rows import Modality, to_document, where

_K = 4  # the host's default
Filter = dict[str, Any] | None
Scored = list[tuple[Document, float]]


class SearchableChroma(Chroma):
    """The searches. All take `k`, `filter` (Chroma's where), `where_document` and `modality`."""

    _embedding_function: CLIPEmbeddings
    takes_pictures = takes_modality = True

    def similarity_search(
        self, query: str, k: int = _K, filter: Filter = None, **options: Any
    ) -> list[Document]:
        """The k rows nearest to a text."""
        return _documents(self.similarity_search_with_score(query, k, filter, **options))

    def similarity_search_with_score(
        self, query: str, k: int = _K, filter: Filter = None, **options: Any
    ) -> Scored:
        """The k rows nearest to a text, with their distances."""
        return self._nearest(self._embedding_function.embed_query(query), k, filter, **options)

    def similarity_search_with_vectors(
        self, query: str, k: int = _K, filter: Filter = None, **options: Any
    ) -> list[tuple[Document, np.ndarray]]:
        """The k rows nearest to a text, with their vectors."""
        rows = self._rows(self._embedding_function.embed_query(query), k, filter, **options)
        return [(document, vector) for document, _, vector in rows]

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = _K, filter: Filter = None, **options: Any
    ) -> list[Document]:
        """The k rows nearest to a vector."""
        return _documents(self._nearest(embedding, k, filter, **options))

    def similarity_search_by_vector_with_relevance_scores(
        self, embedding: list[float], k: int = _K, filter: Filter = None, **options: Any
    ) -> Scored:
        """The k rows nearest to a vector, with relevance scores. The host gives distances under this name."""
        relevance = self._select_relevance_score_fn()
        return [(row, relevance(score)) for row, score in self._nearest(embedding, k, filter, **options)]

    def similarity_search_with_cosine_by_vector(
        self, embedding: list[float], k: int = _K, filter: Filter = None, **options: Any
    ) -> list[tuple[Document, float | None]]:
        """The k rows nearest to a vector, with the cosine of each."""
        cosine = self._cosine()
        return [(row, cosine(score)) for row, score in self._nearest(embedding, k, filter, **options)]

    def similarity_search_by_image(
        self, uri: ImageInput, k: int = _K, filter: Filter = None, **options: Any
    ) -> list[Document]:
        """The k rows nearest to a picture.

        Raises:
            ImageDecodeError: the picture cannot be read.
        """
        return _documents(self._nearest(self._picture(uri), k, filter, **options))

    def similarity_search_by_image_with_relevance_score(
        self, uri: ImageInput, k: int = _K, filter: Filter = None, **options: Any
    ) -> Scored:
        """The k rows nearest to a picture, with relevance scores."""
        return self.similarity_search_by_vector_with_relevance_scores(
            self._picture(uri), k, filter, **options
        )

    similarity_search_by_image_with_relevance_scores = similarity_search_by_image_with_relevance_score

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = _K,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,
        **options: Any,
    ) -> list[Document]:
        """Of the `fetch_k` rows nearest to a vector, k that are near and unlike each other, best first."""
        check_count("k", k)
        check_count("fetch_k", fetch_k, least=0)
        if (
            isinstance(lambda_mult, bool)
            or not isinstance(lambda_mult, int | float)
            or not 0 <= lambda_mult <= 1
        ):
            raise InvalidInputError(
                f"lambda_mult: got {shown(lambda_mult)}; expected a number from 0 (unlike) to 1 (near)"
            )
        rows = self._rows(embedding, max(k, fetch_k), filter, **options)
        order = maximal_marginal_relevance(
            np.asarray(embedding, np.float32), [vector for _, _, vector in rows], lambda_mult, k
        )
        return [rows[i][0] for i in order]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = _K,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,
        **options: Any,
    ) -> list[Document]:
        """Of the `fetch_k` rows nearest to a text, k that are near and unlike each other, best first."""
        vector = self._embedding_function.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(
            vector, k, fetch_k, lambda_mult, filter, **options
        )

    def max_marginal_relevance_search_by_image(
        self,
        uri: ImageInput,
        k: int = _K,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,
        **options: Any,
    ) -> list[Document]:
        """Of the `fetch_k` rows nearest to a picture, k that are near and unlike each other, best first."""
        vector = self._picture(uri)
        return self.max_marginal_relevance_search_by_vector(
            vector, k, fetch_k, lambda_mult, filter, **options
        )

    # The host's own base makes the other async ones of those above, in threads.
    async def asimilarity_search_by_image(
        self, uri: ImageInput, k: int = _K, filter: Filter = None, **options: Any
    ) -> list[Document]:
        """`similarity_search_by_image`, with the event loop free meanwhile."""
        return await asyncio.to_thread(self.similarity_search_by_image, uri, k, filter, **options)

    async def asimilarity_search_by_image_with_relevance_score(
        self, uri: ImageInput, k: int = _K, filter: Filter = None, **options: Any
    ) -> Scored:
        """`similarity_search_by_image_with_relevance_score`, with the event loop free meanwhile."""
        search = self.similarity_search_by_image_with_relevance_score
        return await asyncio.to_thread(search, uri, k, filter, **options)

    asimilarity_search_by_image_with_relevance_scores = asimilarity_search_by_image_with_relevance_score

    async def amax_marginal_relevance_search_by_image(
        self, uri: ImageInput, k: int = _K, **options: Any
    ) -> list[Document]:
        """`max_marginal_relevance_search_by_image`, with the event loop free meanwhile."""
        return await asyncio.to_thread(self.max_marginal_relevance_search_by_image, uri, k, **options)

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """The cosine, from the distance in the collection's space; the host warns of any outside 0 to 1."""
        if self.override_relevance_score_fn:
            return self.override_relevance_score_fn
        cosine = self._cosine()
        return lambda distance: min(1.0, max(0.0, cosine(distance)))

    def _cosine(self) -> Callable[[float], float]:
        return COSINE_OF[(self._collection.configuration_json.get("hnsw") or {}).get("space", "cosine")]

    def _picture(self, uri: ImageInput) -> list[float]:
        vector: list[float] = self._embedding_function.embedder.embed_images([uri], role="query")[0].tolist()
        return vector

    def _nearest(self, vector: list[float], k: int, filter: Filter, **options: Any) -> Scored:
        return [(row, score) for row, score, _ in self._rows(vector, k, filter, vectors=False, **options)]

    def _rows(
        self,
        vector: list[float],
        k: int,
        filter: Filter,
        *,
        where_document: Filter = None,
        modality: Modality = "any",
        vectors: bool = True,
    ) -> list[tuple[Document, float, Any]]:
        """The k nearest rows: each as a Document, its distance, and its vector or None."""
        check_count("k", k)
        for name, given in (("filter", filter), ("where_document", where_document)):
            if given is not None and not isinstance(given, dict):
                raise InvalidInputError(
                    f"{name}: got {type(given).__name__}; expected a dictionary, as of Chroma's where"
                )
        condition = where(modality, filter)
        # What else Chroma is asked to hold is Chroma's to read.
        alone = condition and not filter and not where_document
        with store_errors("search", "Check that the store is there, and the filter"):
            rows = nearest_rows(
                self._collection,
                vector,
                k,
                where=condition,
                holds=partial(_is_of, modality) if alone else None,
                where_document=where_document,
                vectors=vectors,
            )
        return [
            (to_document(row.id, cast(str, row.document), row.metadata), row.distance, row.vector)
            for row in rows
        ]


def _is_of(modality: Modality, metadata: Mapping[str, Any]) -> bool:
    """The same as `where` of that modality."""
    return (metadata.get("modality") == "image") is (modality == "image")


def _documents(rows: Scored) -> list[Document]:
    return [document for document, _ in rows]
