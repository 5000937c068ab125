"""Opening collections: what is on record, and what is refused before anything is written."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    connect,
    embedder_of,
    ingest,
    open_collection,
    search,
)
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, ModelLoadError, StoreError


def test_a_collection_reopens_with_the_model_it_was_made_with(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    open_collection(client, "photos", embedder=tiny)
    reopened = open_collection(client, "photos", create=False)
    assert embedder_of(reopened).fingerprint == tiny.fingerprint
    assert reopened.configuration_json["hnsw"]["space"] == "cosine"


def test_the_same_model_on_another_device_dtype_and_batch_size_opens(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    open_collection(client, "photos", embedder=tiny)
    other = CLIPEmbedder("tiny", device="cpu", dtype="bfloat16", batch_size=3)
    assert embedder_of(open_collection(client, "photos", embedder=other)) is other


def test_another_model_is_refused_and_both_are_named(
    client: ClientAPI, tiny: CLIPEmbedder, embedder: CLIPEmbedder, folder: Path
) -> None:
    ingest([folder / "notes"], open_collection(client, "photos", embedder=tiny))
    with pytest.raises(FingerprintMismatchError) as caught:
        open_collection(client, "photos", embedder=embedder)
    assert tiny.fingerprint in str(caught.value)
    assert embedder.fingerprint in str(caught.value)


def test_a_function_of_another_model_passed_to_chroma_itself_is_refused_before_writing(
    client: ClientAPI, tiny: CLIPEmbedder, embedder: CLIPEmbedder, folder: Path
) -> None:
    """Chroma itself mixes the vectors of two models without a word."""
    ingest([folder / "notes"], open_collection(client, "photos", embedder=tiny))
    mixed = client.get_collection(
        "photos", embedding_function=CLIPEmbeddingFunction("tiny", long_text="chunk")
    )
    before = mixed.count()
    with pytest.raises(FingerprintMismatchError):
        ingest([folder], mixed)
    with pytest.raises(FingerprintMismatchError):
        search(mixed, text="a cat")
    assert mixed.count() == before


def test_the_same_folder_with_other_weights_is_refused(
    client: ClientAPI, checkpoint: Path, byte_level_checkpoint: Path, tmp_path: Path
) -> None:
    """The path is the same, so only the recorded fingerprint can tell."""
    folder = tmp_path / "model"
    folder.symlink_to(checkpoint)
    open_collection(client, "photos", embedder=CLIPEmbedder(str(folder)))
    folder.unlink()
    folder.symlink_to(byte_level_checkpoint)
    with pytest.raises(FingerprintMismatchError):
        open_collection(client, "photos", embedder=CLIPEmbedder(str(folder)))


def test_a_missing_collection_is_named_with_those_that_exist(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    open_collection(client, "photos", embedder=tiny)
    with pytest.raises(StoreError, match=r"no collection 'pictures'.*it has: photos"):
        open_collection(client, "pictures", embedder=tiny, create=False)


def test_a_collection_of_another_function_is_refused(client: ClientAPI) -> None:
    client.create_collection("theirs", embedding_function=None)
    with pytest.raises(StoreError, match="made with no embedding function"):
        open_collection(client, "theirs")


def test_a_name_that_chroma_refuses_is_a_store_error(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    with pytest.raises(StoreError, match="3-512 characters"):
        open_collection(client, "p", embedder=tiny)


def test_a_model_that_cannot_be_found_stays_a_model_error(client: ClientAPI, tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="no such folder"):
        open_collection(client, "photos", embedder=CLIPEmbedder(str(tmp_path / "nothing")))
    assert client.list_collections() == []


def test_a_closed_server_and_an_impossible_folder_are_store_errors(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1.*chroma run"):
        connect(host="127.0.0.1", port=1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot open the store"):
        connect(tmp_path / "file")


def test_a_folder_that_chroma_itself_has_open_in_this_process_can_be_connected_to(tmp_path: Path) -> None:
    theirs = chromadb.PersistentClient(str(tmp_path / "db"))
    theirs.create_collection("photos", embedding_function=None)
    assert [each.name for each in connect(tmp_path / "db").list_collections()] == ["photos"]


def test_a_relative_folder_is_the_one_of_the_working_folder_and_stays_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = {}
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        clients[name] = connect("db")
        clients[name].create_collection(name, embedding_function=None)
    for name, client in clients.items():
        (kept,) = client.list_collections()
        assert kept.name == name
        kept.add(ids=["a"], embeddings=np.eye(1, 2, dtype=np.float32))
        assert kept.query(query_embeddings=np.eye(1, 2, dtype=np.float32))["ids"] == [["a"]]
        assert [each.name for each in connect(tmp_path / name / "db").list_collections()] == [name]


def test_a_relative_folder_that_chroma_has_open_is_opened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    theirs = chromadb.PersistentClient("db-of-this-test")
    ours: Any = connect("db-of-this-test")
    assert ours._system is theirs._system  # type: ignore[attr-defined]


def test_a_damaged_store_is_named_as_often_as_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "chroma.sqlite3").write_bytes(b"no table of rows" * 100)
    for _ in range(3):
        with pytest.raises(StoreError, match="cannot open the store"):
            connect(tmp_path / "db")
