"""The store goes away, fills up or comes back, and a run is called off: nothing is lost or half there."""

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import chromadb
import httpx
import pytest
from chromadb.api import ClientAPI
from chromadb.errors import InternalError
from servers import RestartableServer
from stored import assert_same_rows, rows_of, write_notes, write_picture

from chroma_clip_embeddings import aingest, aopen_collection, connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder, StoreError

# Threads that an ingestion starts are named so.
OURS = "clip-embeddings"


def fail_at(monkeypatch: pytest.MonkeyPatch, error: Exception, calls: range = range(2, 10**6)) -> list[int]:
    """Make these calls of `add` fail; the list grows by each call."""
    real, made = chromadb.Collection.add, list[int]()

    def failing(self: chromadb.Collection, **arguments: Any) -> None:
        made.append(len(made) + 1)
        if made[-1] in calls:
            raise error
        real(self, **arguments)

    monkeypatch.setattr(chromadb.Collection, "add", failing)
    return made


def rows_said_to_be_safe(error: StoreError) -> int:
    found = re.search(r"(\d+) rows of this run are stored and safe; run the same ingestion again", str(error))
    assert found
    return int(found[1])


def threads_of_ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(OURS)]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    write_notes(tmp_path, 200)
    return tmp_path


def test_a_store_that_stays_away_says_how_many_rows_are_safe(
    collection: chromadb.Collection, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_at(patch, ConnectionError("connection refused"))
        with pytest.raises(StoreError, match="connection refused") as error:
            ingest([notes], collection, retry_seconds=0)
    safe = rows_said_to_be_safe(error.value)
    assert collection.count() == safe > 0
    assert threads_of_ours() == []
    report = ingest([notes], collection)
    assert (report.passages, report.skipped) == (200 - safe, safe)


def test_a_store_that_comes_back_is_waited_for(
    collection: chromadb.Collection,
    notes: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = fail_at(monkeypatch, httpx.ReadError("broken pipe"), calls=range(2, 5))
    assert ingest([notes], collection).passages == 200
    assert len(calls) > 4
    assert [record.getMessage() for record in caplog.records] == [
        "the store is away (broken pipe); waiting up to 60 s"
    ]


def test_a_full_disk_ends_the_run_at_once_and_what_is_stored_stays(
    collection: chromadb.Collection, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is not really full: the store's own error for it is raised in its place."""
    full = InternalError("error returned from database: (code: 13) database or disk is full")
    with monkeypatch.context() as patch:
        calls = fail_at(patch, full)
        with pytest.raises(StoreError, match="disk is full") as error:
            ingest([notes], collection)
        assert len(calls) == 2
    safe = rows_said_to_be_safe(error.value)
    assert collection.count() == safe > 0
    assert ingest([notes], collection).passages == 200 - safe


def test_failures_that_no_disk_takes_end_the_run_with_what_is_safe(
    collection: chromadb.Collection, notes: Path
) -> None:
    (notes / "zz-empty.png").touch()
    with pytest.raises(StoreError, match=r"cannot go on: No space left on device.*failures=") as error:
        ingest([notes], collection, failures="/dev/full")
    assert collection.count() == rows_said_to_be_safe(error.value) > 0
    assert threads_of_ours() == []


def test_a_server_killed_in_the_middle_and_started_again_loses_nothing(
    restartable_server: RestartableServer,
    collection: chromadb.Collection,
    tiny: CLIPEmbedder,
    notes: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for i in range(20):
        write_picture(notes / f"{i}.png", i)
    there = connect(host="127.0.0.1", port=restartable_server.port)
    remote = open_collection(there, "photos", embedder=tiny)
    add, calls = chromadb.Collection.add, 0
    restarting = threading.Thread(target=restartable_server.restart)

    def deadly(self: chromadb.Collection, **rows: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            restartable_server.kill()
            restarting.start()
        add(self, **rows)

    with monkeypatch.context() as patch:
        patch.setattr(chromadb.Collection, "add", deadly)
        report = ingest([notes], remote)
    restarting.join()
    assert (report.images, report.passages) == (20, 200)
    ingest([notes], collection)
    assert_same_rows(rows_of(remote), rows_of(collection))


def test_ctrl_c_leaves_whole_rows_and_no_thread(
    collection: chromadb.Collection, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, calls = CLIPEmbedder.embed_texts, 0

    def interrupted(self: CLIPEmbedder, *given: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return embed(self, *given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(CLIPEmbedder, "embed_texts", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest([notes], collection)
    assert threads_of_ours() == []
    assert collection.count() == 128  # what was embedded is stored
    assert ingest([notes], collection).passages == 72


async def test_a_cancelled_ingestion_has_ended_when_the_caller_knows(
    collection: chromadb.Collection, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, loop = asyncio.Event(), asyncio.get_running_loop()
    add = chromadb.Collection.add

    def telling(self: chromadb.Collection, **rows: Any) -> None:
        add(self, **rows)
        loop.call_soon_threadsafe(stored.set)

    write_notes(notes, 600, first=1000)
    with monkeypatch.context() as patch:
        patch.setattr(chromadb.Collection, "add", telling)
        task = asyncio.create_task(aingest([notes], collection))
        await stored.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert threads_of_ours() == []
    there = collection.count()
    assert 0 < there < 800
    report = await aingest([notes], collection)
    assert (report.passages, report.skipped) == (800 - there, there)


async def test_an_async_collection_gets_the_same_rows(
    server: tuple[str, int], collection: chromadb.Collection, tiny: CLIPEmbedder, notes: Path
) -> None:
    client = await chromadb.AsyncHttpClient(host=server[0], port=server[1])
    remote = await aopen_collection(client, "ingested-async", embedder=tiny)
    await aingest([notes], remote)
    (notes / "note-00000.txt").rename(notes / "moved.txt")
    (notes / "note-00001.txt").unlink()
    report = await aingest([notes], remote, prune=True)
    assert (report.moved, report.pruned) == (1, 1)
    ingest([notes], collection)
    here = open_collection(connect(host=server[0], port=server[1]), "ingested-async", embedder=tiny)
    assert_same_rows(rows_of(here), rows_of(collection))


def test_a_store_that_is_away_when_the_run_is_called_off_is_not_waited_for(
    collection: chromadb.Collection, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an hour to retry, this ends only because calling off ends the retries."""
    away = threading.Event()

    def refusing(self: chromadb.Collection, **rows: Any) -> None:
        away.set()
        raise ConnectionError("connection refused")

    async def call_off() -> None:
        task = asyncio.create_task(aingest([notes], collection, retry_seconds=3600))
        await asyncio.to_thread(away.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    monkeypatch.setattr(chromadb.Collection, "add", refusing)
    asyncio.run(call_off())
    assert threads_of_ours() == []


def test_a_model_that_fails_leaves_what_was_embedded(
    client: ClientAPI, tiny: CLIPEmbedder, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = open_collection(client, "photos", embedder=tiny)
    embed, calls = CLIPEmbedder.embed_texts, 0

    def out_of_memory(self: CLIPEmbedder, *given: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("CUDA out of memory")
        return embed(self, *given, **options)

    monkeypatch.setattr(CLIPEmbedder, "embed_texts", out_of_memory)
    with pytest.raises(RuntimeError, match="out of memory"):
        ingest([notes], collection)
    assert collection.count() == 64
