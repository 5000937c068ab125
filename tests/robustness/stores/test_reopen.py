"""A process that searches, while another one adds rows to the same folder: what it sees, and from when on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warm

from chroma_clip_embeddings import add_items, connect, open_collection, reopen, search
from chroma_clip_embeddings.client import lock, private
from clip_embeddings import CLIPEmbedder, StoreError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

ADD = """
import json
import sys
import chromadb
path, vector = sys.argv[1:]
found = chromadb.PersistentClient(path).get_collection("photos", embedding_function=None)
rows = {"ids": ["b"], "documents": ["two dogs"], "metadatas": [{"modality": "text"}]}
found.add(**rows, embeddings=[json.loads(vector)])
"""

WRITE = """
import sys
from chroma_clip_embeddings import add_items, connect, open_collection
add_items(open_collection(connect(sys.argv[1]), "photos"), ids=["c"], texts=["the sea"])
"""


@pytest.fixture
def store(tmp_path: Path, tiny: CLIPEmbedder) -> Path:
    made = open_collection(connect(tmp_path / "db"), "photos", embedder=tiny)
    add_items(made, ids=["a"], texts=["a cat"])
    reopen(made)  # this process has written, and lets go of the folder
    search(made, text="a cat")
    return tmp_path / "db"


@pytest.fixture
def add(store: Path, tiny: CLIPEmbedder) -> Callable[[], None]:
    """Another process adds a row."""
    vector = json.dumps(tiny.embed_texts(["two dogs"])[0].tolist())

    def call() -> None:
        warm.run([sys.executable, "-c", ADD, str(store), vector], check=True)

    return call


@pytest.mark.parametrize("by", ["client", "collection"])
def test_rows_of_another_process_are_found_after_reopening(
    store: Path, tiny: CLIPEmbedder, add: Callable[[], None], by: str
) -> None:
    client = connect(store)
    found = open_collection(client, "photos")
    vector = tiny.embed_texts(["two dogs"])
    assert found.query(query_embeddings=vector)["ids"] == [["a"]]
    add()
    assert found.query(query_embeddings=vector)["ids"] == [["a"]]  # Chroma's own memory of the index
    reopen(client if by == "client" else found)
    assert found.query(query_embeddings=vector)["ids"] == [["b", "a"]]
    add_items(found, ids=["c"], texts=["the sea"])  # and it is good for writing
    reopen(found)  # this process may write: nothing of it is lost
    assert [hit.id for hit in search(found, text="two dogs").hits] == ["b", "a", "c"]
    stored = np.asarray(found.get(include=["embeddings"])["embeddings"])
    assert len(stored) == 3


def test_a_search_with_a_filter_reads_anew_by_itself(
    store: Path, tiny: CLIPEmbedder, add: Callable[[], None]
) -> None:
    """Its filter finds rows in the file that the index in memory does not know, which was an error."""
    found = open_collection(connect(store), "photos")
    langchain = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), store)
    add()
    assert [row.id for row in langchain.similarity_search("two dogs", k=1, modality="text")] == ["b"]
    assert [hit.id for hit in search(found, text="two dogs").hits] == ["b", "a"]


def test_a_langchain_store_reopens(store: Path, tiny: CLIPEmbedder, add: Callable[[], None]) -> None:
    langchain = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), store)
    assert len(langchain.similarity_search("two dogs")) == 1
    add()
    assert len(langchain.similarity_search("two dogs")) == 1
    langchain.reopen()
    assert [row.id for row in langchain.similarity_search("two dogs")] == ["b", "a"]


def test_what_is_in_memory_or_gone_is_left_alone(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    store = MultimodalChroma("reopened-in-memory", CLIPEmbeddings.of(tiny))
    store.add_texts(["a cat"], ids=["a"])
    store.reopen()
    assert [row.id for row in store.similarity_search("a cat")] == ["a"]
    store.delete_collection()


def test_a_store_that_was_moved_is_written_to_where_it_is(store: Path) -> None:
    store.rename(store.with_name("moved"))
    found = open_collection(connect(store.with_name("moved")), "photos")
    assert add_items(found, ids=["b"], texts=["two dogs"]).added == 1
    assert not store.exists()


def test_a_store_that_cannot_be_opened_anew_keeps_nobody_waiting(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = open_collection(connect(store), "photos")

    def broken(api: object) -> None:
        raise RuntimeError("disk I/O error")

    (store / lock.NAME).write_text("{}")  # another process has written
    with monkeypatch.context() as patch:
        patch.setattr(private, "read_anew", broken)
        with pytest.raises(StoreError, match="disk I/O error"):
            add_items(found, ids=["b"], texts=["two dogs"])
    assert add_items(found, ids=["b"], texts=["two dogs"]).added == 1


@pytest.mark.parametrize("content", ['{"turn": 1}', "null", '{"turn"', "[1]", '{"pid": {}, "turn": null}'])
def test_what_a_lock_file_holds_harms_nobody(store: Path, content: str) -> None:
    (store / lock.NAME).write_text(content)
    assert add_items(open_collection(connect(store), "photos"), ids=["b"], texts=["two dogs"]).added == 1


def test_a_lock_that_leads_to_a_file_of_the_user_changes_nothing(store: Path, tmp_path: Path) -> None:
    mine = tmp_path / "diary.txt"
    mine.write_text("Dear diary")
    found = open_collection(connect(store), "photos")
    for link in (Path.symlink_to, Path.hardlink_to):
        (store / lock.NAME).unlink()
        link(store / lock.NAME, mine)
        with pytest.raises(StoreError, match=r"clip-embeddings\.lock.* remove it"):
            add_items(found, ids=["b"], texts=["two dogs"])
        assert mine.read_text() == "Dear diary"


def test_a_lock_file_that_was_deleted_costs_no_vector(store: Path, tiny: CLIPEmbedder) -> None:
    """What this process has in memory of the index is of before the other one wrote."""
    found = open_collection(connect(store), "photos")
    (store / lock.NAME).unlink()
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    warm.run([sys.executable, "-c", WRITE, str(store)], check=True, env=paths)
    opened, read_anew = [], private.read_anew

    def noted(api: Any) -> None:
        opened.append(api)
        read_anew(api)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(private, "read_anew", noted)
        add_items(found, ids=["b"], texts=["two dogs"])
    assert opened
    assert {hit.id for hit in search(found, text="a cat", k=9).hits} == {"a", "b", "c"}


ADD_IN_TURN = """
import sys
from chroma_clip_embeddings import add_items, connect, open_collection
quick = {"hnsw": {"sync_threshold": 4, "batch_size": 3}}  # what is in memory is written often
found = open_collection(connect(sys.argv[1]), "turns", configuration=quick, create=False)
print("ready", flush=True)
for line in sys.stdin:
    add_items(found, ids=[f"{line.strip()}{i}" for i in range(6)], texts=[f"{line} {i}" for i in range(6)])
    print("added", flush=True)
"""


def test_a_lock_file_that_is_deleted_while_it_is_held_costs_no_vector(
    tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    """A process keeps the folder for a moment after it wrote; without a file another one may write."""
    quick = {"hnsw": {"sync_threshold": 4, "batch_size": 3}}
    made = open_collection(connect(tmp_path / "db"), "turns", embedder=tiny, configuration=quick)
    reopen(made)
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": paths}
    command = [sys.executable, "-c", ADD_IN_TURN, str(tmp_path / "db")]
    writers: list[Any] = [warm.start(command, **pipes) for _ in range(2)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for turn in range(4):
        (tmp_path / "db" / lock.NAME).unlink(missing_ok=True)
        writer = writers[turn % 2]
        writer.stdin.write(f"{turn}-\n")
        writer.stdin.flush()
        assert writer.stdout.readline() == "added\n"
    for writer in writers:
        writer.stdin.close()
        writer.wait(60)
        writer.stdout.close()
    reopen(made)
    stored = made.get(include=["embeddings"])
    assert len(stored["ids"]) == 24
    assert len(search(made, text="0- 1", k=30).texts) == 24  # by the index, which has a vector of each


def test_a_lock_file_that_is_deleted_in_the_middle_of_writing_ends_it(store: Path) -> None:
    found = open_collection(connect(store), "photos")
    with lock.writing(found):
        add_items(found, ids=["b"], texts=["two dogs"])
        (store / lock.NAME).unlink()
        with pytest.raises(StoreError, match="was removed while this process writes there"):
            add_items(found, ids=["c"], texts=["the sea"])
    assert add_items(found, ids=["c"], texts=["the sea"]).added == 1
    assert {hit.id for hit in search(found, text="a cat", k=9).hits} == {"a", "b", "c"}
