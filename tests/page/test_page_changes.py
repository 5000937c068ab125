"""The page's server beside others that change the store, and requests that break off."""

from pathlib import Path

import pytest
from pictures import scene

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.stores.collection import ingest
from clip_embeddings.stores.lookup import open_store
from clip_embeddings_app import library
from clip_embeddings_app.library import Library
from clip_embeddings_app.page.desk import Desk
from clip_embeddings_app.page.thumbnails import Thumbnails


@pytest.fixture
def own_files(tmp_path: Path) -> Path:
    folder = tmp_path / "own_files"
    folder.mkdir()
    for seed in range(12):
        scene(seed).save(folder / f"{seed}.png")
        (folder / f"{seed}.txt").write_text(f"Note {seed}: the boat left the harbour.")
    return folder


@pytest.fixture(params=["chroma", "lancedb"])
def own(
    request: pytest.FixtureRequest, own_files: Path, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    monkeypatch.setattr(library, "_OFTEN", 0.0)
    address = f"{request.param}:{own_files.parent / 'db'}"
    ingest([own_files], open_store(address).open("mine", embedder=tiny, create=True))
    store = open_store(address)
    return Desk(
        Library(store, store.open), roots=None, thumbnails=Thumbnails(None, own_files.parent / "kept")
    )


def drop(own: Desk, own_files: Path) -> None:
    """Delete the collection, as another process would."""
    if (own_files.parent / "db" / "chroma.sqlite3").exists():
        from chroma_clip_embeddings import connect

        connect(own_files.parent / "db").delete_collection("mine")
    else:
        import lancedb

        lancedb.connect(own_files.parent / "db").drop_table("mine")


def search(own: Desk) -> dict[str, object]:
    return own.search(None, text="a boat", image=None, k=6, modality="any", where=None)


def test_a_collection_that_is_made_again_is_answered_as_it_is_now(
    own: Desk, own_files: Path, tiny: CLIPEmbedder
) -> None:
    assert search(own)["ranked"] is False
    before = own.gap(None)
    assert before["after"] is None
    drop(own, own_files)
    address = own.collections()  # which looks at the store, and not at what is open
    assert address["collections"] == []
    kind = "chroma" if (own_files.parent / "db" / "chroma.sqlite3").exists() else "lancedb"
    again = open_store(f"{kind}:{own_files.parent / 'db'}")
    ingest([own_files], again.open("mine", embedder=tiny.with_calibration("reference"), create=True))
    browsed = own.browse(None, start=0, k=5, modality="any", where=None)
    assert browsed["rows"] == 24
    assert search(own)["ranked"] is True
    assert own.gap(None)["after"] is not None
    assert own.fields(None)["rows"] == 24


def test_a_file_of_a_deleted_row_is_not_handed_out_and_one_that_moved_is(own: Desk, own_files: Path) -> None:
    hits = own.browse(None, start=0, k=30, modality="image", where=None)["hits"]
    ids = {hit["name"]: hit["id"] for hit in hits}
    assert own.original(None, ids["3.png"]) == own_files / "3.png"
    (own_files / "4.png").rename(own_files / "moved.png")
    kind = "chroma" if (own_files.parent / "db" / "chroma.sqlite3").exists() else "lancedb"
    collection = open_store(f"{kind}:{own_files.parent / 'db'}").open("mine")
    assert ingest([own_files], collection).failures == []
    with collection.rows.writing():
        collection.rows.delete([ids["3.png"]])
    assert own.original(None, ids["4.png"]) == own_files / "moved.png"
    assert own.thumbnail(None, ids["4.png"]) is not None
    with pytest.raises(InvalidInputError, match="no row"):
        own.original(None, ids["3.png"])
