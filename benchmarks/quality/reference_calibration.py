"""Measure the reference calibration that the bundled model ships with.

    python -m benchmarks reference-calibration [--model FOLDER] [--output FILE]

Pictures and captions of the same scenes, so that nothing but the modality differs between them; the scenes
are neither those of training nor those of any evaluation.
"""

import argparse
import random
from pathlib import Path

from clip_embeddings import CalibrationEstimator, CLIPEmbedder, ModalityCalibration
from clip_embeddings.models.tiny import WEIGHTS
from clip_embeddings.scenes.captions import Language, caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.types import Role

FIRST_SEED, NUMBER = 700_000, 2000
# Share of captions that say all that a picture shows: what is stored describes, what is asked is often short.
_FULL: dict[Role, float] = {"document": 1.0, "query": 0.5}
_LANGUAGES: tuple[Language, ...] = ("en", "ko")


def measure(embedder: CLIPEmbedder) -> ModalityCalibration:
    """The calibration of a model of drawn scenes."""
    shown, rng = list(scenes(FIRST_SEED, NUMBER)), random.Random(FIRST_SEED)
    estimator = CalibrationEstimator()
    estimator.add(embedder.embed_images([render(scene) for scene in shown]), "image")
    for role, share in _FULL.items():
        texts = [
            caption(scene, language, rng, full=rng.random() < share).text
            for scene in shown
            for language in _LANGUAGES
        ]
        estimator.add(embedder.embed_texts(texts), "text", role)
    source = f"{NUMBER} drawn scenes from seed {FIRST_SEED}, captions in English and Korean"
    return estimator.calibration(embedder.model_fingerprint, source=source)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="tiny", help="a model folder; the bundled model by default")
    parser.add_argument("--output", type=Path, default=WEIGHTS / "calibration.json", help="the file to write")
    options = parser.parse_args()
    made = measure(CLIPEmbedder(options.model, dtype="float32", batch_size=64))
    made.save(options.output)
    print(f"{made.id}: gap {made.gap:.2f}, levels {made.levels}, written to {options.output}")


if __name__ == "__main__":
    main()
