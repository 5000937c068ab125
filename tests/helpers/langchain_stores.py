"""Helpers of the LangChain adapter's tests: stores in memory of several kinds, and drawn pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

NOTE = "The cat has an appointment with the vet."


@contextmanager
def in_memory(embeddings: CLIPEmbeddings) -> Iterator[MultimodalChroma]:
    """An empty store; stores in memory share their client, so it is emptied at the end."""
    store = MultimodalChroma(f"c-{uuid4()}", embeddings)
    try:
        yield store
    finally:
        store.delete_collection()


def pictures(folder: Path, count: int, start: int = 40, size: int = 96) -> list[str]:
    """Draw scenes into a folder; their paths."""
    paths = [folder / f"scene-{start + i}.png" for i in range(count)]
    for path, scene in zip(paths, scenes(start, count), strict=True):
        render(scene, size).save(path)
    return [str(path) for path in paths]


def image(uri: str, caption: str = "", **metadata: Any) -> Document:
    """A picture as a Document."""
    return Document(caption, metadata={"modality": "image", "uri": uri, **metadata})


def faiss(embeddings: Embeddings) -> Any:
    import faiss
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.vectorstores import FAISS

    return FAISS(embeddings, faiss.IndexFlatL2(128), InMemoryDocstore(), {})


def qdrant(embeddings: Embeddings) -> Any:
    from langchain_qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    client.create_collection("c", models.VectorParams(size=128, distance=models.Distance.COSINE))
    return QdrantVectorStore(client, "c", embeddings)


def vector_of(store: Any, id: str) -> np.ndarray:
    """As it is stored."""
    if isinstance(store, InMemoryVectorStore):
        return np.array(store.store[id]["vector"])
    if hasattr(store, "index"):
        places = {name: place for place, name in store.index_to_docstore_id.items()}
        row: np.ndarray = store.index.reconstruct(places[id])
        return row
    (point,) = store.client.retrieve("c", [id], with_vectors=True)
    return np.array(point.vector)


STORES = [InMemoryVectorStore, faiss, qdrant]
