"""A store that may be read and not written to is searched, and says so to whoever would write."""

import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from stored import write_notes, write_picture

from chroma_clip_embeddings import add_items, connect, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder, StoreError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

NOBODY = 65534


@pytest.fixture(scope="module")
def made(tiny: CLIPEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store. Its rows are more than Chroma leaves out of an index."""
    folder = tmp_path_factory.mktemp("made")
    write_notes(folder / "files", 1_200)
    write_picture(folder / "files" / "a.png", 1)
    client = connect(folder / "db")
    ingest(folder / "files", open_collection(client, "notes", embedder=tiny))
    MultimodalChroma("words", CLIPEmbeddings(model="tiny"), client=client).add_texts(["the sea"])
    return folder / "db"


@pytest.fixture
def store(made: Path) -> Iterator[Path]:
    """A copy whose files nobody may write to; as root, who may all the same, the test is the user nobody.

    Not in tmp_path, whose folders are for root alone.
    """
    with TemporaryDirectory() as name, ExitStack() as stack:
        write_notes(Path(name) / "files", 3)
        folder = Path(name) / "db"  # by another name: this process has the other one open
        shutil.copytree(made, folder)
        Path(name).chmod(0o755)
        everything = [folder, *folder.rglob("*")]
        for path in everything:
            path.chmod(0o555 if path.is_dir() else 0o444)
        for path in everything:
            stack.callback(path.chmod, 0o755)
        if os.geteuid() == 0:
            stack.callback(os.seteuid, 0)
            os.seteuid(NOBODY)
        yield folder


def test_a_read_only_store_is_searched_and_refuses_what_would_be_lost(
    store: Path, tiny: CLIPEmbedder
) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*")}
    client = connect(store)
    collection = open_collection(client, "notes", embedder=tiny)
    assert collection.count() == 1_201
    hits = search(collection, text="Note 7: the cat ran on the beach.", k=1, modality="text").hits
    assert hits[0].document == "Note 7: the cat ran on the beach."
    assert open_collection(connect(store), "notes", create=False).count() == 1_201
    message = f"the store in {store} is read-only here"
    with pytest.raises(StoreError, match=message):
        ingest(store.parent / "files", collection)
    with pytest.raises(StoreError, match=message):
        add_items(collection, ids=["x"], texts=["new"])
    with pytest.raises(StoreError, match=message):
        collection.delete(ids=["x"])
    with pytest.raises(StoreError, match=message):
        open_collection(client, "another", embedder=tiny)
    assert collection.count() == 1_201
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*")} == before


def test_langchain_searches_a_read_only_store_and_its_copies_do(store: Path) -> None:
    embeddings = CLIPEmbeddings(model="tiny")
    words = MultimodalChroma("words", embeddings, persist_directory=str(store))
    assert [each.page_content for each in words.similarity_search("sea", k=1)] == ["the sea"]
    copied = pickle.loads(pickle.dumps(words))
    assert [each.page_content for each in copied.similarity_search("sea", k=1)] == ["the sea"]
    with pytest.raises(StoreError, match=f"the store in {store} is read-only here"):
        copied.add_texts(["a boat"])
    with pytest.raises(StoreError, match=f"the store in {store} is read-only here"):
        MultimodalChroma("new", embeddings, persist_directory=str(store))
