"""Search in raw collections: each modality on its own, with cosines, and clear refusals."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import CLIPEmbeddingFunction, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError


def test_pictures_and_texts_are_found_each_ranked_on_its_own(
    client: ClientAPI, tiny: CLIPEmbedder, folder: Path
) -> None:
    collection = open_collection(client, "photos", embedder=tiny)
    ingest([folder], collection)
    result = search(collection, text="노을지는 바다", k=3)
    assert [len(result.images), len(result.texts), result.ranked] == [3, 3, False]
    assert [hit.modality for hit in result.hits] == ["image", "text"] * 3
    assert {hit.modality for hit in result.images} == {"image"}
    assert Path(result.texts[0].uri).name == "sea.md"
    query = tiny.embed_texts(["노을지는 바다"])[0]
    for hits in (result.images, result.texts):
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in result.images:
        assert hit.score == pytest.approx(float(query @ tiny.embed_images([hit.uri])[0]), abs=1e-5)


def test_a_picture_finds_itself_first(client: ClientAPI, tiny: CLIPEmbedder, folder: Path) -> None:
    collection = open_collection(client, "photos", embedder=tiny)
    ingest([folder], collection)
    path = folder / "scene-04.png"
    best = search(collection, image=path, k=1).images[0]
    assert best.uri == str(path)
    assert best.score == pytest.approx(1.0, abs=1e-5)


def test_one_modality_leaves_the_other_empty(client: ClientAPI, tiny: CLIPEmbedder, folder: Path) -> None:
    collection = open_collection(client, "photos", embedder=tiny)
    ingest([folder], collection)
    assert search(collection, text="a cat", modality="image").texts == ()
    assert search(collection, text="a cat", modality="text").images == ()


@pytest.mark.parametrize("space", ["cosine", "ip", "l2"])
def test_the_score_is_the_cosine_in_every_space(
    client: ClientAPI, tiny: CLIPEmbedder, folder: Path, space: Any
) -> None:
    collection = client.create_collection(
        "photos",
        embedding_function=CLIPEmbeddingFunction("tiny", dtype="float32"),
        configuration={"hnsw": {"space": space}},
    )
    ingest([folder], collection)
    hit = search(collection, text="a cat", k=1).texts[0]
    assert hit.score == pytest.approx(float(np.dot(*tiny.embed_texts(["a cat", hit.document]))), abs=1e-5)


def test_an_empty_collection_finds_nothing(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    result = search(open_collection(client, "photos", embedder=tiny), text="a cat")
    assert (result.images, result.texts) == ((), ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give text=..., image=..., or both"),
        ({"text": "a", "k": 0}, "k: got 0"),
        ({"text": "a", "modality": "video"}, "modality: got 'video'"),
        ({"text": "a", "method": "magic"}, "method: got 'magic'"),
        ({"text": "a", "calibration": "nowhere.json"}, "nowhere.json' cannot be read"),
        ({"text": 3}, r"texts\[0\]: got int"),
    ],
)
def test_a_query_that_makes_no_sense_is_named(
    client: ClientAPI, tiny: CLIPEmbedder, options: dict[str, Any], message: str
) -> None:
    collection = open_collection(client, "photos", embedder=tiny)
    with pytest.raises(InvalidInputError, match=message):
        search(collection, **options)


def test_an_unreadable_query_picture_is_named(client: ClientAPI, tiny: CLIPEmbedder, tmp_path: Path) -> None:
    with pytest.raises(ImageDecodeError, match="no such file"):
        search(open_collection(client, "photos", embedder=tiny), image=tmp_path / "absent.png")
