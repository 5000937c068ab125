"""LangChain's `index(cleanup="full")` deletes nothing for a folder that only looks empty."""

import os
import shutil
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


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def test_a_disk_below_a_root_that_is_not_there_stops_the_run_before_anything_is_given_out(
    library: Path, tiny: CLIPEmbedder
) -> None:
    write_notes(library / "zoo" / "disk3", 2, first=20)
    write_notes(library.parent / "mnt", 2, first=30)
    (library / "My.Disk").symlink_to(library.parent / "mnt", target_is_directory=True)
    embeddings = CLIPEmbeddings.of(tiny)
    assert len(MediaLoader(library, embeddings).load()) == 9
    emptied(library / "zoo" / "disk3")
    with pytest.raises(InvalidInputError, match=r"zoo/disk3: is empty\. .*allow_empty"):
        next(MediaLoader(library, embeddings).lazy_load())
    with pytest.raises(InvalidInputError, match=r"zoo/disk3: is empty\. .*allow_empty"):
        next(MediaLoader(f"{library}/**/*.txt", embeddings).lazy_load())
    (library / "zoo" / "disk3" / ".hidden").touch()  # a folder that is in use
    emptied(library.parent / "disk2")
    with pytest.raises(InvalidInputError, match=r"lib/disk2: is empty\. .*allow_empty"):
        next(MediaLoader(library, embeddings).lazy_load())
    write_notes(library.parent / "disk2", 1, first=40)
    shutil.rmtree(library.parent / "mnt")
    with pytest.raises(InvalidInputError, match=r"My\.Disk: is a link to .*allow_empty"):
        next(MediaLoader(library, embeddings).lazy_load())
    loader = MediaLoader(library, embeddings, allow_empty=True)
    assert len(loader.load()) == 3
    assert [Path(failure.path).name for failure in loader.failures] == ["My.Disk"]


@pytest.mark.parametrize("name", ["a.JPG", "a.png", "a.md", "a.heic", "a.pdf", "a.mp4", "a.rst"])
def test_a_dead_link_that_is_named_as_a_file_is_one_failure_and_the_rest_goes_on(
    library: Path, tiny: CLIPEmbedder, name: str
) -> None:
    (library / name).symlink_to(library / "nowhere")
    (library / "left-out").mkdir()
    (library / "left-out" / "settings.xmp").touch()
    loader = MediaLoader(library, CLIPEmbeddings.of(tiny))
    assert len(loader.load()) == 5
    assert [Path(failure.path).name for failure in loader.failures] == [name]


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
