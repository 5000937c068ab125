"""MediaLoader and CLIPTextSplitter, and LangChain's index() over them: only what changed is done again."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.indexing import InMemoryRecordManager, RecordManager, index
from langchain_stores import in_memory, pictures

from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError, StoreError
from langchain_clip_embeddings import CLIPEmbeddings, CLIPTextSplitter, MediaLoader, MultimodalChroma

LONG = "The dog ran on the beach. " * 40


@pytest.fixture
def store(embeddings: CLIPEmbeddings) -> Iterator[MultimodalChroma]:
    with in_memory(embeddings) as store:
        yield store


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Four pictures and a note; to be changed."""
    pictures(tmp_path, 4)
    (tmp_path / "note.txt").write_text("The cat has an appointment with the vet.", encoding="utf-8")
    return tmp_path


@pytest.fixture(params=["in memory", "in sql"])
def records(
    request: pytest.FixtureRequest, store: MultimodalChroma, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RecordManager]:
    """The host leaves its database open, of which Python 3.13 warns; so it is closed here."""
    if request.param == "in memory":
        yield InMemoryRecordManager(store.index_namespace)
        return
    from langchain_classic.indexes import SQLRecordManager

    place = tmp_path_factory.mktemp("records") / "records.sql"
    in_sql = SQLRecordManager(store.index_namespace, db_url=f"sqlite:///{place}")
    yield in_sql
    engine: Any = in_sql.engine
    engine.dispose()


def test_passages_fit_the_context_and_know_their_place(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder
) -> None:
    splitter = CLIPTextSplitter(embeddings, add_start_index=True)
    parts = splitter.split_documents([Document(LONG, metadata={"page": 1}), Document("short")])
    assert len(parts) > 2
    for part in parts[:-1]:
        start = part.metadata["start_index"]
        assert LONG[start : start + len(part.page_content)] == part.page_content
        assert part.metadata["page"] == 1
    assert parts[-1] == Document("short", metadata={"start_index": 0})
    assert splitter.split_text(LONG) == [part.page_content for part in parts[:-1]]
    strict = CLIPEmbedder("tiny", device="cpu", dtype="float32", long_text="error")
    strict.embed_texts([part.page_content for part in parts])  # raises where one is too long
    assert "start_index" not in CLIPTextSplitter(embeddings).create_documents(["a cat"])[0].metadata


def test_a_folder_becomes_documents_one_file_at_a_time(embeddings: CLIPEmbeddings, folder: Path) -> None:
    captions = {folder / "scene-00.png": "a first scene"}
    loader = MediaLoader(folder, embeddings, captions=captions)
    documents = loader.load()
    images = [document for document in documents if document.metadata["modality"] == "image"]
    assert [document.page_content for document in images[:2]] == ["a first scene", "scene-01.png"]
    assert images[0].metadata["mime_type"] == "image/png"
    assert (images[0].metadata["width"], images[0].metadata["height"]) == (128, 128)
    long = [document for document in documents if document.metadata["source"].endswith("long.txt")]
    assert len(long) > 2
    assert all(len(document.metadata["content_sha256"]) == 64 for document in documents)
    first = next(iter(loader.lazy_load()))
    assert first == documents[0]


async def test_the_loader_is_async_too(embeddings: CLIPEmbeddings, media: Path) -> None:
    loader = MediaLoader(media, embeddings)
    assert [document async for document in loader.alazy_load()] == loader.load()


def test_unreadable_files_are_skipped_with_a_warning_or_raised(
    embeddings: CLIPEmbeddings, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = media / "scene-41.png"
    bad.write_bytes(bad.read_bytes()[:300])
    (media / "empty.txt").write_text("")
    loader = MediaLoader([media], embeddings)
    with caplog.at_level(logging.WARNING):
        assert len(loader.load()) == 4
    assert {Path(failure.path).name for failure in loader.failures} == {"scene-41.png", "empty.txt"}
    assert str(bad) in caplog.text
    (media / "empty.txt").unlink()
    with pytest.raises(ImageDecodeError, match=r"scene-41\.png"):
        MediaLoader(media, embeddings, on_error="raise").load()
    bad.write_bytes(b"")
    with pytest.raises(InvalidInputError, match=r"scene-41\.png: empty"):
        MediaLoader(media, embeddings, on_error="raise").load()
    with pytest.raises(InvalidInputError, match="no such file or folder"):
        MediaLoader(media / "nothing", embeddings).load()


def test_unchanged_is_skipped_changed_replaced_and_vanished_removed(
    records: RecordManager, store: MultimodalChroma, embeddings: CLIPEmbeddings, media: Path
) -> None:
    records.create_schema()
    loader = MediaLoader(media, embeddings)

    def run() -> dict[str, Any]:
        return dict(index(loader, records, store, cleanup="full", key_encoder="sha256"))

    assert run() == {"num_added": 5, "num_updated": 0, "num_skipped": 0, "num_deleted": 0}
    assert run() == {"num_added": 0, "num_updated": 0, "num_skipped": 5, "num_deleted": 0}
    changed = media / "scene-40.png"
    (media / "scene-42.png").replace(changed)
    (media / "note.txt").write_text("The dog has one too.", encoding="utf-8")
    assert run() == {"num_added": 2, "num_updated": 0, "num_skipped": 2, "num_deleted": 3}
    (found,) = store.similarity_search_by_image(str(changed), k=1, modality="image")
    assert Path(found.metadata["uri"]).name == "scene-40.png"
    assert [d.page_content for d in store.similarity_search("a", modality="text")] == ["The dog has one too."]
    assert len(store.get()["ids"]) == 4


def test_a_run_that_failed_goes_on_where_it_stopped(
    store: MultimodalChroma, embeddings: CLIPEmbeddings, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = InMemoryRecordManager(store.index_namespace)
    loader = MediaLoader(media, embeddings)
    upsert, calls = store._collection.upsert, 0

    def failing(**rows: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:  # the second batch; the first was a text and a picture
            raise ConnectionError("connection reset")
        upsert(**rows)

    with monkeypatch.context() as patch:
        patch.setattr(store._collection, "upsert", failing)
        with pytest.raises(StoreError, match="connection reset"):
            index(loader, records, store, cleanup="full", batch_size=2, key_encoder="sha256")
    done = index(loader, records, store, cleanup="full", batch_size=2, key_encoder="sha256")
    assert (done["num_skipped"], done["num_added"]) == (2, 3)
    assert len(store.get()["ids"]) == 5
