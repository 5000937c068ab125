"""The bundled model says that it knows drawn scenes only, where it meets pictures of another kind."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import connect, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder, ZeroShotClassifier
from clip_embeddings.models.hub.assets import say_once
from clip_embeddings.models.tiny.own import NOTE, unlike
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

SKLEARN = find_spec("sklearn")  # found without importing it, which takes a second and more
assert SKLEARN is not None
assert SKLEARN.origin is not None
PHOTOS = sorted((Path(SKLEARN.origin).parent / "datasets" / "images").glob("*.jpg"))
SEED = 640_000

Said = Callable[[], int]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Said:
    """How often it was said in this test; it is said once in a process."""
    say_once.cache_clear()
    return lambda: caplog.messages.count(NOTE)


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory) -> ClientAPI:
    return connect(tmp_path_factory.mktemp("store"))


def test_photographs_are_told_from_drawn_scenes_also_in_half_precision(tiny: CLIPEmbedder) -> None:
    drawn = [render(scene) for scene in scenes(SEED, 12)]
    assert len(PHOTOS) == 2
    for embedder in (tiny, CLIPEmbedder("tiny", device="cpu", dtype="bfloat16")):
        assert unlike(embedder.embed_images(PHOTOS)).all()
        assert unlike(embedder.embed_images(drawn)).sum() <= 1


def test_ingest_and_search_by_picture_say_it_once(tiny: CLIPEmbedder, client: ClientAPI, said: Said) -> None:
    calibrated = open_collection(client, "photos", embedder=tiny.with_calibration("reference"))
    ingest(PHOTOS, calibrated)
    assert said() == 1
    say_once.cache_clear()
    search(calibrated, image=PHOTOS[0])
    search(calibrated, image=PHOTOS[1])
    assert said() == 2


def test_zero_shot_labels_and_the_matrix_say_it_too(tiny: CLIPEmbedder, said: Said) -> None:
    tiny.similarity(PHOTOS, ["a temple", "a flower"])
    assert said() == 1
    say_once.cache_clear()
    ZeroShotClassifier(tiny, ["temple", "flower"]).predict(PHOTOS)
    assert said() == 2


def test_nothing_is_said_of_drawn_scenes_and_one_photograph_among_them(
    tiny: CLIPEmbedder, client: ClientAPI, tmp_path: Path, said: Said
) -> None:
    for number, scene in enumerate(scenes(SEED, 6)):
        render(scene).save(tmp_path / f"{number}.png")
    collection = open_collection(client, "drawn", embedder=tiny)
    ingest([tmp_path, PHOTOS[0]], collection)
    search(collection, image=tmp_path / "0.png")
    assert said() == 0


def test_other_models_say_nothing(embedder: CLIPEmbedder, said: Said) -> None:
    embedder.embed_images(PHOTOS, role="query")
    assert said() == 0
