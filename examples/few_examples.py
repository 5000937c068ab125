"""Brown rabbits, which the bundled model takes for dogs, told apart by 16 examples of each.

python examples/few_examples.py
"""

from itertools import count, islice

from PIL.Image import Image

from clip_embeddings import CLIPEmbedder, LinearProbe, ZeroShotClassifier
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import sample_scene

CLASSES = ["dog", "rabbit"]


def brown(thing: str, first: int, number: int) -> list[Image]:
    """Pictures of a brown animal, from one seed on."""
    scenes = (
        scene for scene in map(sample_scene, count(first)) if (scene.thing, scene.color) == (thing, "brown")
    )
    return [render(scene, 96) for scene in islice(scenes, number)]


examples = [picture for name in CLASSES for picture in brown(name, 200_000, 16)]
tests = [picture for name in CLASSES for picture in brown(name, 400_000, 20)]
truth = [name for name in CLASSES for _ in range(20)]
embedder = CLIPEmbedder("tiny")

words = ZeroShotClassifier(embedder, CLASSES)
probe = LinearProbe(embedder).fit(examples, [name for name in CLASSES for _ in range(16)])
for name, classifier in (("words", words), ("16 examples", probe)):
    right = sum(found == label for found, label in zip(classifier.predict(tests), truth, strict=True))
    print(f"{name:12} {right} of {len(truth)} right")
