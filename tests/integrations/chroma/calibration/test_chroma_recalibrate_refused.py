"""What `recalibrate` refuses, and that the collection is whole whenever something fails on the way."""

from dataclasses import replace
from typing import Any

import chromadb
import pytest
from chroma_rows import ROWS, filled, names, reference_of
from chromadb.api import ClientAPI

from chroma_clip_embeddings import CLIPEmbeddingFunction, open_collection, recalibrate
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, StoreError


@pytest.fixture
def photos(client: ClientAPI, tiny: CLIPEmbedder) -> chromadb.Collection:
    return filled(client, tiny)


@pytest.mark.parametrize(
    ("calibration", "error", "message"),
    [
        ("no-such-file.json", InvalidInputError, "no-such-file.json"),
        ("another model", FingerprintMismatchError, "was measured on the model"),
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused_before_anything_is_written(
    client: ClientAPI,
    photos: chromadb.Collection,
    tiny: CLIPEmbedder,
    calibration: Any,
    error: type[Exception],
    message: str,
) -> None:
    if calibration == "another model":
        calibration = replace(reference_of(tiny), model="0123456789abcdef")
    with pytest.raises(error, match=message):
        recalibrate(client, "photos", calibration)
    assert names(client) == ["photos"]
    assert open_collection(client, "photos").id == photos.id


def test_a_row_without_a_modality_is_named_and_the_fix_that_is_given_works(
    client: ClientAPI, photos: chromadb.Collection
) -> None:
    photos.add(ids=["plain"], documents=["added by Chroma's own call"])
    with pytest.raises(StoreError, match=r"rows without a modality \(1; the first is 'plain'\)") as caught:
        recalibrate(client, "photos", "reference")
    assert names(client) == ["photos"]
    collection = photos  # noqa: F841
    fix = str(caught.value).partition("row is: ")[2].partition(", or")[0]
    exec(fix)
    assert recalibrate(client, "photos", "reference").count() == ROWS + 1


def test_a_collection_that_is_not_there_is_named_with_those_that_are(
    client: ClientAPI, photos: chromadb.Collection
) -> None:
    with pytest.raises(StoreError, match=r"no collection 'fotos' in this store; it has: photos"):
        recalibrate(client, "fotos", "reference")


@pytest.mark.parametrize("other", ["photos.before", "photos.recalibrating"])
def test_a_collection_of_the_users_own_under_a_name_in_between_is_left_alone(
    client: ClientAPI, photos: chromadb.Collection, other: str
) -> None:
    kept = client.create_collection(other, embedding_function=None)
    with pytest.raises(StoreError, match=rf"'{other}' is in the way: .*Rename it"):
        recalibrate(client, "photos", "reference")
    assert client.get_collection(other, embedding_function=None).id == kept.id
    kept.modify(name="mine")
    assert recalibrate(client, "photos", "reference").count() == ROWS


def test_rows_written_meanwhile_are_noticed_and_the_collection_stays(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = chromadb.Collection.add

    def adding(copy: chromadb.Collection, **rows: Any) -> None:
        add(copy, **rows)
        photos.upsert(ids=["late"], embeddings=tiny.embed_texts(["late"]), metadatas=[{"modality": "text"}])

    monkeypatch.setattr(chromadb.Collection, "add", adding)
    with pytest.raises(StoreError, match=r"was written to while it was recalibrated .*It is as it was"):
        recalibrate(client, "photos", "reference")
    assert names(client) == ["photos"]
    assert open_collection(client, "photos").id == photos.id


def test_a_store_that_fails_says_how_to_go_on(
    client: ClientAPI, photos: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, count = chromadb.Collection.modify, photos.count()

    def failing(collection: chromadb.Collection, **changes: Any) -> None:
        if changes.get("name") == "photos":
            raise ConnectionError("connection refused")
        rename(collection, **changes)

    with monkeypatch.context() as broken:
        broken.setattr(chromadb.Collection, "modify", failing)
        with pytest.raises(
            StoreError, match=r"finish recalibrating 'photos': connection refused\. No row is lost"
        ):
            recalibrate(client, "photos", "reference")
    assert names(client) == ["photos.before", "photos.recalibrating"]
    assert recalibrate(client, "photos", "reference").count() == count
    assert names(client) == ["photos"]


def test_a_name_given_away_between_two_steps_loses_no_row(
    client: ClientAPI, photos: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program that makes what it does not find takes the name while nobody has it."""
    rename, count = chromadb.Collection.modify, photos.count()

    def taken(collection: chromadb.Collection, **changes: Any) -> None:
        if changes.get("name") == "photos":
            client.create_collection("photos", embedding_function=CLIPEmbeddingFunction("tiny"))
        rename(collection, **changes)

    with monkeypatch.context() as busy:
        busy.setattr(chromadb.Collection, "modify", taken)
        with pytest.raises(StoreError, match="cannot finish recalibrating 'photos'"):
            recalibrate(client, "photos", "reference")
    for _ in range(2):
        with pytest.raises(StoreError, match=r"'photos' was made anew.*rows are in 'photos.recalibrating'"):
            recalibrate(client, "photos", "reference")
    client.delete_collection("photos")
    assert open_collection(client, "photos").count() == count


def test_a_deleted_collection_does_not_come_back(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A complete copy alone is no reason: only where the old rows stand aside for it."""

    def failing(*arguments: Any) -> None:
        raise ConnectionError("connection refused")

    rename = chromadb.Collection.modify

    def marked_only(collection: chromadb.Collection, **changes: Any) -> None:
        if "name" in changes:
            failing()
        rename(collection, **changes)

    with monkeypatch.context() as broken:
        broken.setattr(chromadb.Collection, "modify", marked_only)
        with pytest.raises(StoreError, match="connection refused"):
            recalibrate(client, "photos", "reference")
    client.delete_collection("photos")
    assert open_collection(client, "photos", embedder=tiny).count() == 0
