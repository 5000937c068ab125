"""Large files and readers that fail cost that file: little of it is read, and the run goes on or ends."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromadb
import pytest
from stored import rows_of, write_notes, write_picture

from chroma_clip_embeddings import ingest, sample_files
from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError
from clip_embeddings.ingestion.find.entries import Entry
from clip_embeddings.ingestion.read import reading
from clip_embeddings.ingestion.read.budget import Budget
from clip_embeddings.ingestion.read.local import UnusableFile, read_file
from clip_embeddings.ingestion.read.reading import Remote, read_ahead
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader

FILM = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
"""How an MP4 file begins."""


def sparse(path: Path, size: int, head: bytes = b"") -> Path:
    """A file that says it is large, and takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return path


@pytest.fixture
def bytes_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How much was read of files that were opened with `os.open`."""
    total, read = [0], os.read

    def counted(file: int, size: int) -> bytes:
        content = read(file, size)
        total[0] += len(content)
        return content

    monkeypatch.setattr(os, "read", counted)
    return lambda: total[0]


def test_a_film_of_200_gigabytes_beside_notes_is_one_failure(
    collection: chromadb.Collection, tmp_path: Path, bytes_read: Callable[[], int]
) -> None:
    write_notes(tmp_path / "files", 40)
    sparse(tmp_path / "files" / "a-film.mp4", 200 * 10**9, FILM)
    report = ended(lambda: ingest([tmp_path / "files"], collection))
    assert report.passages == 40
    (failure,) = report.failures
    assert failure.reason == "is larger than the limit of 100,000,000 bytes; --max-bytes raises it"
    assert bytes_read() < 100_000


def test_with_a_higher_limit_its_first_bytes_are_enough(
    collection: chromadb.Collection, tmp_path: Path, bytes_read: Callable[[], int]
) -> None:
    write_notes(tmp_path / "files", 40)
    sparse(tmp_path / "files" / "a-film.mp4", 200 * 10**9, FILM)
    sparse(tmp_path / "files" / "b-film.jpg", 3 * 10**9, FILM)
    report = ended(lambda: ingest([tmp_path / "files"], collection, max_bytes=10**12))
    assert report.passages == 40
    assert {Path(failure.path).name: failure.reason for failure in report.failures} == {
        "a-film.mp4": "is a video or a sound recording; neither is read",
        "b-film.jpg": "is a video or a sound recording; neither is read",
    }
    assert bytes_read() < 100_000


def ended(work: Callable[[], Any], seconds: float = 60) -> Any:
    """The result of work that used to hang."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert results, "it did not end"
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def test_max_bytes_holds_for_local_files_everywhere(
    collection: chromadb.Collection, tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    write_picture(tmp_path / "files" / "a.png", 1, size=8)
    (tmp_path / "files" / "long.txt").write_text("The cat ran. " * 100)
    (tmp_path / "files" / "short.txt").write_text("The cat ran.")
    report = ingest([tmp_path / "files"], collection, max_bytes=1000)
    assert (report.images, report.passages) == (1, 1)
    assert [failure.reason for failure in report.failures] == [
        "is larger than the limit of 1,000 bytes; --max-bytes raises it"
    ]
    loader = MediaLoader(tmp_path / "files", CLIPEmbeddings(model="tiny"), max_bytes=1000)
    assert len(loader.load()) == 2
    assert ["larger than" in failure.reason for failure in loader.failures] == [True]
    assert sample_files([tmp_path / "files"], tiny, max_bytes=1000).counts == {"image": 1, "text": 1}
    with pytest.raises(InvalidInputError, match="max_bytes=0"):
        ingest([tmp_path / "files"], collection, max_bytes=0)


def test_a_file_that_grows_while_it_is_read_stops_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.log").write_text("x" * 100)
    monkeypatch.setattr(os, "read", lambda file, size: b"x" * min(size, 1_000_000))
    with pytest.raises(UnusableFile, match="larger than the limit of 5,000,000"):
        read_file(tmp_path / "a.log", max_bytes=5_000_000)


@pytest.mark.parametrize(
    "error", [MemoryError(), OverflowError("too large"), RuntimeError("odd"), KeyError(3)]
)
def test_whatever_a_reader_raises_is_that_files_failure_and_blocks_nobody(
    collection: chromadb.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for number in range(60):
        (tmp_path / f"{number:02}.txt").write_text(
            f"Note {number}. " + "The cat ran. " * 20, encoding="utf-8"
        )
    monkeypatch.setattr(reading, "_SMALL", 10)  # each a group of its own
    monkeypatch.setattr("clip_embeddings.ingestion.run.BYTES", 400)

    def failing(path: Path, **options: Any) -> bytes:
        time.sleep(0.01)
        if path.name in ("00.txt", "31.txt"):
            raise error
        return read_file(path, **options)

    monkeypatch.setattr(reading, "read_file", failing)
    report = ended(lambda: ingest([tmp_path], collection))
    assert {Path(failure.path).name for failure in report.failures} == {"00.txt", "31.txt"}
    assert all(failure.reason.startswith("cannot be read (") for failure in report.failures)
    assert len({row.metadata["uri"] for row in rows_of(collection).values()}) == 58


def test_a_search_for_files_that_fails_ends_the_run_and_does_not_hang(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_text("x" * 1000)

    def found() -> Iterator[Any]:
        yield from (Entry(str(path), place="") for path in sorted(tmp_path.iterdir()))
        raise StoreError("a disk went away")

    def run() -> None:
        for _ in read_ahead(found(), Remote(frozenset()), Budget(1)):
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_SMALL", 10)
        with pytest.raises(StoreError, match="a disk went away"):
            ended(run)


def test_what_is_neither_is_not_fetched_whole(tmp_path: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/films/a.mp4", FILM + bytes(3_000_000))
    remote = Remote(frozenset({"memory"}), max_bytes=10**9)
    (read,) = read_ahead([Entry("memory://films/a.mp4", place="")], remote, Budget(1))
    assert read[0].reason == "is a video or a sound recording; neither is read"
