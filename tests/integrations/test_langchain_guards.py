"""LangChain's `index(cleanup="full")` deletes nothing for a folder that only looks empty."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_stores import in_memory
from stored import write_notes

from clip_embeddings import CLIPEmbedder, InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader, MultimodalChroma


@pytest.fixture
def store(tiny: CLIPEmbedder) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        yield store


@pytest.fixture
def library(tmp_path: Path) -> Path:
    write_notes(tmp_path / "lib", 2)
    write_notes(tmp_path / "disk2", 3, first=10)
    (tmp_path / "lib" / "disk2").symlink_to(tmp_path / "disk2", target_is_directory=True)
    return tmp_path / "lib"


def indexed(store: MultimodalChroma, records: InMemoryRecordManager, loader: MediaLoader) -> int:
    return int(index(loader, records, store, cleanup="full", key_encoder="sha256")["num_deleted"])


@pytest.mark.parametrize("accident", ["unreadable", "dead link", "empty root"])
def test_what_cannot_be_looked_into_stops_the_run_before_anything_is_deleted(
    store: MultimodalChroma, library: Path, monkeypatch: pytest.MonkeyPatch, accident: str
) -> None:
    embeddings, records = CLIPEmbeddings.of(store.embedder), InMemoryRecordManager("records")
    roots = [library, library / "disk2"] if accident == "empty root" else [library]
    assert indexed(store, records, MediaLoader(roots, embeddings)) == 0
    assert store._collection.count() == 5
    if accident == "unreadable":
        listing = os.scandir

        def refused(path: str) -> object:
            if str(path).endswith("disk2"):
                raise PermissionError(13, "Permission denied", str(path))
            return listing(path)

        monkeypatch.setattr(os, "scandir", refused)
    elif accident == "dead link":
        (library.parent / "disk2").rename(library.parent / "away")
    else:
        for note in (library / "disk2").iterdir():
            note.unlink()
    with pytest.raises(InvalidInputError, match=r"disk2.*allow_empty"):
        indexed(store, records, MediaLoader(roots, embeddings))
    assert store._collection.count() == 5
    loader = MediaLoader(roots, embeddings, allow_empty=True)
    assert indexed(store, records, loader) == 3
    assert ["disk2" in failure.path for failure in loader.failures] == [True]


def test_linked_folders_are_followed_as_ingest_does(library: Path, tiny: CLIPEmbedder) -> None:
    (library / "loop").symlink_to(library, target_is_directory=True)
    loader = MediaLoader(library, CLIPEmbeddings.of(tiny))
    names = [Path(document.metadata["uri"]).parent.name for document in loader.load()]
    assert names == ["disk2"] * 3 + ["lib"] * 2
    assert [Path(failure.path).name for failure in loader.failures] == ["loop"]


def test_deleting_no_rows_deletes_none(store: MultimodalChroma) -> None:
    store.add_texts(["one"], ids=["a"])
    store.delete([])
    assert store._collection.count() == 1
