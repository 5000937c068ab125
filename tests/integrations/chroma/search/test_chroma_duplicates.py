"""Near-duplicates of a collection, in any store: those of one modality, by raw cosines, raw or calibrated."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chroma_rows import everything, reference_of
from chromadb.api import ClientAPI
from PIL import Image, ImageEnhance
from stored import assert_same_rows
from stores import Held

from chroma_clip_embeddings import Duplicates, find_duplicates, open_collection, recalibrate
from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    InvalidInputError,
    StoreError,
    l2_normalize,
)
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

ROWS, COPIES = 300, 40


def put_with_copies(held: Held, dimension: int) -> None:
    """Vectors of no model, and nearly the same ones again under other ids: of pictures and of texts."""
    rng = np.random.default_rng(9)
    vectors = l2_normalize(rng.normal(size=(ROWS, dimension)))
    ids = [f"{number * 7919 % ROWS}" for number in range(ROWS)]
    fields = [{"modality": "text" if number % 3 else "image"} for number in range(ROWS)]
    held.put([Row(id, "", False, "words", of) for id, of in zip(ids, fields, strict=True)], vectors)
    copied = l2_normalize(vectors[:COPIES] + 0.002 * rng.normal(size=(COPIES, dimension)))
    copies = [
        Row(f"copy of {id}", "", False, "words", {**of, "uri": f"{id}.png"}, f"{id}.png")
        for id, of in zip(ids[:COPIES], fields[:COPIES], strict=True)
    ]
    held.put(copies, copied)


def groups(found: list[Duplicates]) -> list[tuple[str, ...]]:
    return [each.ids for each in found]


def of_modality(held: Held, modality: str) -> list[tuple[str, ...]]:
    ids = [id for id, row in held.rows().items() if row.metadata["modality"] == modality]
    copies = [id for id in ids if id.startswith("copy of ")]
    return sorted((id.removeprefix("copy of "), id) for id in copies)


def test_the_copies_of_one_modality_are_found_with_their_uris(held: Held, tiny: CLIPEmbedder) -> None:
    put_with_copies(held, tiny.dimension)
    before = held.rows()
    for modality in ("image", "text"):
        found = held.adapter.find_duplicates(held.raw, modality=modality, block=50)
        assert groups(found) == of_modality(held, modality)
        assert len(found) >= 10
        assert [each.uris for each in found] == [("", f"{each.ids[0]}.png") for each in found]
        assert all(0.95 <= each.cosine < 1 for each in found)
    after = held.rows()
    assert_same_rows(after, before)
    assert all(np.array_equal(row.vector, before[id].vector) for id, row in after.items())


def test_a_picture_and_a_text_of_one_vector_are_no_duplicates(held: Held, tiny: CLIPEmbedder) -> None:
    fields: tuple[dict[str, Any], ...] = ({"modality": "image"}, {"modality": "text"}, {"other": 1})
    rows = [Row(id, "", False, "x", of) for id, of in zip("abc", fields, strict=True)]
    held.put(rows, np.ones((3, tiny.dimension), np.float32))
    assert held.adapter.find_duplicates(held.raw) == []
    assert held.adapter.find_duplicates(held.raw, modality="text") == []


def test_a_threshold_means_a_raw_cosine_in_a_calibrated_collection_too(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    pictures = tiny.embed_images([render(scene, 96) for scene in scenes(900, 60)])
    cosines = np.sort((pictures @ pictures.T)[np.triu_indices(60, 1)])
    # Between the two pairs that lie farthest apart among the most alike, so that rounding decides nothing.
    top = cosines[-40:]
    widest = int(np.diff(top).argmax())
    threshold = float(top[widest : widest + 2].mean())
    collection = open_collection(client, "photos", embedder=tiny)
    collection.add(
        ids=[f"{i:02}" for i in range(60)],
        embeddings=pictures,
        documents=["x"] * 60,
        metadatas=[{"modality": "image"}] * 60,
    )
    raw = find_duplicates(collection, threshold=threshold)
    assert raw
    calibrated = recalibrate(client, "photos", reference_of(tiny))
    stored = np.asarray(everything(calibrated)["embeddings"])
    moved = int(((stored @ stored.T)[np.triu_indices(60, 1)] >= threshold).sum())
    assert moved != int((cosines >= threshold).sum()), "calibrated cosines would say the same"
    again = find_duplicates(calibrated, threshold=threshold)
    assert groups(again) == groups(raw)
    np.testing.assert_allclose([each.cosine for each in again], [each.cosine for each in raw], atol=1e-5)


def test_a_picture_saved_again_smaller_and_lighter_is_found_among_other_pictures(
    held: Held, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, scene in enumerate(scenes(950, 12)):
        render(scene, 192).save(folder / f"{number:02}.png")
    with Image.open(folder / "03.png") as picture:
        ImageEnhance.Brightness(picture.resize((150, 150))).enhance(1.05).save(
            folder / "again.jpg", quality=80
        )
    held.ingest([folder])
    (found,) = held.adapter.find_duplicates(held.raw, threshold=0.985)
    assert sorted(Path(uri).name for uri in found.uris) == ["03.png", "again.jpg"]


def test_more_rows_than_a_page_come_through_a_server_too(
    server: tuple[str, int], tiny: CLIPEmbedder, request: pytest.FixtureRequest
) -> None:
    from chroma_clip_embeddings import connect

    client = connect(host=server[0], port=server[1])
    collection = open_collection(client, "near-duplicates", embedder=tiny)
    request.addfinalizer(lambda: client.delete_collection("near-duplicates"))
    vectors = l2_normalize(np.random.default_rng(0).normal(size=(1200, tiny.dimension)))
    vectors[[700, 1199]] = vectors[[3, 3]]
    collection.add(
        ids=[f"{i:04}" for i in range(1200)],
        embeddings=vectors,
        documents=["x"] * 1200,
        metadatas=[{"modality": "image"}] * 1200,
    )
    (found,) = find_duplicates(collection, threshold=1.0)
    assert found.ids == ("0003", "0700", "1199")
    assert found.cosine == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"modality": "any"}, "modality: got 'any'; expected one of text, image"),
        ({"threshold": 2}, "threshold: got 2"),
        ({"block": 0}, "block: got 0"),
    ],
)
def test_options_that_mean_nothing_are_named(held: Held, options: dict[str, Any], message: str) -> None:
    assert held.adapter.find_duplicates(held.raw) == []
    with pytest.raises(InvalidInputError, match=f"'{held.raw.name}': {message}"):
        held.adapter.find_duplicates(held.raw, **options)


def test_what_cannot_be_searched_is_refused(
    client: ClientAPI, collection: chromadb.Collection, embedder: CLIPEmbedder
) -> None:
    with pytest.raises(StoreError, match="was made with no embedding function"):
        find_duplicates(client.create_collection("other", embedding_function=None))
    other = client.get_collection("photos", embedding_function=None)
    other._embedding_function = open_collection(client, "random", embedder=embedder)._embedding_function
    with pytest.raises(FingerprintMismatchError, match="collection 'photos' holds vectors of"):
        find_duplicates(other)
    client.delete_collection("photos")
    with pytest.raises(StoreError, match="cannot read the collection 'photos'"):
        find_duplicates(collection)
