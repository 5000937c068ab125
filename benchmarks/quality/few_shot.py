"""A few examples against words alone, on classes that the bundled model confuses.

    python -m benchmarks few-shot [--tests N] [--results FILE]

Scenes are seeded: examples, tests and the model's training have none in common. Each figure is the mean over
three draws of examples; all classes have the same number of tests. With --results it is written into its
section of a results file.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.shared.results import machine, replace_section, table
from clip_embeddings import CLIPEmbedder, LinearProbe, TipAdapter, ZeroShotClassifier
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import Scene, sample_scene
from clip_embeddings.tasks.classifier import Classifier
from clip_embeddings.types import Embeddings

# The training of the bundled model starts at 1,000,000, its validation at 900,000.
EXAMPLE_SEED, TEST_SEED = 200_000, 400_000
SHOTS, DRAWS, SIZE = 16, 3, 96
CURVE = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Task:
    """Classes to tell apart.

    Attributes:
        name: as in the table.
        labels: a scene's value -> its class in words.
        value: what of a scene says its class; anything that is no key of `labels` is left out.
        templates: what the labels are put into.
    """

    name: str
    labels: dict[object, str]
    value: Callable[[Scene], object]
    templates: str = "a photo of a {}."


@dataclass(frozen=True)
class Vectors:
    """Raw vectors (N, D) of drawn scenes and their labels."""

    rows: Embeddings
    labels: list[str]

    def part(self, draw: int, shots: int) -> "Vectors":
        """The draw's own `shots` of each class; draws share none."""
        chosen: list[int] = []
        for label in dict.fromkeys(self.labels):
            places = [place for place, name in enumerate(self.labels) if name == label]
            chosen += places[draw * SHOTS : draw * SHOTS + shots]
        return Vectors(self.rows[chosen], [self.labels[place] for place in chosen])


def of_color(color: str) -> Callable[[Scene], object]:
    return lambda scene: scene.thing if scene.color == color else None


def side(scene: Scene) -> object:
    """Where one thing stands; at the plain place it always stands in the middle."""
    return (
        scene.position if scene.count == 1 and scene.size != "close-up" and scene.place != "plain" else None
    )


def named(*things: str) -> dict[object, str]:
    return {thing: thing for thing in things}


BROWN = Task("brown: dog, horse, rabbit", named("dog", "horse", "rabbit"), of_color("brown"))
TASKS = (
    BROWN,
    Task("the same, the colour in the prompt", BROWN.labels, BROWN.value, templates="a photo of a brown {}."),
    Task(
        "red: bicycle, bird, chair, umbrella", named("bicycle", "bird", "chair", "umbrella"), of_color("red")
    ),
    Task("green: ball, car, chair, umbrella", named("ball", "car", "chair", "umbrella"), of_color("green")),
    Task(
        "how many: one, two, three",
        {1: "one object", 2: "two objects", 3: "three objects"},
        lambda scene: scene.count,
        templates="a photo of {}.",
    ),
    Task(
        "where: left, center, right",
        {"left": "on the left", "center": "in the center", "right": "on the right"},
        side,
        templates="a photo of an object {}.",
    ),
)


def scenes_of(task: Task, first: int, each: int) -> list[Scene]:
    """`each` scenes of every class, from one seed on."""
    found: dict[object, list[Scene]] = {value: [] for value in task.labels}
    seed = first
    while min(map(len, found.values())) < each:
        scene = sample_scene(seed)
        seed += 1
        kept = found.get(task.value(scene))
        if kept is not None and len(kept) < each:
            kept.append(scene)
    return [scene for scenes in found.values() for scene in scenes]


def draw(embedder: CLIPEmbedder, task: Task, first: int, each: int) -> Vectors:
    shown = scenes_of(task, first, each)
    rows = embedder.embed_images([render(scene, SIZE) for scene in shown])
    return Vectors(rows, [task.labels[task.value(scene)] for scene in shown])


def accuracy(classifiers: Iterable[Classifier], tests: Vectors) -> str:
    right = [
        np.mean([a == b for a, b in zip(each.labels_of(tests.rows), tests.labels, strict=True)])
        for each in classifiers
    ]
    return f"{np.mean(right):.3f}"


def row(embedder: CLIPEmbedder, task: Task, examples: Vectors, tests: Vectors) -> list[str]:
    """Words alone, then each method that sees examples."""
    words = ZeroShotClassifier(embedder, list(task.labels.values()), templates=task.templates)
    parts = [examples.part(draw, SHOTS) for draw in range(DRAWS)]
    return [
        task.name,
        accuracy([words], tests),
        *(
            accuracy([TipAdapter(words, alpha=alpha).fit_vectors(p.rows, p.labels) for p in parts], tests)
            for alpha in (1.0, 100.0)
        ),
        *(
            accuracy([LinearProbe(embedder, c=c).fit_vectors(p.rows, p.labels) for p in parts], tests)
            for c in (1.0, 30.0, 1000.0)
        ),
    ]


def curve(embedder: CLIPEmbedder, examples: Vectors, tests: Vectors) -> Iterator[Sequence[str]]:
    """The probe by the number of examples of each class."""
    for shots in CURVE:
        parts = [examples.part(draw, shots) for draw in range(DRAWS)]
        probes = [LinearProbe(embedder).fit_vectors(p.rows, p.labels) for p in parts]
        yield str(shots), accuracy(probes, tests)


def report(embedder: CLIPEmbedder, tests: int) -> str:
    """All tables as Markdown."""
    drawn = {
        task.name: (draw(embedder, task, EXAMPLE_SEED, SHOTS * DRAWS), draw(embedder, task, TEST_SEED, tests))
        for task in TASKS
    }
    header = ("classes", "words alone", "Tip-Adapter", "alpha 100", "probe, c 1", "probe", "c 1000")
    return "\n\n".join(
        [
            f"Share of {tests} tests a class that are named rightly, by words alone and with {SHOTS} "
            f"examples of each class (the mean of {DRAWS} draws).",
            table(header, [row(embedder, task, *drawn[task.name]) for task in TASKS]),
            f"The probe on {BROWN.name}, by the number of examples of each:",
            table(("examples", "probe"), curve(embedder, *drawn[BROWN.name])),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tests", type=int, default=100, help="test scenes of each class")
    parser.add_argument("--results", type=Path, help="write the tables into their section of this file")
    options = parser.parse_args()
    made = report(CLIPEmbedder("tiny", device="cpu", dtype="float32"), options.tests)
    print(made)
    if options.results:
        ran = machine(("torch", "scikit-learn", "numpy"))
        body = f"## A few examples\n\n`python -m benchmarks few-shot`\n\nOn {ran}.\n\n{made}"
        replace_section(options.results, "few-shot", body)


if __name__ == "__main__":
    main()
