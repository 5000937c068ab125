"""Helpers of the LangChain adapter's tests: stores in memory with names of their own, and drawn pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from langchain_core.documents import Document

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


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
