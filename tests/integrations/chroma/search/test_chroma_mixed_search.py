"""Search in one ranking: calibrated collections, and raw ones with a calibration given to the search."""

from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from servers import put_empty_store

from chroma_clip_embeddings import asearch, connect, ingest, open_collection, search
from chroma_clip_embeddings.aio import aopen_collection
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

TEXT = "a brown dog running on the beach"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty scenes, every second one as a picture and the others as a caption; not to be written to."""
    import random

    folder, rng = tmp_path_factory.mktemp("mixed"), random.Random(0)
    for i, scene in enumerate(scenes(0, 60)):
        if i % 2:
            render(scene, 96).save(folder / f"{i:02}.png")
        else:
            words = caption(scene, "en", rng, full=True).text
            (folder / f"{i:02}.txt").write_text(words, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ClientAPI:
    """The store of the two collections below."""
    return connect(put_empty_store(tmp_path_factory.mktemp("shared") / "db"))


@pytest.fixture(scope="module")
def raw(shared: ClientAPI, tiny: CLIPEmbedder, files: Path) -> chromadb.Collection:
    """The files without a calibration; not to be written to."""
    collection = open_collection(shared, "raw", embedder=tiny)
    ingest([files], collection)
    return collection


@pytest.fixture(scope="module")
def calibrated(shared: ClientAPI, tiny: CLIPEmbedder, files: Path) -> chromadb.Collection:
    """The files with the reference calibration; not to be written to."""
    collection = open_collection(shared, "calibrated", embedder=tiny.with_calibration("reference"))
    ingest([files], collection)
    return collection


@pytest.mark.parametrize("query", ["text", "image"])
def test_a_calibrated_collection_ranks_both_in_one_list(
    calibrated: chromadb.Collection, tiny: CLIPEmbedder, files: Path, query: str
) -> None:
    asked: Any = {"text": TEXT} if query == "text" else {"image": files / "01.png"}
    found = search(calibrated, k=20, **asked)
    assert found.ranked
    assert len(found.hits) == 20
    assert min(len(found.images), len(found.texts)) >= 4
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    embedder = tiny.with_calibration("reference")
    if query == "text":
        vector = embedder.embed_texts([TEXT], role="query")[0]
    else:
        vector = embedder.embed_images([files / "01.png"], role="query")[0]
    hit = found.images[-1]
    assert hit.score == pytest.approx(float(vector @ embedder.embed_images([hit.uri])[0]), abs=1e-5)


def test_a_raw_collection_shows_texts_only_where_it_is_not_searched_apart(raw: chromadb.Collection) -> None:
    """What all of this is for."""
    answer: Any = raw.query(query_texts=[TEXT], n_results=10)
    assert {row["modality"] for row in answer["metadatas"][0]} == {"text"}


def test_percentiles_fall_with_the_score_within_a_pair_of_modalities(calibrated: chromadb.Collection) -> None:
    found = search(calibrated, text=TEXT, k=60)
    for hits in (found.images, found.texts):
        shares = [hit.percentile for hit in hits if hit.percentile is not None]
        assert len(shares) == len(hits) == 30
        assert shares == sorted(shares, reverse=True)
        assert 0 <= shares[-1] < 50 < shares[0] <= 100


def test_a_raw_collection_is_searched_as_if_it_were_calibrated(
    raw: chromadb.Collection, calibrated: chromadb.Collection
) -> None:
    late = search(raw, text=TEXT, k=8, calibration="reference")
    stored = search(calibrated, text=TEXT, k=8)
    assert late.ranked
    assert [hit.id for hit in late.hits] == [hit.id for hit in stored.hits]
    np.testing.assert_allclose([h.score for h in late.hits], [h.score for h in stored.hits], atol=1e-5)
    for one, other in zip(late.hits, stored.hits, strict=True):
        assert one.percentile == pytest.approx(other.percentile, abs=0.1)


def test_a_projected_query_finds_both_in_one_request(raw: chromadb.Collection, tiny: CLIPEmbedder) -> None:
    found = search(raw, text=TEXT, k=20, calibration="reference", method="projected")
    assert found.ranked
    assert min(len(found.images), len(found.texts)) >= 4
    calibration = tiny.with_calibration("reference").calibration
    assert calibration is not None
    query = calibration.project(tiny.embed_texts([TEXT], role="query"))
    hit = found.images[0]
    assert hit.score == pytest.approx(float(query[0] @ tiny.embed_images([hit.uri])[0]), abs=1e-5)
    assert hit.percentile is None


def test_one_modality_of_a_calibrated_collection_is_searched_alone(calibrated: chromadb.Collection) -> None:
    found = search(calibrated, text=TEXT, k=5, modality="image")
    assert [hit.modality for hit in found.hits] == ["image"] * 5
    assert found.ranked


def test_a_calibrated_collection_takes_no_second_calibration(calibrated: chromadb.Collection) -> None:
    with pytest.raises(InvalidInputError, match="calibrated already"):
        search(calibrated, text=TEXT, calibration="reference")


def test_a_calibration_of_another_model_is_refused(
    client: ClientAPI, embedder: CLIPEmbedder, tiny: CLIPEmbedder
) -> None:
    other = open_collection(client, "other", embedder=embedder)
    with pytest.raises(FingerprintMismatchError, match="was measured on the model"):
        search(other, text=TEXT, calibration=tiny.with_calibration("reference").calibration)


def test_a_row_without_a_modality_is_found_in_a_calibrated_collection(
    client: ClientAPI, tiny: CLIPEmbedder, files: Path
) -> None:
    calibrated = open_collection(client, "calibrated", embedder=tiny.with_calibration("reference"))
    ingest([files / "00.txt", files / "01.png"], calibrated)
    calibrated.add(ids=["bare"], documents=[TEXT])
    first = search(calibrated, text=TEXT, k=1).hits[0]
    assert (first.id, first.modality, first.percentile) == ("bare", "", None)


async def test_the_async_search_gives_the_same(
    server: tuple[str, int], unused: str, tiny: CLIPEmbedder, files: Path
) -> None:
    host, port = server
    embedder = tiny.with_calibration("reference")
    collection = open_collection(connect(host=host, port=port), unused, embedder=embedder)
    ingest([files], collection)
    client = await chromadb.AsyncHttpClient(host=host, port=port)
    found = await asearch(await aopen_collection(client, unused), text=TEXT, k=7)
    assert found.ranked
    assert [hit.id for hit in found.hits] == [hit.id for hit in search(collection, text=TEXT, k=7).hits]
