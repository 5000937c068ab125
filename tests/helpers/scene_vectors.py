"""Vectors of drawn scenes by the bundled model: pictures and captions of the same scenes, raw."""

import random
from dataclasses import dataclass
from functools import cache

from clip_embeddings import CalibrationEstimator, CLIPEmbedder
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.types import Embeddings, Modality

# Neither the scenes of training nor those of the reference calibration.
MEASURED, FRESH = 720_000, 730_000


@dataclass(frozen=True)
class SceneVectors:
    """Row i of each is of scene i: (N, D). Queries are other captions than the texts."""

    pictures: Embeddings
    texts: Embeddings
    queries: Embeddings


@cache
def scene_vectors(first: int = FRESH, count: int = 150) -> SceneVectors:
    """Raw vectors of the scenes from one seed on."""
    shown, rng = list(scenes(first, count)), random.Random(first)
    model = CLIPEmbedder("tiny", device="cpu", dtype="float32")
    texts, queries = ([caption(scene, "en", rng, full=True).text for scene in shown] for _ in range(2))
    pictures = model.embed_images([render(scene, 96) for scene in shown])
    return SceneVectors(pictures, model.embed_texts(texts), model.embed_texts(queries))


@cache
def measured() -> CalibrationEstimator:
    """What 300 scenes say of the gap; not to be added to."""
    vectors, estimator = scene_vectors(MEASURED, 300), CalibrationEstimator()
    estimator.add(vectors.pictures, "image")
    estimator.add(vectors.texts, "text")
    estimator.add(vectors.queries, "text", "query")
    return estimator


def documents(modality: Modality) -> Embeddings:
    """Vectors (150, D) of scenes that no calibration was measured on."""
    return scene_vectors().texts if modality == "text" else scene_vectors().pictures


def queries(modality: Modality) -> Embeddings:
    """Vectors (150, D) of the same scenes to search with; a picture is itself."""
    return scene_vectors().queries if modality == "text" else scene_vectors().pictures
