"""Zero-shot classes of the bundled model: by template, by language, and told from what is no class.

    python -m benchmarks zero-shot [--scenes N] [--results FILE]

Scenes are seeded and training saw none of them. With --results the tables are written into their section of
a results file.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality.bundled_model import PROMPTS
from benchmarks.shared.results import machine, replace_section, table
from clip_embeddings import TEMPLATES, CLIPEmbedder, ZeroShotClassifier
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import OBJECTS, sample_scene
from clip_embeddings.scenes.wording.ko import NAMES_KO
from clip_embeddings.types import Embeddings

FIRST_SEED, SIZE = 450_000, 96
SETS = ("photo", "imagenet-7", "imagenet", "cifar", "pets", "food", "eurosat")
KOREAN_SETS = ("korean-photo", "korean")
KNOWN = 12  # of the 24 classes are labels where others are to be told apart
COSINES = (0.25, 0.3, 0.35, 0.4)
PROBABILITIES = (0.5, 0.9, 0.99)


class Scenes:
    """Raw vectors (N, D) of scenes that show something, and what it is."""

    def __init__(self, embedder: CLIPEmbedder, number: int) -> None:
        shown = (sample_scene(seed) for seed in range(FIRST_SEED, 2 * FIRST_SEED))
        drawn = [scene for scene, _ in zip((s for s in shown if s.thing), range(number), strict=False)]
        self.embedder = embedder
        self.things = [str(scene.thing) for scene in drawn]
        self.vectors: Embeddings = embedder.embed_images([render(scene, SIZE) for scene in drawn])

    def accuracy(self, labels: dict[str, str], templates: str | dict[str, str]) -> str:
        """Share that is named rightly; `labels`: thing -> its label."""
        given = ZeroShotClassifier(self.embedder, list(labels.values()), templates=templates)
        found = given.labels_of(self.vectors)
        return f"{np.mean([a == labels[b] for a, b in zip(found, self.things, strict=True)]):.3f}"

    def told_apart(self, **threshold: float) -> tuple[str, str]:
        """Of the classes that are labels the share named rightly, of the others that called "other"."""
        known = list(OBJECTS)[::2][:KNOWN]
        found = ZeroShotClassifier(self.embedder, known, **threshold).labels_of(self.vectors)  # type: ignore[arg-type]
        pairs = list(zip(found, self.things, strict=True))
        right = [label == thing for label, thing in pairs if thing in known]
        others = [label == "other" for label, thing in pairs if thing not in known]
        return f"{np.mean(right):.3f}", f"{np.mean(others):.3f}"


def by_template(scenes: Scenes) -> Iterator[Sequence[str]]:
    english = {thing: thing for thing in OBJECTS}
    yield "en", "{}: the word alone", "1", scenes.accuracy(english, "{}")
    for name in SETS:
        count = str(len(TEMPLATES[name].templates))
        yield "en", name, count, scenes.accuracy(english, name)
    own = PROMPTS["en", "thing"]
    yield "en", '"a photo of an airplane": the right article', "1", scenes.accuracy(own, "{}")
    yield "ko", "{}: the word alone", "1", scenes.accuracy(NAMES_KO, "{}")
    for name in KOREAN_SETS:
        count = str(len(TEMPLATES[name].templates))
        yield "ko", name, count, scenes.accuracy(NAMES_KO, name)
    mixed = {thing: NAMES_KO[thing] if place % 2 else thing for place, thing in enumerate(OBJECTS)}
    own = {label: "korean-photo" if label != thing else "photo" for thing, label in mixed.items()}
    yield "both", "each label in its language's template", "1", scenes.accuracy(mixed, own)


def by_threshold(scenes: Scenes) -> Iterator[Sequence[str]]:
    yield "none", *scenes.told_apart()
    for share in PROBABILITIES:
        yield f"min_probability {share}", *scenes.told_apart(min_probability=share)
    for cosine in COSINES:
        yield f"min_cosine {cosine}", *scenes.told_apart(min_cosine=cosine)


def report(scenes: Scenes) -> str:
    """Both tables as Markdown."""
    number = len(scenes.things)
    return "\n\n".join(
        [
            f"Share of {number} scenes whose object is named rightly, of {len(OBJECTS)} classes.",
            table(("labels", "templates", "prompts a label", "right"), by_template(scenes)),
            f"The same scenes with {KNOWN} of the classes as labels: what a threshold does to scenes of "
            "these and of the other classes.",
            table(("threshold", "of these: named rightly", 'of the others: "other"'), by_threshold(scenes)),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--results", type=Path, help="write the tables into their section of this file")
    options = parser.parse_args()
    made = report(Scenes(CLIPEmbedder("tiny", device="cpu", dtype="float32"), options.scenes))
    print(made)
    if options.results:
        body = f"## Zero-shot classes\n\n`python -m benchmarks zero-shot`\n\nOn {machine()}.\n\n{made}"
        replace_section(options.results, "zero-shot", body)


if __name__ == "__main__":
    main()
