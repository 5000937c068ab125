"""Whatever becomes of an ingestion, its databases, files and sockets are closed when it is over."""

import asyncio
import gc
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromadb
import pytest
from stored import write_files

from chroma_clip_embeddings import aingest, ingest
from clip_embeddings import CLIPEmbedder, StoreError
from clip_embeddings.ingestion.cache import VectorCache
from clip_embeddings.ingestion.find import manifests
from clip_embeddings.ingestion.read import wire
from clip_embeddings.ingestion.stored.ledger import Ledger


class Databases:
    """Those that were opened, and whether each was closed: Python 3.13 warns of one that is not."""

    def __init__(self) -> None:
        self.opened: list[dict[str, bool]] = []

    def still_open(self) -> int:
        return sum(not each["closed"] for each in self.opened)


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch) -> Databases:
    known, connect = Databases(), sqlite3.connect

    class Watched(sqlite3.Connection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.fate = {"closed": False}
            known.opened.append(self.fate)

        def close(self) -> None:
            super().close()
            self.fate["closed"] = True

    monkeypatch.setattr(sqlite3, "connect", lambda *given, **more: connect(*given, factory=Watched, **more))
    return known


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return write_files(tmp_path / "files", 4)


def test_an_ingestion_closes_its_databases(
    collection: chromadb.Collection, files: Path, tmp_path: Path, databases: Databases
) -> None:
    for _ in range(2):
        ingest([files], collection, cache=tmp_path / "cache")
    assert len(databases.opened) >= 4  # each time the cache and the ledger
    assert not databases.still_open()


@pytest.mark.parametrize("error", [ValueError("the store refuses"), KeyboardInterrupt(), MemoryError()])
def test_an_ingestion_that_fails_closes_its_databases(
    collection: chromadb.Collection,
    files: Path,
    tmp_path: Path,
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(
        "clip_embeddings.models.transformers.encoder.TransformersEncoder.encode_image", refuse
    )
    with pytest.raises(type(error)):
        ingest([files], collection, cache=tmp_path / "cache")
    assert len(databases.opened) >= 2
    assert not databases.still_open()


def test_an_ingestion_that_is_called_off_closes_its_databases(
    collection: chromadb.Collection,
    files: Path,
    tmp_path: Path,
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_: object) -> Any:
        time.sleep(0.5)
        raise AssertionError("it was called off before")

    monkeypatch.setattr("clip_embeddings.models.transformers.encoder.TransformersEncoder.encode_image", slow)

    async def run() -> None:
        work = asyncio.ensure_future(aingest([files], collection, cache=tmp_path / "cache"))
        while len(databases.opened) < 2:
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(run())
    assert not databases.still_open()


def not_a_database(place: Path, embedder: CLIPEmbedder) -> None:
    place.mkdir()
    (place / "vectors.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)


def damaged_inside(place: Path, embedder: CLIPEmbedder) -> None:
    """Its first page says it is one; what comes after is not to be read."""
    with VectorCache(place, embedder) as cache:
        cache.keep([str(i) for i in range(200)], embedder.embed_texts(["a cat"] * 200))
    database = place / "vectors.sqlite"
    size = database.stat().st_size
    for beside in place.glob("vectors.sqlite-*"):
        beside.unlink()
    with database.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))


@pytest.mark.parametrize("damage", [not_a_database, damaged_inside])
def test_a_cache_that_cannot_be_used_is_closed(
    tiny: CLIPEmbedder, tmp_path: Path, databases: Databases, damage: Callable[[Path, CLIPEmbedder], None]
) -> None:
    damage(tmp_path / "cache", tiny)
    with pytest.raises(StoreError, match="cannot be used"):
        VectorCache(tmp_path / "cache", tiny)
    assert databases.opened
    assert not databases.still_open()


def test_a_ledger_for_which_there_is_no_disk_is_closed(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clip_embeddings.ingestion.stored.ledger._SCHEMA", "this is what a full disk answers")
    with pytest.raises(sqlite3.Error):
        Ledger()
    assert len(databases.opened) == 1
    assert not databases.still_open()


def test_a_manifest_is_closed_while_the_error_that_ended_its_reading_is_looked_at(
    collection: chromadb.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error keeps the frames it came through, and with them whatever they hold."""
    opened: list[Any] = []
    system_open = manifests._opened

    def noted(place: Any) -> Any:
        opened.append(system_open(place))
        return opened[-1]

    monkeypatch.setattr(manifests, "_opened", noted)
    (tmp_path / "a.jsonl").write_text("".join(f'{{"uri": "absent-{i}.png"}}\n' for i in range(50_000)))

    def refuse(*_: object, **__: object) -> Any:
        raise MemoryError

    monkeypatch.setattr("clip_embeddings.ingestion.report.Recorder.failed", refuse)
    with pytest.raises(MemoryError) as kept:
        ingest((), collection, manifests=tmp_path / "a.jsonl")
    assert len(opened) == 2  # once to see that it can be read
    assert all(file.closed for file in opened)
    del kept


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    made: list[socket.socket] = []

    class Watched(socket.socket):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            made.append(self)

        def connect(self, address: Any) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(socket, "socket", Watched)
    yield made
    made.clear()


def test_a_connection_that_is_interrupted_is_closed(
    sockets: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = [(socket.AF_INET, ("127.0.0.1", 9))]
    monkeypatch.setattr(wire, "resolved", lambda *_, **__: where)
    limits = wire.Limits(frozenset({"http"}), 100, time.monotonic() + 10, True)
    with pytest.raises(KeyboardInterrupt), wire.connected("localhost", 9, limits, secure=False):
        pass
    (made,) = sockets
    assert made.fileno() == -1
    gc.collect()
