"""Does fine-tuning help in a new domain, and what does it cost in the old one? Three methods compared.

    python -m benchmarks fine-tuning [--results benchmarks/RESULTS.md]

The new domain is a style that the bundled model never saw: scenes as blueprints, pale lines on blue, with
captions that say so and name no colour. Scenes of the training pairs, of the pairs that choose the epoch and
of the test pairs have different seeds. The old domain is scenes as the bundled model knows them, which it was
not trained on. All but times is seeded.
"""

import argparse
import random
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from benchmarks.shared.results import machine, replace_section, table
from clip_embeddings import CLIPEmbedder, finetune
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import Scene, scenes
from clip_embeddings.scenes.wording import en
from clip_embeddings.tasks.training.recall import recall

# Beside the seeds of training (1,000,000 and on) and of the other benchmarks.
TRAINING_SEED, TEST_SEED, OLD_SEED = 400_000, 500_000, 0
PAPER, INK = (24, 62, 130), (226, 236, 250)
STATED = {"thing", "count", "place", "pose", "size", "position"}
# Ten times and more what `finetune` takes by itself: so small a model bears it.
RATES: dict[Any, float] = {"lora": 3e-3, "last-layers": 1e-3, "full": 3e-4}
TITLE = "Fine-tuning"
Pairs = list[tuple[Image.Image, str]]


class Row(NamedTuple):
    """One line of the table: recalls by name on both domains, and what training took."""

    name: str
    new: dict[str, float]
    old: dict[str, float]
    rate: str = ""
    moved: str = ""
    epochs: str = ""
    seconds: str = ""


def blueprint(scene: Scene) -> Image.Image:
    """The scene's outlines, pale on blue."""
    large = render(scene, 192, supersample=2).convert("L")
    lines = ImageOps.autocontrast(large.filter(ImageFilter.FIND_EDGES).crop((2, 2, 190, 190)), cutoff=1)
    drawn = ImageOps.colorize(lines, black=PAPER, white=INK)
    return drawn.resize((96, 96), Image.Resampling.BOX)


def words(scene: Scene, rng: random.Random) -> str:
    """What a blueprint shows of a scene: no colour, no light."""
    stated = {name for name in STATED if getattr(scene, name) is not None}
    if scene.place == "plain":
        stated -= {"place", "position"}
    text = en.compose(scene, stated, "fragment", rng, full=True).rstrip(".")
    opening = rng.choice(("a blueprint of {}", "blueprint: {}", "{}, a technical drawing"))
    return opening.format(text[0].lower() + text[1:])


def new_pairs(first: int, number: int) -> Pairs:
    """Blueprints with their captions."""
    rng = random.Random(first)
    shown = (scene for scene in scenes(first, 2 * number) if scene.thing)
    return [(blueprint(scene), words(scene, rng)) for scene, _ in zip(shown, range(number), strict=False)]


def old_pairs(number: int) -> Pairs:
    """Scenes as the bundled model knows them, with full English captions."""
    rng = random.Random(OLD_SEED)
    return [(render(s), caption(s, "en", rng, full=True).text) for s in scenes(OLD_SEED, number)]


def measured(embedder: CLIPEmbedder, pairs: Pairs) -> dict[str, float]:
    """Recall among pairs, equal captions counted once."""
    texts, pictures = [text for _, text in pairs], [picture for picture, _ in pairs]
    known = {text: i for i, text in enumerate(texts)}
    caption_of = np.array([known[text] for text in texts], np.int64)
    return recall(
        embedder.embed_texts(texts), embedder.embed_images(pictures), caption_of, np.arange(len(pairs))
    )


def rows(training: Pairs, test: Pairs, old: Pairs, *, epochs: int, batch: int) -> list[Row]:
    """The bundled model, then one that each method made of it."""
    base = CLIPEmbedder("tiny", dtype="float32")
    found = [Row("before", measured(base, test), measured(base, old))]
    for method, rate in RATES.items():
        print(f"{method}: training", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a run that is no better shows in the table
            report = finetune(
                "tiny",
                training,
                output=Path(folder) / "model",
                method=method,
                epochs=epochs,
                batch_size=batch,
                learning_rate=rate,
            )
            tuned = CLIPEmbedder(str(report.output), dtype="float32")
            found.append(
                Row(
                    method,
                    measured(tuned, test),
                    measured(tuned, old),
                    f"{rate:g}",
                    f"{report.moved / report.weights:.0%}",
                    f"{report.best} of {len(report.recalls) - 1}",
                    f"{report.seconds:.0f}",
                )
            )
    return found


def section(found: Sequence[Row], *, training: int, test: int, old: int, epochs: int, batch: int) -> str:
    """The Markdown of the results file."""
    shown = ("text to picture R@1", "text to picture R@10", "picture to text R@1")
    header = [
        "",
        *(f"new: {n}" for n in shown),
        *(f"old: {n}" for n in shown),
        "rate",
        "trained",
        "epoch",
        "s",
    ]
    lines = [
        [row.name, *(f"{row.new[n]:.3f}" for n in shown), *(f"{row.old[n]:.3f}" for n in shown), *row[3:]]
        for row in found
    ]
    return f"""## {TITLE}

Run on {machine(("torch", "transformers", "peft"))}.
`python -m benchmarks fine-tuning`: the bundled model on {training} pairs of a new kind, at most {epochs}
epochs in batches of {batch}, one seed.

New: scenes as blueprints, {test} that were neither trained on nor chose the epoch. Old: {old} scenes as the
model was trained on. "Rate" is the learning rate at its highest, "trained" the share of the weights that
moved (LoRA's matrices lie beside them), "epoch" the one that was kept of those that were run, "s" the
seconds of the run.

{table(header, lines)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--training", type=int, default=800, help="pairs of the new kind")
    parser.add_argument("--test", type=int, default=400, help="pairs to measure with, of each kind")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the section into this file")
    options = parser.parse_args()
    print("drawing", file=sys.stderr)
    training, test = new_pairs(TRAINING_SEED, options.training), new_pairs(TEST_SEED, options.test)
    old = old_pairs(options.test)
    found = rows(training, test, old, epochs=options.epochs, batch=options.batch)
    body = section(
        found,
        training=options.training,
        test=options.test,
        old=options.test,
        epochs=options.epochs,
        batch=options.batch,
    )
    print(body)
    if options.results:
        replace_section(options.results, TITLE.lower(), body)


if __name__ == "__main__":
    main()
