"""Moving in, without open_clip: what is on record, what must be told, and what is refused."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.api.types import EmbeddingFunction
from chromadb.utils.embedding_functions import known_embedding_functions
from pictures import photo

from chroma_clip_embeddings import (
    OPEN_CLIP_TWINS,
    CLIPEmbeddingFunction,
    embedder_of,
    open_collection,
    open_migrated,
)
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, StoreError

NAME = "ViT-B-32/laion2b_s34b_b79k"
TEXTS = ["a photo of a cat", "노을지는 바다"]


class Theirs(EmbeddingFunction[Any]):
    """Has the name and config of Chroma's OpenCLIPEmbeddingFunction, and vectors of an embedder of ours."""

    def __init__(self, embedder: CLIPEmbedder) -> None:
        self.inner = CLIPEmbeddingFunction.of(embedder)

    def __call__(self, input: Any) -> Any:
        return self.inner(input)

    @staticmethod
    def name() -> str:
        return "open_clip"

    def get_config(self) -> dict[str, Any]:
        model, checkpoint = NAME.split("/")
        return {"model_name": model, "checkpoint": checkpoint, "device": "cpu"}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> Any:
        raise AssertionError("a whole OpenCLIP model would be built here, at every write")


@pytest.fixture
def theirs(
    client: ClientAPI, embedder: CLIPEmbedder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> chromadb.Collection:
    """A collection as Chroma's own class leaves it; the random checkpoint stands for the hub's twin."""
    monkeypatch.setitem(OPEN_CLIP_TWINS, NAME, str(checkpoint))
    monkeypatch.setitem(known_embedding_functions, "open_clip", Theirs)  # creating registers it anyway
    with monkeypatch.context() as while_creating:
        while_creating.setattr(Theirs, "build_from_config", staticmethod(lambda config: Theirs(embedder)))
        collection = client.create_collection(
            "theirs", embedding_function=Theirs(embedder), metadata={"a": 1}
        )
        collection.add(ids=["t0", "t1"], documents=TEXTS)
    return client.get_collection("theirs", embedding_function=None)


def test_the_checkpoint_on_record_finds_its_twin(
    client: ClientAPI, theirs: chromadb.Collection, embedder: CLIPEmbedder
) -> None:
    opened = open_migrated(client, "theirs")
    assert embedder_of(opened).fingerprint == embedder.fingerprint
    assert opened.query(query_texts=TEXTS[1:], n_results=1)["ids"] == [["t1"]]
    opened.add(ids=["t2"], documents=["another"])
    metadata = client.get_collection("theirs", embedding_function=None).metadata
    assert (metadata["a"], metadata["clip_fingerprint"]) == (1, embedder.fingerprint)
    for again in (open_collection(client, "theirs"), open_migrated(client, "theirs")):
        assert embedder_of(again).fingerprint == embedder.fingerprint


def test_another_checkpoint_than_the_one_on_record_is_refused(
    client: ClientAPI, theirs: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    with pytest.raises(FingerprintMismatchError, match=f"{NAME}; got ViT-B-32/openai"):
        open_migrated(client, "theirs", checkpoint="ViT-B-32/openai")
    with pytest.raises(FingerprintMismatchError, match="their length is 24, not 128"):
        open_migrated(client, "theirs", embedder=tiny)
    assert theirs.metadata == client.get_collection("theirs", embedding_function=None).metadata == {"a": 1}


def test_a_checkpoint_without_a_twin_names_those_that_have_one(
    client: ClientAPI, theirs: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(OPEN_CLIP_TWINS, NAME)
    with pytest.raises(StoreError, match=f"no twin known for '{NAME}'.*ViT-L-14/openai"):
        open_migrated(client, "theirs")


@pytest.fixture
def nameless(client: ClientAPI, embedder: CLIPEmbedder) -> chromadb.Collection:
    """As LangChain leaves it: distance l2, no function on record, no modality."""
    collection = client.create_collection("nameless", embedding_function=None)
    collection.add(ids=["t0", "t1"], documents=TEXTS, embeddings=embedder.embed_texts(TEXTS))
    return collection


def test_a_collection_of_langchain_is_told_its_checkpoint(
    client: ClientAPI, nameless: chromadb.Collection, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPEN_CLIP_TWINS, NAME, str(checkpoint))
    with pytest.raises(StoreError, match="does not say which model filled it"):
        open_migrated(client, "nameless")
    opened = open_migrated(client, "nameless", checkpoint=NAME)
    found: Any = opened.query(query_texts=TEXTS[1:], n_results=1)
    assert found["ids"] == [["t1"]]
    opened.add(ids=["p"], images=[np.asarray(photo(40, 40))])
    assert open_collection(client, "nameless").count() == 3


def test_vectors_of_another_model_of_the_same_length_are_found_out(
    client: ClientAPI, nameless: chromadb.Collection, byte_level_checkpoint: Path
) -> None:
    other = CLIPEmbedder(str(byte_level_checkpoint), device="cpu", dtype="float32")
    with pytest.raises(FingerprintMismatchError, match="a stored text has cosine"):
        open_migrated(client, "nameless", checkpoint=NAME, embedder=other)
    assert not client.get_collection("nameless", embedding_function=None).metadata
    assert open_migrated(client, "nameless", checkpoint=NAME, embedder=other, verify=False).count() == 2


def test_an_absent_collection_is_named(client: ClientAPI) -> None:
    with pytest.raises(StoreError, match="no collection 'absent' in this store; it has: none"):
        open_migrated(client, "absent")
    assert client.list_collections() == []


def test_a_collection_of_ours_opens_as_ever(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    open_collection(client, "ours", embedder=tiny)
    assert embedder_of(open_migrated(client, "ours")).fingerprint == tiny.fingerprint
