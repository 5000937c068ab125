"""A store of LangChain and its retriever, copied or sent to another process, have the same rows."""

import copy
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.api import ClientAPI
from langchain_core.documents import Document
from langchain_stores import image, in_memory
from spawned import call, there_and_back, type_and

from chroma_clip_embeddings import connect
from clip_embeddings import StoreError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma, MultimodalRetriever

COPIES = pytest.mark.parametrize("copied", [there_and_back, copy.copy, copy.deepcopy])


def filled(store: MultimodalChroma, uris: list[str]) -> MultimodalChroma:
    documents = [Document("a cat on the sofa"), Document("노을지는 바다"), *map(image, uris)]
    store.add_documents(documents, ids=[str(i) for i in range(len(documents))])
    return store


@pytest.fixture(params=["in a folder", "on a server", "of a client"])
def kept(
    request: pytest.FixtureRequest, embeddings: CLIPEmbeddings, scenes: list[str], store_folder: Path
) -> MultimodalChroma:
    """A store that another process can open, with rows in it."""
    place: dict[str, Any]
    if request.param == "in a folder":
        place = {"persist_directory": store_folder}
    elif request.param == "of a client":
        place = {"client": connect(store_folder)}
    else:
        host, port = request.getfixturevalue("server")
        place = {"host": host, "port": port, "headers": {"X-Purpose": "a test"}}
    return filled(MultimodalChroma(f"kept-{os.urandom(4).hex()}", embeddings, **place), scenes)


def test_a_retriever_finds_the_same_in_a_new_process(
    kept: MultimodalChroma, scenes: list[str], elsewhere: Callable[..., Any]
) -> None:
    retriever = MultimodalRetriever(vectorstore=kept, k=3, filter={"uri": {"$ne": "none"}})
    for question in ("a cat", {"image": scenes[0]}):
        found = retriever.invoke(question)
        assert len(found) == 3
        assert elsewhere(call, retriever, "invoke", question) == found


@COPIES
def test_a_copied_retriever_finds_the_same_and_sees_later_rows(
    kept: MultimodalChroma, copied: Callable[[Any], Any]
) -> None:
    retriever = MultimodalRetriever(vectorstore=kept, k=3)
    other = copied(retriever)
    assert other.invoke("a cat") == retriever.invoke("a cat")
    kept.delete(["0"])
    other.vectorstore.add_texts(["a cat"], ids=["later"])
    assert other.invoke("a cat")[0].id == "later"
    assert retriever.invoke("a cat") == other.invoke("a cat")


def test_a_row_that_another_process_stores_is_found_here(
    kept: MultimodalChroma, elsewhere: Callable[..., Any]
) -> None:
    assert elsewhere(call, kept, "add_texts", ["two dogs"], [{"from": "elsewhere"}], ["7"]) == ["7"]
    (found,) = kept.get_by_ids(["7"])
    assert found.metadata == {"from": "elsewhere"}


def test_a_copy_in_the_process_shares_the_client(kept: MultimodalChroma) -> None:
    for other in (copy.copy(kept), copy.deepcopy(kept)):
        assert other._client is kept._client
        other.delete(["0"])
        assert not kept.get_by_ids(["0"])
        kept.add_texts(["a cat on the sofa"], ids=["0"])


class Mine(MultimodalChroma):
    """A user's own, with an attribute."""

    def __init__(self, *arguments: Any, purpose: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.purpose = purpose


def test_a_store_of_ones_own_class_stays_one(
    embeddings: CLIPEmbeddings, store_folder: Path, elsewhere: Callable[..., Any]
) -> None:
    store = Mine("mine", embeddings, persist_directory=store_folder, purpose="tests")
    for other in (there_and_back(store), copy.copy(store), copy.deepcopy(store)):
        assert type(other) is Mine
        assert other.purpose == "tests"
    assert elsewhere(type_and, store, "purpose", "_collection_name") == ("Mine", ["tests", "mine"])


def test_a_store_in_a_relative_folder_is_the_same_one_from_anywhere(
    embeddings: CLIPEmbeddings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[..., Any]
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    store = MultimodalChroma("kept", embeddings, persist_directory="db")
    store.add_texts(["a cat"], ids=["0"])
    there_and_back(store).delete(["0"])  # through the same client, or the search below would not see it
    assert not store.similarity_search("a cat")
    store.add_texts(["a cat"], ids=["0"])
    assert [row.id for row in there_and_back(store).similarity_search("a cat")] == ["0"]
    monkeypatch.chdir(tmp_path / "there")
    assert [row.id for row in store.similarity_search("a cat")] == ["0"]
    assert [row.id for row in elsewhere(call, store, "similarity_search", "a cat")] == ["0"]
    assert not (tmp_path / "there" / "db").exists()


def test_tenant_and_database_travel(embeddings: CLIPEmbeddings, server: tuple[str, int]) -> None:
    host, port = server
    admin = chromadb.AdminClient(connect(host=host, port=port)._system.settings)  # type: ignore[attr-defined]
    admin.create_tenant("copies-tenant")
    admin.create_database("copies-database", "copies-tenant")
    store = MultimodalChroma(
        "kept", embeddings, host=host, port=port, tenant="copies-tenant", database="copies-database"
    )
    store.add_texts(["a cat"], ids=["0"])
    other = there_and_back(store)
    assert (other._client.tenant, other._client.database) == ("copies-tenant", "copies-database")
    assert [row.id for row in other.similarity_search("a dog")] == ["0"]


def test_a_store_in_memory_is_refused_with_what_to_do(embeddings: CLIPEmbeddings) -> None:
    with in_memory(embeddings) as store:
        retriever = MultimodalRetriever(vectorstore=store)
        for each in (store, retriever):
            with pytest.raises(StoreError, match=r"is in memory, .* persist_directory="):
                pickle.dumps(each)
        store.add_texts(["a cat"], ids=["0"])
        for copied in (copy.copy, copy.deepcopy):
            assert [row.id for row in copied(retriever).invoke("a dog")] == ["0"]


class Strange(chromadb.api.client.Client):
    """A client that nobody but its maker knows how to open."""


def test_a_client_that_we_cannot_open_is_refused_with_what_to_do(
    embeddings: CLIPEmbeddings, client: ClientAPI
) -> None:
    system: Any = client
    strange = Strange.from_system(system._system)
    store = MultimodalChroma("strange", embeddings, client=strange)
    with pytest.raises(StoreError, match=r"was given a client of its own \(Strange\), .* host="):
        pickle.dumps(store)
    assert copy.deepcopy(store)._client is strange


def test_a_store_that_is_not_there_is_named_and_none_is_made(
    embeddings: CLIPEmbeddings, store_folder: Path
) -> None:
    store = MultimodalChroma("kept", embeddings, persist_directory=store_folder)
    content = pickle.dumps(store)
    store.delete_collection()
    with pytest.raises(StoreError, match="no collection 'kept' in this store"):
        pickle.loads(content)
    away = store_folder.with_name("moved")
    store_folder.rename(away)
    with pytest.raises(StoreError, match=rf"folder '{store_folder}' is not on this machine"):
        pickle.loads(content)
    assert not store_folder.exists()


def test_a_server_that_is_away_is_named(
    embeddings: CLIPEmbeddings, mortal_server: tuple[int, Callable[[], None]]
) -> None:
    port, end = mortal_server
    content = pickle.dumps(MultimodalChroma("kept", embeddings, host="127.0.0.1", port=port))
    end()
    with pytest.raises(StoreError, match=rf"cannot open the store at 127.0.0.1:{port} again"):
        pickle.loads(content)


def test_where_a_store_is_does_not_show_its_credentials(
    embeddings: CLIPEmbeddings, server: tuple[str, int]
) -> None:
    store = MultimodalChroma(
        "secret", embeddings, host=server[0], port=server[1], headers={"X-Token": "hunter2"}
    )
    assert "hunter2" not in repr(store._address)
    client: Any = there_and_back(store)._client
    assert client._system.settings.chroma_server_headers["X-Token"] == "hunter2"
