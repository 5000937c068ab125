"""A search by words and a picture at once: their joint vector, in raw and calibrated collections."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import scene

from clip_embeddings import CLIPEmbedder, l2_normalize
from clip_embeddings.stores.collection import ingest, search
from clip_embeddings.stores.lookup import open_store
from clip_embeddings.stores.protocol import Collection

WORDS = "in the snow"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(12):
        scene(seed).save(folder / f"{seed}.png")
    (folder / "cat.txt").write_text("A cat in the snow.")
    return folder


def made(place: str, pictures: Path, embedder: CLIPEmbedder) -> Collection:
    collection = open_store(place).open("mine", embedder=embedder, create=True)
    ingest([pictures], collection)
    return collection


def expected(pictures: Path, embedder: CLIPEmbedder) -> dict[str, float]:
    """Cosine of each picture with what is asked, by hand."""
    asked = embedder.embed_texts([WORDS], role="query") + embedder.embed_images(
        [pictures / "3.png"], role="query"
    )
    files = sorted(pictures.glob("*.png"))
    cosines = embedder.embed_images(files) @ l2_normalize(asked)[0]
    return {file.name: float(cosine) for file, cosine in zip(files, cosines, strict=True)}


@pytest.mark.parametrize("kind", ["chroma", "lancedb"])
@pytest.mark.parametrize("calibration", [None, "reference"])
def test_words_and_a_picture_are_one_query_that_is_like_both(
    tiny: CLIPEmbedder, pictures: Path, tmp_path: Path, kind: str, calibration: Any
) -> None:
    embedder = tiny.with_calibration(calibration) if calibration else tiny
    collection = made(f"{kind}:{tmp_path / 'db'}", pictures, embedder)
    found = search(collection, text=WORDS, image=pictures / "3.png", k=12, modality="image")
    cosines = expected(pictures, embedder)
    assert {hit.source.name: pytest.approx(hit.score, abs=1e-4) for hit in found.hits} == cosines
    assert all(hit.percentile is None for hit in found.hits)  # of which nothing was measured
    mixed = search(collection, text=WORDS, image=pictures / "3.png", k=13)
    assert mixed.ranked is bool(calibration)
    assert {hit.modality for hit in mixed.hits} == {"image", "text"}


@pytest.mark.parametrize("method", ["filtered", "projected"])
def test_a_late_calibration_moves_the_words_and_the_picture_each_by_its_own(
    tiny: CLIPEmbedder, pictures: Path, tmp_path: Path, method: Any
) -> None:
    collection = made(f"chroma:{tmp_path / 'db'}", pictures, tiny)
    asked: dict[str, Any] = {"text": WORDS, "image": pictures / "3.png", "k": 13}
    found = search(collection, calibration="reference", method=method, **asked)
    assert found.ranked
    assert found.hits[0].source.name == "3.png"
    if method == "filtered":
        of_late = expected(pictures, tiny.with_calibration("reference"))
        assert {hit.source.name: pytest.approx(hit.score, abs=1e-4) for hit in found.images} == of_late
        scores = [hit.score for hit in found.hits]
        assert np.all(np.diff(scores) <= 0)
