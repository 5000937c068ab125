"""LangChain's own standard tests, on the bundled model; none overridden."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_stores import in_memory
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests

from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma, MultimodalRetriever


class TestEmbeddingsUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CLIPEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "tiny"}


class TestEmbeddings(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CLIPEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "tiny"}


class TestMultimodalChroma(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> Iterator[MultimodalChroma]:
        with in_memory(CLIPEmbeddings(model="tiny")) as store:
            yield store


class TestMultimodalRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def filled(self) -> Iterator[None]:
        with in_memory(CLIPEmbeddings(model="tiny")) as self.store:
            words = ("a cat", "a dog", "a tree", "a red house", "the sea")
            self.store.add_documents([Document(f"a photo of {word}") for word in words])
            yield

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return MultimodalRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"vectorstore": self.store}

    @property
    def retriever_query_example(self) -> str:
        return "a cat"
