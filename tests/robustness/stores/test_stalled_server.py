"""A server that is stopped and not gone: every wait ends, and what is called off stops."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import chromadb
import pytest
import warm
from servers import running
from stored import write_notes

from chroma_clip_embeddings import (
    aadd_items,
    add_items,
    aingest,
    aopen_collection,
    asearch,
    connect,
    ingest,
    open_collection,
    search,
)
from chroma_clip_embeddings.client import private
from clip_embeddings import CLIPEmbedder, StoreError
from clip_embeddings.ingestion import retry
from clip_embeddings.stores import servers


@pytest.fixture
def stoppable(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Port and process of a server; it goes on at the end."""
    (tmp_path / "db").mkdir()
    with running(tmp_path / "db") as (port, process):
        yield port, process.pid
        os.kill(process.pid, signal.SIGCONT)


def test_an_ingestion_gives_up_a_stalled_server_in_its_time(
    tmp_path: Path, stoppable: tuple[int, int], tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "_LEAST", 2.0)
    monkeypatch.setattr(servers, "_PATIENCE", 2.0)
    port, pid = stoppable
    write_notes(tmp_path / "notes", 400)
    collection = open_collection(connect(host="127.0.0.1", port=port), "notes", embedder=tiny)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(StoreError, match="rows of this run are stored and safe"):
        ingest([tmp_path / "notes"], collection, retry_seconds=2)
    assert time.monotonic() - started < 25
    with pytest.raises(StoreError, match="reach a Chroma server"):
        connect(host="127.0.0.1", port=port)
    assert time.monotonic() - started < 45
    os.kill(pid, signal.SIGCONT)
    ingest([tmp_path / "notes"], collection)
    assert collection.count() == 400


def test_ctrl_c_ends_an_ingestion_into_a_stalled_server(
    tmp_path: Path, stoppable: tuple[int, int], tiny: CLIPEmbedder
) -> None:
    port, pid = stoppable
    write_notes(tmp_path / "notes", 300)
    open_collection(connect(host="127.0.0.1", port=port), "notes", embedder=tiny)
    program = f"""
import torch; torch.set_num_threads(1)
from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings.ingestion import retry
from clip_embeddings.ingestion.retry import Target
retry._GRACE = 1.0
collection = open_collection(connect(host="127.0.0.1", port={port}), "notes")
real = Target.add
def add(self, *given):
    import os, signal; os.kill({pid}, signal.SIGSTOP)
    print("stalled", flush=True)
    real(self, *given)
Target.add = add
ingest([{str(tmp_path / "notes")!r}], collection, retry_seconds=600)
"""
    path = os.pathsep.join(filter(None, sys.path))
    command, pipe = [sys.executable, "-c", program], subprocess.PIPE
    with warm.start(command, stdout=pipe, stderr=pipe, env={**os.environ, "PYTHONPATH": path}) as process:
        assert process.stdout
        assert process.stdout.readline() == "stalled\n"
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        finally:
            process.kill()
        assert process.stderr
        assert "KeyboardInterrupt" in process.stderr.read()


def test_a_cancelled_ingestion_into_a_stalled_server_ends(
    tmp_path: Path, stoppable: tuple[int, int], tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "_GRACE", 1.0)
    port, pid = stoppable
    write_notes(tmp_path / "notes", 300)
    collection = open_collection(connect(host="127.0.0.1", port=port), "notes", embedder=tiny)

    async def run() -> float:
        os.kill(pid, signal.SIGSTOP)
        task = asyncio.create_task(aingest([tmp_path / "notes"], collection, retry_seconds=600))
        await asyncio.sleep(1)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - started

    assert asyncio.run(run()) < 20


def test_what_is_not_an_ingestion_has_a_limit_too(
    stoppable: tuple[int, int], tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "SECONDS", 1.0)
    port, pid = stoppable
    collection = open_collection(connect(host="127.0.0.1", port=port), "notes", embedder=tiny)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    for work in (
        lambda: search(collection, text="a cat"),
        lambda: add_items(collection, ids=["a"], texts=["one"]),
    ):
        with pytest.raises(StoreError):
            work()
    assert time.monotonic() - started < 20


def test_calls_of_the_async_client_have_a_limit_too(
    stoppable: tuple[int, int], tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "SECONDS", 1.0)
    port, pid = stoppable

    async def run() -> float:
        client = await chromadb.AsyncHttpClient(host="127.0.0.1", port=port)
        collection = await aopen_collection(client, "notes", embedder=tiny)
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        for work in (
            asearch(collection, text="a cat"),
            aadd_items(collection, ids=["a"], texts=["one"]),
            aopen_collection(client, "notes"),
        ):
            with pytest.raises(StoreError):
                await work
        return time.monotonic() - started

    assert asyncio.run(run()) < 20
