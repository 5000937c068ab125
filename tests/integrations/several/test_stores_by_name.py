"""Stores by name: what is installed is found, and what is not is named with what to do."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pictures import scene
from several_stores import in_memory_store
from several_stores.in_memory_store import InMemoryStore, install

import chroma_clip_embeddings
import lancedb_clip_embeddings
from chroma_clip_embeddings.client import connection
from clip_embeddings import CLIPEmbedder, InvalidInputError, MissingExtraError, StoreError
from clip_embeddings.stores import servers
from clip_embeddings.stores.collection import explain, ingest, row_of, search, similar
from clip_embeddings.stores.lookup import open_store, split_address, store_names
from clip_embeddings.stores.protocol import Connect, Store


@pytest.fixture
def memory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty store in memory, of a distribution that is installed for one test."""
    folder = tmp_path_factory.mktemp("site-packages")
    install(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(in_memory_store, "PLACES", {})
    return "memory:here"


@pytest.fixture(params=["chroma", "lancedb", "memory"])
def store(request: pytest.FixtureRequest, memory: str, store_folder: Path) -> Store:
    return open_store(memory if request.param == "memory" else f"{request.param}:{store_folder}")


def test_an_adapter_is_found_by_the_name_that_its_distribution_declares(memory: str) -> None:
    assert {"chroma", "lancedb", "memory"} <= set(store_names())
    connect: Connect = InMemoryStore
    assert isinstance(open_store(memory), type(connect("here")))


@pytest.mark.parametrize("address", ["faiss:db", "lancedb", "lancedb:", "", ":db", None])
def test_what_names_no_store_is_refused_with_the_names_that_are_known(address: str) -> None:
    with pytest.raises(InvalidInputError, match=r"expected lancedb:DIR.*known names: chroma, lancedb"):
        open_store(address)


def test_an_address_may_hold_colons() -> None:
    assert split_address("chroma:http://localhost:8000") == ("chroma", "http://localhost:8000")


def test_an_adapter_without_what_it_needs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "unfinished_store.py").write_text("import a_library_that_is_nowhere\n")
    install(tmp_path, "[clip_embeddings.stores]\nunfinished = unfinished_store:Store\n", "unfinished-store")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        MissingExtraError, match=r"'unfinished' needs .*a_library_that_is_nowhere.*unfinished-store"
    ):
        open_store("unfinished:db")


def test_a_broken_adapter_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_store.py").write_text("def store(place, **_): raise ValueError(place)\n1 / 0")
    (tmp_path / "odd_store.py").write_text("def store(place, **_): raise ValueError(place)")
    names = "broken = broken_store:store\nodd = odd_store:store\nabsent = odd_store:nothing"
    install(tmp_path, f"[clip_embeddings.stores]\n{names}\n", "odd-stores")
    monkeypatch.syspath_prepend(tmp_path)
    for name, said in (
        ("broken", "ZeroDivisionError"),
        ("odd", "ValueError: db"),
        ("absent", "AttributeError"),
    ):
        with pytest.raises(StoreError, match=f"{name!r} cannot be used: odd-stores raised {said}"):
            open_store(f"{name}:db")


def test_a_name_that_two_distributions_have_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "[clip_embeddings.stores]\nlancedb = another:Store\n", "another-store")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StoreError, match=r"'lancedb' is one of another-store and of clip-embeddings"):
        open_store("lancedb:db")


def test_home_is_where_a_shell_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("chroma", "lancedb"):
        assert open_store(f"{name}:~/db").place == str(tmp_path / "db")


def test_a_server_that_stands_still_is_given_up_with_headers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(StoreError, match=f"127.0.0.1:{port}: timed out.*with the headers X-A"):
            open_store(f"chroma:http://127.0.0.1:{port}", headers={"X-A": "b"}).find("photos")


def test_an_address_of_ipv6_has_its_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client is made with; a machine of tests need not have such addresses."""
    asked: list[str] = []
    monkeypatch.setattr(connection, "knock", lambda *place, secure: None)
    monkeypatch.setattr("chromadb.HttpClient", lambda host, **_: asked.append(host))
    connection.connect(host="::1", port=8000)
    assert asked == ["[::1]"]


def test_what_is_not_the_stores_fault_is_not_called_so(
    store: Store, folder: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.open("photos", embedder=tiny, create=True)
    ingest([folder], made)

    def out_of_memory(*_: object, **__: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(CLIPEmbedder, "embed_texts", out_of_memory)
    with pytest.raises(RuntimeError, match=r"^out of memory$"):
        explain(made, queries=["a cat"])
    for size in ("5", 10.5, 0):
        with pytest.raises(InvalidInputError, match="size: got"):
            explain(made, size=size)  # type: ignore[arg-type]


def test_looking_makes_no_store(store: Store, store_folder: Path, tiny: CLIPEmbedder) -> None:
    assert not store.exists()
    assert store.find("photos") is None
    assert not store_folder.exists()
    store.open("photos", embedder=tiny, create=True)
    assert store.exists()
    assert store.find("others") is None
    with pytest.raises(StoreError, match="others"):
        store.open("others")


def test_any_store_takes_files_finds_them_and_shows_its_gap(
    store: Store, folder: Path, calibrated: CLIPEmbedder
) -> None:
    made = store.open("photos", embedder=calibrated, create=True)
    assert made.fingerprint == calibrated.fingerprint
    report = ingest([folder], made)
    assert (report.images, made.count()) == (12, report.images + report.passages)
    assert ingest([folder], made).skipped == made.count()

    found = store.open("photos")
    hits = search(found, text="노을지는 바다", k=3).hits
    assert hits[0].document == "노을지는 바다에서 산책했다."
    assert len(search(found, image=folder / "scene-03.png", k=2, modality="image").images) == 2
    with pytest.raises(InvalidInputError, match=r"collection 'photos': .*at least 10"):
        explain(found)  # of the notes there are fewer


def test_a_collection_is_found_without_its_model(
    store: Store, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.open("photos", embedder=tiny, create=True)
    fingerprint = tiny.fingerprint

    def looked_for(self: CLIPEmbedder) -> object:
        raise AssertionError("the model was looked for")

    monkeypatch.setattr(CLIPEmbedder, "_files", property(looked_for))
    found = store.find("photos")
    assert found is not None
    assert found.fingerprint == fingerprint
    assert list(found.rows.page(0, 10).ids) == []
    assert found.embedder.config.model == "tiny"


@pytest.mark.parametrize(
    "place",
    [
        *("http://", "http://:8000", "http://localhost:port", "https://a:99999", "http://[::1"),
        *(
            "http://h:8000/pre/fix",
            "http://h:8000?x=1",
            "http://user:secret@h:8000",
        ),  # nothing is passed over
        *("s3://bucket/folder", "localhost:8000"),  # no folders
    ],
)
def test_an_address_that_leads_to_no_server_is_refused(place: str) -> None:
    with pytest.raises(InvalidInputError, match="expected http://HOST:PORT"):
        open_store(f"chroma:{place}")


@pytest.mark.parametrize("store_of", ["chroma", "lancedb"])
def test_headers_for_a_folder_are_refused(store_of: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="headers: "):
        open_store(f"{store_of}:{tmp_path}", headers={"Authorization": "Bearer a"})


def test_a_server_gets_the_headers(server: tuple[str, int], unused: str, tiny: CLIPEmbedder) -> None:
    store = open_store(f"chroma:http://{server[0]}:{server[1]}", headers={"X-Token": "hunter2"})
    assert store.several_writers
    assert store.find(unused) is None
    collection = store.open(unused, embedder=tiny, create=True)
    client = collection.raw._client  # type: ignore[attr-defined]
    assert client._session.headers["X-Token"] == "hunter2"


def test_a_server_that_is_away_may_be_asked_again() -> None:
    for headers in ({}, {"X-Token": "hunter2"}):
        store = open_store("chroma:http://127.0.0.1:1", headers=headers)
        with pytest.raises(StoreError, match=r"cannot reach a Chroma server at 127\.0\.0\.1:1") as caught:
            store.find("photos")
        assert store.is_away(caught.value)
    assert not store.is_away(StoreError("a collection of another model"))


@pytest.mark.parametrize(
    ("call", "given"),
    [
        (chroma_clip_embeddings.ingest, "collection: made with `open_collection` or with a `CLIPEmbedding"),
        (chroma_clip_embeddings.search, "collection: filled by `ingest` or `add_items`"),
        (lancedb_clip_embeddings.ingest, "table: made with `open_table`"),
    ],
)
def test_help_of_what_all_adapters_do_is_whole_and_names_what_each_takes(
    call: Callable[..., Any], given: str
) -> None:
    shown = call.__doc__ or ""
    assert given in shown
    assert "Store.open" not in shown
    assert all(f"    {part}:\n" in shown for part in ("Args", "Raises"))


def test_rows_like_a_stored_one_are_those_that_its_file_finds(
    store: Store, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    assert store.names() == []
    for seed in range(4):
        scene(seed).save(tmp_path / f"{seed}.png")
    (tmp_path / "0.txt").write_text("a picture")
    collection = store.open("second", embedder=tiny.with_calibration("reference"), create=True)
    store.open("first", embedder=tiny, create=True)
    assert store.names() == ["first", "second"]
    ingest([tmp_path], collection)
    collection.refresh()
    itself, *others = search(collection, image=tmp_path / "2.png", k=5).hits
    found = similar(collection, itself.id, k=3).hits
    assert [hit.id for hit in found] == [hit.id for hit in others[:3]]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in others[:3]], abs=1e-2)
    assert row_of(collection, itself.id).name == "2.png"
    with pytest.raises(InvalidInputError, match="no row of 'second' has the id 'nobody'"):
        similar(collection, "nobody")
