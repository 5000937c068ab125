"""MultimodalChroma: opening collections, what is refused, what opens again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.api import ClientAPI
from langchain_core.documents import Document
from langchain_stores import image, in_memory, pictures

from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    InvalidInputError,
    StoreError,
)
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


@pytest.fixture
def store(tiny: CLIPEmbedder) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        yield store


def test_a_closed_store_is_a_store_error(store: MultimodalChroma, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(**_: Any) -> None:
        raise ConnectionError("connection refused")

    monkeypatch.setattr(store._collection, "upsert", closed)
    with pytest.raises(StoreError, match="cannot store rows: connection refused"):
        store.add_texts(["a cat"])
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1|onnect"):
        MultimodalChroma("photos", CLIPEmbeddings(model="tiny"), host="127.0.0.1", port=1)


def test_a_model_other_than_the_collections_is_refused_and_another_device_is_not(
    client: ClientAPI, tiny: CLIPEmbedder, checkpoint: Path
) -> None:
    store = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client)
    store.add_texts(["a cat"])
    other = CLIPEmbeddings(model="tiny", device="cpu", dtype="bfloat16", batch_size=2)
    assert MultimodalChroma("photos", other, client=client).similarity_search("a cat", k=1)
    with pytest.raises(FingerprintMismatchError, match=tiny.fingerprint):
        MultimodalChroma("photos", CLIPEmbeddings(model=str(checkpoint)), client=client)
    assert store._collection.count() == 1


def test_a_collection_opens_with_its_own_model_and_resets_to_the_same(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    with pytest.raises(StoreError, match="no collection 'photos'"):
        MultimodalChroma("photos", client=client)
    with pytest.raises(StoreError, match="no collection 'photos'"):
        MultimodalChroma(
            "photos", CLIPEmbeddings.of(tiny), client=client, create_collection_if_not_exists=False
        )
    first = MultimodalChroma(
        "photos", CLIPEmbeddings.of(tiny), client=client, collection_metadata={"owner": "me"}
    )
    first.add_texts(["a cat"])
    store = MultimodalChroma("photos", client=client, create_collection_if_not_exists=False)
    assert store.embedder.fingerprint == tiny.fingerprint
    assert store._collection.metadata["owner"] == "me"
    assert store.index_namespace == f"clip-embeddings/photos/{tiny.fingerprint}"
    store.reset_collection()
    assert store.get()["ids"] == []
    assert MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client).similarity_search("a") == []


def test_what_it_cannot_work_with_is_refused(client: ClientAPI) -> None:
    from langchain_core.embeddings import FakeEmbeddings

    with pytest.raises(InvalidInputError, match="got FakeEmbeddings; expected a CLIPEmbeddings"):
        MultimodalChroma("photos", FakeEmbeddings(size=3), client=client)


def test_from_documents_takes_pictures_too(tiny: CLIPEmbedder, client: ClientAPI, tmp_path: Path) -> None:
    (uri,) = pictures(tmp_path, 1)
    documents = [image(uri), Document("a cat")]
    store = MultimodalChroma.from_documents(
        documents, CLIPEmbeddings.of(tiny), client=client, collection_name="made"
    )
    assert isinstance(store, MultimodalChroma)
    assert store.similarity_search_by_image(uri, k=1)[0].metadata["uri"] == uri


def test_a_folder_that_this_process_has_open_already_opens_again(
    tiny: CLIPEmbedder, tmp_path: Path, client: ClientAPI, store_folder: Path
) -> None:
    """Chroma refuses a second client of a folder whose settings differ from those of the first."""
    embeddings = CLIPEmbeddings.of(tiny)
    MultimodalChroma("photos", embeddings, persist_directory=store_folder).add_texts(["a cat"])
    assert client.get_collection("photos", embedding_function=None).count() == 1
    plain = chromadb.PersistentClient(str(tmp_path / "plain"))
    MultimodalChroma("photos", embeddings, str(tmp_path / "plain")).add_texts(["a cat"])
    assert plain.get_collection("photos", embedding_function=None).count() == 1
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot open the store"):
        MultimodalChroma("photos", embeddings, tmp_path / "file")
