"""A model's folder may be named by a path in every adapter, and is stored as its text.

That a Ray job takes one too is in test_ray_ingest.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api import ClientAPI
from pydantic import ValidationError

from chroma_clip_embeddings import CLIPEmbeddingFunction, open_collection
from chroma_clip_embeddings.collection.identity import stored_identity
from clip_embeddings import InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings

EXPECTED = "model: got .*; expected a hub id, a folder or a bundled name"


def test_chromas_function_stores_the_text_of_a_path(checkpoint: Path, client: ClientAPI) -> None:
    by_path, by_text = CLIPEmbeddingFunction(checkpoint), CLIPEmbeddingFunction(f" {checkpoint}")
    assert by_path.get_config() == by_text.get_config()
    assert by_path.get_config()["model_name"] == str(checkpoint)
    collection = client.create_collection("paths", embedding_function=by_path)
    assert stored_identity(collection)["model_name"] == str(checkpoint)
    collection.add(ids=["0"], documents=["a cat"])
    assert open_collection(client, "paths", embedder=by_text.embedder).count() == 1


def test_langchains_embeddings_keep_the_text_of_a_path(checkpoint: Path) -> None:
    by_path, by_text = CLIPEmbeddings(model=checkpoint), CLIPEmbeddings(model=f"{checkpoint} ")
    assert by_path.model == by_text.model == str(checkpoint)
    assert by_path.model_dump() == by_text.model_dump()
    assert by_path.model_dump_json() == by_text.model_dump_json()
    assert by_path.embedder.config == by_text.embedder.config
    assert by_path.fingerprint == by_text.fingerprint
    assert CLIPEmbeddings(**by_path.model_dump()).model == str(checkpoint)


def test_rays_class_embeds_with_a_model_at_a_path(checkpoint: Path) -> None:
    from ray_clip_embeddings import CLIPBatchEmbedder

    batch = {"text": np.array(["a cat"], object)}
    by_path, by_text = (
        CLIPBatchEmbedder(model, device="cpu", dtype="float32", text_column="text")(batch)
        for model in (checkpoint, str(checkpoint))
    )
    assert by_path.equals(by_text)


@pytest.mark.parametrize("given", [b"tiny", 7, None, "  "])
def test_what_is_no_text_and_no_path_is_refused_by_every_adapter(given: Any) -> None:
    from ray_clip_embeddings import CLIPBatchEmbedder

    with pytest.raises(InvalidInputError, match=EXPECTED):
        CLIPEmbeddingFunction(given)
    with pytest.raises(InvalidInputError, match=EXPECTED):
        CLIPBatchEmbedder(given, text_column="text")
    with pytest.raises(ValidationError, match=EXPECTED):
        CLIPEmbeddings(model=given)
