"""LangChain's own standard tests, on the bundled model, raw and with a calibration; none overridden."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_stores import in_memory
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests

from langchain_clip_embeddings import CLIPEmbeddings, MediaStore, MultimodalChroma, MultimodalRetriever

RAW = {"model": "tiny"}
CALIBRATED = {"model": "tiny", "calibration": "reference"}


class TestEmbeddingsUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CLIPEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return RAW


class TestEmbeddings(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return CLIPEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return RAW


class TestCalibratedEmbeddingsUnit(TestEmbeddingsUnit):
    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return CALIBRATED


class TestCalibratedEmbeddings(TestEmbeddings):
    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return CALIBRATED


class TestMultimodalChroma(VectorStoreIntegrationTests):
    settings: Mapping[str, Any] = RAW

    @pytest.fixture
    def vectorstore(self) -> Iterator[MultimodalChroma]:
        with in_memory(CLIPEmbeddings(**self.settings)) as store:
            yield store


class TestCalibratedMultimodalChroma(TestMultimodalChroma):
    settings = CALIBRATED


class TestMediaStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> MediaStore:
        return MediaStore(InMemoryVectorStore(CLIPEmbeddings(model="tiny")))


class TestMultimodalRetriever(RetrieversIntegrationTests):
    settings: Mapping[str, Any] = RAW

    @pytest.fixture(autouse=True)
    def filled(self) -> Iterator[None]:
        with in_memory(CLIPEmbeddings(**self.settings)) as self.store:
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


class TestCalibratedMultimodalRetriever(TestMultimodalRetriever):
    settings = CALIBRATED
