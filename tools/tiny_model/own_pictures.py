"""Make what tells the bundled model's own kind of pictures from others, and measure it.

    python -m tools.tiny_model.own_pictures [FOLDER ...]

The directions are those of least variance among the vectors of drawn scenes that are neither those of
training nor those of any evaluation. FOLDERs hold pictures of other kinds, such as photographs, to measure it
on.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.tiny import OWN
from clip_embeddings.models.tiny.own import unlike
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.types import ImageInput

_SEED, _NUMBER = 700_000, 3000
_OTHERS, _MEASURED = 300_000, 1000
_DIRECTIONS = 64


def write(embedder: CLIPEmbedder) -> None:
    """Measure drawn scenes and write the file, 17 KB."""
    rows = vectors_of(embedder, _drawn(_SEED, _NUMBER)).astype(np.float64)  # (3000, 128)
    variances, directions = np.linalg.eigh(np.cov(rows.T))  # least variance first
    axes = (directions[:, :_DIRECTIONS] / np.sqrt(variances[:_DIRECTIONS])).astype(np.float16)
    centre = (rows.mean(axis=0) @ axes.astype(np.float64)).astype(np.float32)
    np.savez_compressed(OWN, axes=axes, centre=centre)


def vectors_of(embedder: CLIPEmbedder, pictures: Iterable[ImageInput]) -> NDArray[np.float32]:
    """(N, 128); what cannot be read is left out."""
    return np.concatenate([batch.embeddings for batch in embedder.iter_images(pictures)])


def _drawn(seed: int, number: int) -> Iterator[ImageInput]:
    return (render(scene) for scene in scenes(seed, number))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    folders: list[Path] = parser.parse_args().folders
    embedder = CLIPEmbedder("tiny", dtype="float32")
    write(embedder)
    pictures = {"other drawn scenes": vectors_of(embedder, _drawn(_OTHERS, _MEASURED))}
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
        pictures[str(folder)] = vectors_of(embedder, files)
    for name, rows in pictures.items():
        print(f"{name}: {unlike(rows).sum()} of {len(rows)} are unlike its own")


if __name__ == "__main__":
    main()
