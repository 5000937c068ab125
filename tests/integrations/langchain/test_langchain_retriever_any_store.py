"""MultimodalRetriever over stores that cannot filter by modality, or each in its own way."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_stores import STORES, faiss, image, pictures, qdrant
from pydantic import ValidationError

from clip_embeddings import (
    InvalidInputError,
)
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MediaStore,
    MultimodalRetriever,
    add_media,
    document_uuid,
)


def test_the_retriever_refuses_a_store_with_other_embeddings() -> None:
    with pytest.raises(ValidationError, match="expected CLIPEmbeddings"):
        MultimodalRetriever(vectorstore=InMemoryVectorStore(DeterministicFakeEmbedding(size=8)))
    with pytest.raises(InvalidInputError, match="make the store first"):
        MediaStore.from_texts([], CLIPEmbeddings(model="tiny"))


@pytest.fixture(params=STORES)
def crowded(request: pytest.FixtureRequest, embeddings: CLIPEmbeddings, tmp_path: Path) -> Any:
    """Two pictures behind three hundred texts, all of which are nearer to a question."""
    store = request.param(embeddings)
    texts = [Document(f"a photo of a cat, number {i}", metadata={"n": i}) for i in range(300)]
    shown = [image(uri, n=i) for i, uri in enumerate(pictures(tmp_path, 2))]
    ids = list(range(302)) if request.param is qdrant else None
    add_media(
        store,
        [*texts, *shown],
        ids=ids if ids is None else [document_uuid(Document("", id=str(i))) for i in ids],
    )
    return store


def test_pictures_are_found_behind_any_number_of_texts(crowded: Any, embeddings: CLIPEmbeddings) -> None:
    found = MultimodalRetriever(vectorstore=crowded, k=4).invoke("a photo of a cat")
    assert [document.metadata.get("modality", "text") for document in found] == ["text", "image"] * 2
    model = embeddings.embedder
    asked = model.embed_texts(["a photo of a cat"], role="query")[0]
    rows = [*model.embed_texts([found[0].page_content]), *model.embed_images([found[1].metadata["uri"]])]
    scores = [document.metadata["relevance_score"] for document in found[:2]]
    assert scores == pytest.approx([float(asked @ row) for row in rows], abs=1e-4)


def test_a_filter_of_the_stores_own_and_a_modality_go_together(crowded: Any) -> None:
    filter: Any
    if isinstance(crowded, InMemoryVectorStore):
        filter = lambda document: document.metadata["n"] == 1  # noqa: E731
    elif hasattr(crowded, "index"):
        filter = {"n": 1}
    else:
        from qdrant_client import models

        filter = models.Filter(
            must=[models.FieldCondition(key="metadata.n", match=models.MatchValue(value=1))]
        )
    found = MultimodalRetriever(vectorstore=crowded, k=4, filter=filter).invoke("a photo of a cat")
    kinds = [(document.metadata["n"], document.metadata.get("modality", "text")) for document in found]
    assert kinds == [(1, "text"), (1, "image")]


def test_looking_for_pictures_ends_at_a_number_of_rows_and_says_so(
    embeddings: CLIPEmbeddings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = faiss(embeddings)
    store.add_texts([f"a cat, number {i}" for i in range(60)])
    monkeypatch.setattr("langchain_clip_embeddings.media_store.MOST", 50)
    assert MultimodalRetriever(vectorstore=store, modality="image").invoke("a cat") == []
    assert "of the 50 rows nearest to the question, 0 are of modality 'image'" in caplog.text
