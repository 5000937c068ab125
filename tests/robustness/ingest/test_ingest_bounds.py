"""However many files there are and however slow the store is, only so much of them is held at a time."""

import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from PIL import Image
from stored import write_notes

from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion import flow, run
from clip_embeddings.ingestion.read import reading
from clip_embeddings.ingestion.read.local import read_file

FILES = 1000


@pytest.fixture
def collection(tmp_path: Path, tiny: CLIPEmbedder) -> chromadb.Collection:
    return open_collection(connect(tmp_path / "db"), "photos", embedder=tiny)


class Counts:
    """How many files were read, and how many rows embedded and stored; and the most in between."""

    def __init__(self) -> None:
        self.read = self.embedded = self.stored = self.most_read = self.most_embedded = 0
        self._lock = threading.Lock()

    def add(self, name: str, number: int) -> None:
        with self._lock:
            setattr(self, name, getattr(self, name) + number)
            self.most_read = max(self.most_read, self.read - self.stored)
            self.most_embedded = max(self.most_embedded, self.embedded - self.stored)

    def wait_until_nothing_moves(self) -> None:
        seen, same = -1, 0
        while same < 3:
            time.sleep(0.05)
            same = same + 1 if seen == self.read + self.embedded else 0
            seen = self.read + self.embedded


def test_a_slow_store_holds_the_model_and_the_reading_back(
    collection: chromadb.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each text is one row here, so what is read and not stored is what is in memory."""
    write_notes(tmp_path / "files", FILES)
    counts = Counts()
    embed, add = CLIPEmbedder.embed_texts, chromadb.Collection.add

    def counted_read(path: Path, **options: Any) -> bytes:
        counts.add("read", 1)
        return read_file(path, **options)

    def counted_embed(self: CLIPEmbedder, texts: Any, **options: Any) -> Any:
        rows = embed(self, texts, **options)
        counts.add("embedded", len(rows))
        return rows

    def slow_add(self: chromadb.Collection, **rows: Any) -> None:
        counts.wait_until_nothing_moves()
        add(self, **rows)
        counts.add("stored", len(rows["ids"]))

    monkeypatch.setattr("clip_embeddings.ingestion.read.reading.read_file", counted_read)
    monkeypatch.setattr(CLIPEmbedder, "embed_texts", counted_embed)
    monkeypatch.setattr(chromadb.Collection, "add", slow_add)
    assert ingest([tmp_path / "files"], collection).passages == FILES
    assert counts.most_embedded <= 128
    ahead = reading.TOGETHER * (reading.AHEAD + 1)
    assert counts.most_read <= 128 + flow.UNIT + ahead < FILES / 2


def test_large_pictures_do_not_pile_up(
    collection: chromadb.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "files").mkdir()
    chance, total = np.random.default_rng(0), 0
    for i in range(50):
        path = tmp_path / "files" / f"{i}.bmp"
        Image.fromarray(chance.integers(0, 256, (800, 800, 3), np.uint8)).save(path)
        total += path.stat().st_size
    for module in (flow, run):
        monkeypatch.setattr(module, "BYTES", 4_000_000)
    ingest([tmp_path / "files" / "0.bmp"], collection)  # what is loaded once is not counted
    tracemalloc.start()
    try:
        assert ingest([tmp_path / "files"], collection).images == 49
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < total / 2
