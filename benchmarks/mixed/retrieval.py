"""Does one search find texts and pictures alike? Ways to close the modality gap, compared.

    python -m benchmarks mixed-retrieval [--output benchmarks/RESULTS.md]
    python -m benchmarks mixed-retrieval --model FOLDER --brief [--output benchmarks/RESULTS.md]
    python -m benchmarks mixed-retrieval --model openai/clip-vit-base-patch32 --pairs FOLDER

Without --pairs: scenes that the bundled model never saw. FOLDER holds pairs.csv with the columns picture (a
path in the folder), text and, if there are, query and language; half of the pairs calibrates, half is the
test. All but times is seeded, so the figures repeat. Only --output writes: its section, and the plot.
"""

import argparse
import os
import random
import sys
from pathlib import Path

from benchmarks.mixed.calibrations import bundled, estimated
from benchmarks.mixed.cost import BATCH, measure_cost
from benchmarks.mixed.data import LANGUAGES, Pairs, drawn, on_plain_backdrops, scene_pairs
from benchmarks.mixed.folder import folder_pairs, halves, has_queries, read_lines
from benchmarks.mixed.measure import measure
from benchmarks.mixed.methods import SHIPPED, Method, calibrated, methods
from benchmarks.mixed.plot import plot_sweep
from benchmarks.mixed.sections import Run, brief_section, section
from benchmarks.shared.results import replace_section
from clip_embeddings import CLIPEmbedder, ClipEmbeddingsError, InvalidInputError, ModalityCalibration
from clip_embeddings.calibration import MINIMUM
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render

REFERENCE, ANOTHER = "levels, bundled reference", "levels, another kind of scene"
DOCUMENTS = "levels, from documents only"
# Neither training, validation nor the bundled reference has these seeds.
TEST_SEED, SAMPLE_SEED, ANOTHER_SEED = 0, 800_000, 850_000
PLOT = Path("docs/mixed-retrieval.png")


def variants(
    sample: Pairs, model: str, reference: ModalityCalibration | None, another: Pairs | None = None
) -> list[Method]:
    """The shipped method with other calibrations than that of the calibration split."""
    made = [Method(DOCUMENTS, calibrated(estimated(sample, model, asked=())))]
    if another:
        made.append(Method(ANOTHER, calibrated(estimated(another, model))))
    if reference:
        made.append(Method(REFERENCE, calibrated(reference)))
    return made


def on_scenes(embedder: CLIPEmbedder, *, number: int, seeds: int) -> Run:
    """The protocol on held-out combinations of attributes, then on unseen scenes."""
    model, reference = embedder.model_fingerprint, bundled(embedder)
    plain = on_plain_backdrops(ANOTHER_SEED, number)
    another = scene_pairs(embedder, plain, "plain backdrops", seed=2, searched=False)
    sets, names, others = [], [], []
    for held_out, name in ((True, "held-out combinations"), (False, "unseen scenes")):
        _say(f"{name}: drawing and embedding")
        test = scene_pairs(embedder, drawn(TEST_SEED, number, held_out=held_out), name, seed=0)
        apart = drawn(SAMPLE_SEED, number, held_out=held_out)
        sample = scene_pairs(embedder, apart, name, seed=1, searched=False)
        compared, varied = methods(sample, model), variants(sample, model, reference, another)
        _say(f"{name}: searching")
        sets.append(measure(test, [*compared, *varied], seeds=seeds, reference=reference))
        names, others = [each.name for each in compared], [each.name for each in varied]
        calibration = estimated(sample, model)
    _say("timing")
    timed, rng = drawn(SAMPLE_SEED, BATCH), random.Random(0)
    texts = [caption(scene, LANGUAGES[i % 2], rng, full=True).text for i, scene in enumerate(timed)]
    cost = measure_cost(embedder, calibration, texts, [render(scene) for scene in timed])
    note = (
        "Held-out combinations show an object in a colour or a place that training never saw it in,\n"
        "drawn from seeds it never saw; unseen scenes have only other seeds. Document texts are half\n"
        "English, half Korean; each pair is asked for in both, in other words. A row is relevant if all\n"
        "that the query claims is true of its scene. A picture query is the same scene, drawn anew. In C\n"
        "there is also a near miss for each scene: a text with one attribute changed. Calibrated on\n"
        f"{number} other pairs of the same kind, unless a line says otherwise."
    )
    held = [SHIPPED, REFERENCE] if reference else [SHIPPED]
    return Run(embedder.config.model, sets, names, others, held, cost, seeds, [note])


def on_folder(embedder: CLIPEmbedder, folder: Path, *, number: int, seeds: int) -> Run:
    """The protocol on the pairs of a folder, of which only text queries are known."""
    lines = read_lines(folder)[: 2 * number]
    if len(lines) < 4:
        raise InvalidInputError(f"{folder}: {len(lines)} pairs; half of them calibrate, so give 4 or more")
    first, second = halves(lines)
    _say(f"{len(lines)} pairs: embedding")
    sample = folder_pairs(embedder, first, folder.resolve().name)
    test = folder_pairs(embedder, second, folder.resolve().name)
    model, reference = embedder.model_fingerprint, bundled(embedder)
    compared, varied = methods(sample, model), variants(sample, model, reference)
    _say("searching")
    measured = measure(test, [*compared, *varied], seeds=seeds, reference=reference)
    cost = measure_cost(
        embedder, estimated(sample, model), [each.text for each in first], [each.picture for each in first]
    )
    notes = [
        f"{len(second)} pairs searched, {len(first)} others to calibrate. Relevant is a query's own pair\n"
        "alone. No queries by picture and no short ones, so no picture → picture guard."
    ]
    if len(first) < MINIMUM:
        notes.append(f"A calibration wants {MINIMUM} of each modality: take these figures as a rehearsal.")
    if not has_queries(lines):
        notes.append(
            "There is no column `query`: each document's text is its query, so text targets are trivial."
        )
    names, others = [each.name for each in compared], [each.name for each in varied]
    return Run(embedder.config.model, [measured], names, others, [SHIPPED], cost, seeds, notes)


def write(run: Run, *, title: str, output: Path, plot: Path) -> None:
    """The plot, and the section that shows it."""
    plot_sweep(run.sets[0], run.methods, plot)
    address = Path(os.path.relpath(plot, output.parent)).as_posix()
    replace_section(output, title.lower(), section(run, title=title, plot=address))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="tiny", help="hub id or folder; the bundled model by default")
    parser.add_argument("--pairs", type=Path, metavar="FOLDER", help="search these instead of drawn scenes")
    parser.add_argument("--number", type=int, default=1000, help="most pairs in a test set")
    parser.add_argument("--seeds", type=int, default=5, help="random collections of each composition")
    parser.add_argument("--output", type=Path, help="write the section into this file")
    parser.add_argument(
        "--brief", action="store_true", help="only what compares the methods, for other models"
    )
    parser.add_argument("--note", default="", help="with --brief: what to know of the model")
    parser.add_argument("--plot", type=Path, help=f"the picture to write with it; {PLOT} by default")
    options = parser.parse_args()
    embedder = CLIPEmbedder(options.model, dtype="float32")
    title, plot = "Mixed retrieval", options.plot or PLOT
    try:
        if options.pairs:
            run = on_folder(embedder, options.pairs, number=options.number, seeds=options.seeds)
            title += f": {run.sets[0].pairs.name}"
            plot = options.plot or PLOT.with_stem(f"{PLOT.stem}-{run.sets[0].pairs.name}")
        else:
            run = on_scenes(embedder, number=options.number, seeds=options.seeds)
        if options.brief:
            title += f": {Path(options.model).name}"
            print(text := brief_section(run, title=title, note=options.note))
            if options.output:
                replace_section(options.output, title.lower(), text)
            return
        print(section(run, title=title, plot=None))
        if options.output:
            write(run, title=title, output=options.output, plot=plot)
    except ClipEmbeddingsError as error:
        sys.exit(str(error))


def _say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    main()
