"""The model's identity on record: kept beside other metadata, compared before anything is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    add_items,
    connect,
    ingest,
    open_collection,
    search,
)
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, StoreError

KEY = "clip_fingerprint"


@pytest.fixture
def plain(client: ClientAPI) -> chromadb.Collection:
    """A collection made through chromadb itself with our function, and metadata of the user's own."""
    function = CLIPEmbeddingFunction("tiny", device="cpu", dtype="float32")
    return client.create_collection(
        "photos", embedding_function=function, metadata={"owner": "Min", "hnsw:space": "cosine", "year": 2026}
    )


def write(collection: chromadb.Collection) -> Any:
    return add_items(collection, ids=["t"], texts=["a cat"])


@pytest.mark.parametrize("how", ["add_items", "ingest"])
def test_the_first_rows_put_the_fingerprint_on_record_and_keep_the_metadata(
    client: ClientAPI, plain: chromadb.Collection, tiny: CLIPEmbedder, folder: Path, how: str
) -> None:
    client.get_collection("photos").modify(metadata={"owner": "Jiwoo", "year": 2026})  # by another client
    write(plain) if how == "add_items" else ingest([folder / "notes"], plain)
    reopened = client.get_collection("photos", embedding_function=None)
    for metadata in (plain.metadata, reopened.metadata):
        assert metadata == {"owner": "Jiwoo", "year": 2026, KEY: tiny.fingerprint}
    assert reopened.configuration_json["hnsw"]["space"] == "cosine"


def test_a_record_is_made_of_metadata_that_the_host_would_refuse(
    client: ClientAPI, plain: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    """Chroma refuses any metadata that repeats the space, though it stored it; the space stays without."""
    with pytest.raises(ValueError, match="distance function"):
        plain.modify(metadata={**plain.metadata, "more": 1})
    write(plain)
    assert client.get_collection("photos").metadata == {"owner": "Min", "year": 2026, KEY: tiny.fingerprint}


def test_reading_records_nothing(client: ClientAPI, plain: chromadb.Collection) -> None:
    search(plain, text="a cat")
    open_collection(client, "photos")
    assert KEY not in client.get_collection("photos").metadata


def test_a_record_made_in_the_meantime_by_another_model_refuses(
    client: ClientAPI, plain: chromadb.Collection
) -> None:
    client.get_collection("photos").modify(metadata={KEY: "another"})
    with pytest.raises(FingerprintMismatchError, match="another"):
        write(plain)
    assert plain.count() == 0


def test_every_helper_refuses_a_function_of_another_model_before_it_writes(
    client: ClientAPI, tiny: CLIPEmbedder, embedder: CLIPEmbedder, folder: Path
) -> None:
    write(open_collection(client, "photos", embedder=tiny))
    other = CLIPEmbeddingFunction.of(embedder)
    mixed = client.get_collection("photos", embedding_function=other)  # Chroma says nothing
    calls: list[Callable[[], object]] = [
        lambda: open_collection(client, "photos", embedder=embedder),
        lambda: write(mixed),
        lambda: ingest([folder], mixed),
        lambda: search(mixed, text="a cat"),
    ]
    for call in calls:
        with pytest.raises(FingerprintMismatchError) as caught:
            call()
        assert tiny.fingerprint in str(caught.value)
        assert embedder.fingerprint in str(caught.value)
    assert mixed.count() == 1
    assert mixed.metadata == {KEY: tiny.fingerprint}


def test_it_is_recorded_over_http(server: tuple[str, int], tiny: CLIPEmbedder) -> None:
    remote = connect(host=server[0], port=server[1])
    function = CLIPEmbeddingFunction("tiny", device="cpu", dtype="float32")
    collection = remote.create_collection("recorded", embedding_function=function, metadata={"owner": "Min"})
    write(collection)
    assert remote.get_collection("recorded").metadata == {"owner": "Min", KEY: tiny.fingerprint}


def test_ephemeral_stores_open_alike(tiny: CLIPEmbedder) -> None:
    client = chromadb.EphemeralClient()
    try:
        collection = open_collection(client, "short-lived", embedder=tiny)
        write(collection)
        assert search(open_collection(client, "short-lived"), text="a cat").texts[0].id == "t"
    finally:
        client.delete_collection("short-lived")


def test_a_server_that_is_closed_is_a_store_error_that_says_what_is_stored(
    mortal_server: tuple[int, Callable[[], None]], tiny: CLIPEmbedder, folder: Path
) -> None:
    port, end = mortal_server
    client = connect(host="127.0.0.1", port=port)
    collection = open_collection(client, "photos", embedder=tiny)
    write(collection)
    end()
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: write(collection), "0 of 1 rows are stored"),
        (lambda: ingest([folder], collection, retry_seconds=1), "0 rows of this run are stored and safe"),
        (lambda: search(collection, text="a cat"), "cannot search"),
        (lambda: open_collection(client, "photos"), "cannot open the collection 'photos'"),
    ]
    for call, message in calls:
        with pytest.raises(StoreError, match=message):
            call()
