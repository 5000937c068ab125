"""`collection.modify(metadata=...)` erases the fingerprint; other weights of the name are refused still."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import chromadb
import pytest
from chromadb.api import ClientAPI
from pictures import photo
from reference import clip_tokenizer, write_checkpoint

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    aadd_items,
    add_items,
    aopen_collection,
    connect,
    ingest,
    open_collection,
    open_migrated,
    search,
)
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError

KEY = "clip_fingerprint"


@pytest.fixture
def model(checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / "model"))


def embedder(model: Path) -> CLIPEmbedder:
    return CLIPEmbedder(model, device="cpu", dtype="float32")


def train(model: Path) -> None:
    """Other weights in the same place."""
    shutil.rmtree(model)
    write_checkpoint(model, clip_tokenizer(), seed=7)


def calls(client: ClientAPI, model: Path, folder: Path) -> list[Callable[[], object]]:
    """Every door to a collection."""
    ours = embedder(model)
    plain = client.get_collection("photos", embedding_function=CLIPEmbeddingFunction.of(ours))
    return [
        lambda: open_collection(client, "photos", embedder=ours),
        lambda: open_collection(client, "photos"),
        lambda: add_items(plain, ids=["b"], texts=["a dog"]),
        lambda: ingest([folder / "notes"], plain),
    ]


def test_it_is_kept_where_modify_does_not_reach(client: ClientAPI, model: Path, folder: Path) -> None:
    made = open_collection(client, "photos", embedder=embedder(model))
    add_items(made, ids=["a"], images=[photo(40, 30)])  # whose vector no stored text tells anything of
    made.modify(metadata={"owner": "Min"})
    train(model)
    plain = client.get_collection("photos")  # Chroma builds the function on record
    more: list[Callable[[], object]] = [
        lambda: search(plain, text="a cat"),
        lambda: plain.add(ids=["b"], documents=["a dog"]),
        lambda: plain.query(query_texts=["a cat"]),
    ]
    for call in [*calls(client, model, folder), *more]:
        with pytest.raises(FingerprintMismatchError, match="fingerprint"):
            call()
    found = client.get_collection("photos", embedding_function=None)
    assert (found.count(), found.metadata) == (1, {"owner": "Min"})


def test_the_same_weights_write_on_and_put_it_back(client: ClientAPI, model: Path) -> None:
    made = open_collection(client, "photos", embedder=embedder(model))
    add_items(made, ids=["a"], texts=["a cat"])
    made.modify(metadata={"owner": "Min"})
    opened = open_collection(client, "photos", embedder=embedder(model))
    add_items(opened, ids=["b"], texts=["a dog"])
    client.get_collection("photos").add(ids=["c"], documents=["the sea"])
    found = client.get_collection("photos", embedding_function=None)
    assert found.metadata == {"owner": "Min", KEY: embedder(model).fingerprint}
    assert {hit.id for hit in search(opened, text="a cat").hits} == {"a", "b"}


def made_by_chroma(client: ClientAPI, model: Path) -> chromadb.Collection:
    """With our function, through chromadb itself: there is no fingerprint on record."""
    function = CLIPEmbeddingFunction.of(embedder(model))
    made = client.create_collection("photos", embedding_function=function)
    made.add(ids=["a"], documents=["a cat"])
    return made


def test_where_there_is_none_a_stored_text_tells(client: ClientAPI, model: Path, folder: Path) -> None:
    made_by_chroma(client, model)
    open_collection(client, "photos", embedder=embedder(model))
    train(model)
    for call in calls(client, model, folder):
        with pytest.raises(FingerprintMismatchError, match="a stored text has cosine"):
            call()
    found = client.get_collection("photos", embedding_function=None)
    assert found.count() == 1
    assert found.metadata is None


def test_the_word_of_the_user_is_taken_where_documents_are_captions(client: ClientAPI, model: Path) -> None:
    ours = embedder(model)
    made = client.create_collection("photos", embedding_function=CLIPEmbeddingFunction.of(ours))
    made.add(ids=["a"], embeddings=ours.embed_images([photo(40, 30)]), documents=["a cat"])
    with pytest.raises(FingerprintMismatchError, match="verify=False"):
        open_collection(client, "photos", embedder=ours)
    open_migrated(client, "photos", embedder=ours, verify=False)
    assert open_collection(client, "photos").metadata == {KEY: ours.fingerprint}


def test_the_async_client_sees_it_too(server: tuple[str, int], unused: str, model: Path) -> None:
    plain = connect(host=server[0], port=server[1])
    function = CLIPEmbeddingFunction.of(embedder(model))
    for name in (unused, f"{unused}-plain"):
        plain.create_collection(name, embedding_function=function).add(ids=["a"], documents=["a cat"])
    train(model)

    async def work() -> None:
        client = await chromadb.AsyncHttpClient(host=server[0], port=server[1])
        with pytest.raises(FingerprintMismatchError, match="a stored text has cosine"):
            await aopen_collection(client, unused, embedder=embedder(model))
        other = CLIPEmbeddingFunction.of(embedder(model))
        found = await client.get_collection(unused, embedding_function=other)
        with pytest.raises(FingerprintMismatchError, match="a stored text has cosine"):
            await aadd_items(found, ids=["b"], texts=["a dog"])

    asyncio.run(work())
    assert plain.get_collection(unused, embedding_function=None).count() == 1


def test_a_function_that_a_caller_made_updates_the_configuration(client: ClientAPI, model: Path) -> None:
    made = open_collection(client, "photos", embedder=embedder(model))
    stored = json.loads(json.dumps(made.configuration_json))["embedding_function"]["config"]
    assert stored["fingerprint"] == embedder(model).fingerprint
    made.modify(configuration={"embedding_function": CLIPEmbeddingFunction.of(embedder(model))})
    assert open_collection(client, "photos").metadata == {KEY: embedder(model).fingerprint}
