"""Do caption scores tell right from wrong, and is a picture that was saved again found?

    python -m benchmarks caption-scores --results benchmarks/RESULTS.md

The bundled model on held-out combinations of attributes; all but the time is seeded, so it repeats. Only
--results writes.
"""

import argparse
import io
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from benchmarks.mixed.data import LANGUAGES, drawn, near_miss
from benchmarks.shared.results import machine, replace_section, table
from clip_embeddings import CLIPEmbedder, find_duplicates
from clip_embeddings.scenes.captions import Language, caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import Scene
from clip_embeddings.tasks.duplicates import similar_pairs
from clip_embeddings.tasks.scoring import PREFIX, caption_scores

FIRST_SEED, SIZE = 0, 192
THRESHOLDS = (0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99)
ROWS, DIMENSION = 20_000, 512  # that the time is measured on
SCORED = (
    "Each picture with a caption that says all of it, with that of a scene in which one attribute differs,\n"
    "and with that of another picture. RefCLIPScore has one reference, another full caption of the picture.\n"
    '"Above" is how often the right caption scores higher.'
)
FOUND = (
    "Each picture has one copy of one kind. Recall: copies paired with their picture; precision: how many\n"
    "of all pairs found are a picture and its copy. Others are of different scenes; in the last column\n"
    "those count as right that agree in every attribute, and so differ only in how they were drawn."
)


def encoded(picture: Image.Image, quality: int) -> Image.Image:
    """As it comes back from a JPEG file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def cropped(picture: Image.Image, share: float) -> Image.Image:
    """Without a share of each side."""
    cut = round(share * picture.width)
    return picture.crop((cut, cut, picture.width - cut, picture.height - cut))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG, quality 50": lambda picture: encoded(picture, 50),
    "0.6 of the size, JPEG": lambda picture: encoded(picture.resize((round(0.6 * picture.width),) * 2), 80),
    "3 % cropped at each side": lambda picture: cropped(picture, 0.03),
    "8 % cropped at each side": lambda picture: cropped(picture, 0.08),
    "15 % lighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.15),
}


def scores_table(embedder: CLIPEmbedder, shown: Sequence[Scene]) -> str:
    """Both scores in each language, with the paper's prefix and without."""
    pictures, rows = [render(scene, SIZE) for scene in shown], []
    for language in LANGUAGES:
        texts, references = captions(shown, language)
        for prefix in (PREFIX, ""):
            # (N, 3 N) of every picture with every caption, as that embeds each picture once
            scores = caption_scores(embedder, pictures, texts, references, pairwise=False, prefix=prefix)
            name = f"{language}, {prefix or 'no prefix'}"
            rows.append([f"CLIPScore, {name}", *figures(scores.clip)])
            if scores.ref is not None:
                rows.append([f"RefCLIPScore, {name}", *figures(scores.ref)])
    header = ["mean score", "right", "one detail wrong", "another picture's"]
    return table([*header, "above one detail wrong", "above another's"], rows)


def captions(shown: Sequence[Scene], language: Language) -> tuple[list[str], list[list[str]]]:
    """N right captions, N with one detail wrong, N of another picture; and a reference for each picture."""
    rng = random.Random(FIRST_SEED)
    missed = [near_miss(scene, rng) for scene in shown]
    right, near, told = (
        [caption(scene, language, rng, full=True).text for scene in each] for each in (shown, missed, shown)
    )
    return [*right, *near, *right[1:], right[0]], [[text] for text in told]


def figures(scores: NDArray[np.float32]) -> list[str]:
    """(N, 3 N) -> means of the three kinds, and how often the right one is above each of the others."""
    number = len(scores)
    right, near, other = (scores[:, at : at + number].diagonal() for at in (0, number, 2 * number))
    above = [f"{(right > wrong).mean():.1%}" for wrong in (near, other)]
    return [*(f"{each.mean():.3f}" for each in (right, near, other)), *above]


def duplicates_table(embedder: CLIPEmbedder, shown: Sequence[Scene]) -> str:
    """Recall of each kind of copy, and precision, over the threshold."""
    pictures = [render(scene, SIZE) for scene in shown]
    kinds = [list(COPIES)[i % len(COPIES)] for i in range(len(shown))]
    copies = [COPIES[kind](picture) for kind, picture in zip(kinds, pictures, strict=True)]
    vectors = embedder.embed_images([*pictures, *copies])  # row i + N is the copy of row i
    codes: dict[Scene, int] = {}
    content = np.array([codes.setdefault(replace(scene, seed=0), len(codes)) for scene in shown] * 2)
    rows = []
    for threshold in THRESHOLDS:
        found, shares = copies_found(vectors, content, threshold)
        recalls = [found[np.array(kinds) == kind].mean() for kind in COPIES]
        rows.append([f"{threshold}", *(f"{share:.1%}" for share in (*recalls, found.mean(), *shares))])
    return table(["threshold", *COPIES, "recall, all", "precision", "same attributes too"], rows)


def copies_found(
    vectors: NDArray[np.float32], content: NDArray[np.int64], threshold: float
) -> tuple[NDArray[np.bool_], tuple[float, float]]:
    """Whether each copy is paired with its picture (N,); the shares of such pairs, and of equal content."""
    number, pairs, alike = len(vectors) // 2, 0, 0
    found = np.zeros(number, bool)
    for first, second, _ in similar_pairs(vectors, threshold=threshold):
        found[first[second == first + number]] = True
        pairs += len(first)
        alike += int((content[first] == content[second]).sum())
    return found, (found.sum() / max(1, pairs), alike / max(1, pairs))


def seconds_taken() -> float:
    """Comparing all of many random vectors that lie in a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors"
        np.random.default_rng(0).normal(size=(ROWS, DIMENSION)).astype(np.float32).tofile(file)
        vectors = np.memmap(file, np.float32, "r", shape=(ROWS, DIMENSION))
        start = time.perf_counter()
        find_duplicates(vectors)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="tiny", help="a model of drawn scenes; the bundled one by default")
    parser.add_argument("--number", type=int, default=1000, help="scenes")
    parser.add_argument("--results", type=Path, help="file to write the section `caption scores` of")
    given = parser.parse_args()
    embedder = CLIPEmbedder(given.model, dtype="float32", batch_size=64)
    shown = drawn(FIRST_SEED, given.number, held_out=True)
    parts = [f"Run on {machine()}.\nModel {given.model}; {given.number} held-out scenes."]
    parts += [f"### Caption scores\n\n{SCORED}", scores_table(embedder, shown)]
    parts += [f"### Near-duplicates\n\n{FOUND}", duplicates_table(embedder, shown)]
    parts.append(f"{ROWS:,} random vectors of {DIMENSION}, each with each: {seconds_taken():.1f} s.")
    print("\n\n".join(parts))
    if given.results:
        body = "## Caption scores and near-duplicates\n\n" + "\n\n".join(parts)
        replace_section(given.results, "caption scores", body)


if __name__ == "__main__":
    main()
