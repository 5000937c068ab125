"""What decoding a JPEG at a smaller scale does to vectors, beside the choice of a processor.

    python -m benchmarks draft [--results benchmarks/RESULTS.md]

Scenes that the bundled model never saw are enlarged to 4000 x 4000, with grain like that of photographs, and
saved as JPEG of quality 90. Their vectors are compared with those of transformers' processor on Pillow: ours
with the decoder's scaling, and those of the other official processor's way to resize (a tensor, antialiased
bicubic interpolation by torch, which is what its torchvision backend calls). Imports torch and Pillow.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.shared.results import machine, replace_section, table
from clip_embeddings import CLIPEmbedder, load_image
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import Scene, scenes

SIDE, DRAWN = 4000, 500


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=48)
    parser.add_argument("--results", type=Path, help="file to write the section `draft` of")
    given = parser.parse_args()
    exact = CLIPEmbedder("tiny", dtype="float32", draft=False)
    files = [photo(scene, seed) for seed, scene in enumerate(scenes(0, given.pictures))]
    reference = exact.embed_images(files)
    ways = {
        "ours, scaled by the decoder": CLIPEmbedder("tiny", dtype="float32", draft=True).embed_images(files),
        "resized as the torchvision processor does": by_tensors(exact, files),
    }
    rows = [[name, *distances(vectors, reference)] for name, vectors in ways.items()]
    header = [f"{given.pictures} JPEG of {SIDE} x {SIDE}", "1 - cosine: mean", "median", "most"]
    intro = (
        "Distance from the vectors of transformers' Pillow processor, which `draft=False` equals; bundled "
        "model, scenes of unseen seeds with the grain of photographs."
    )
    text = "\n\n".join(["## Decoding large JPEG files", machine() + ".", intro, table(header, rows)])
    print(text)
    if given.results:
        replace_section(given.results, "draft", text)


def photo(scene: Scene, seed: int) -> bytes:
    """One scene, large, with grain: no two pixels alike."""
    drawn = render(scene, size=DRAWN)
    large = np.asarray(drawn.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
    grain = np.random.default_rng(seed).normal(0, 8, (SIDE, SIDE, 1)).astype(np.float32)
    file = io.BytesIO()
    Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


def by_tensors(embedder: CLIPEmbedder, files: list[bytes]) -> NDArray[np.float32]:
    """Vectors of pictures resized as tensors: (N, D). All are square, so nothing is cropped."""
    preprocessing = embedder._encoder.preprocessing
    edge = (isinstance(preprocessing, Preprocessing) and preprocessing.shortest_edge) or 0
    pixels = []
    for file in files:
        picture = torch.from_numpy(np.asarray(load_image(file)).copy()).permute(2, 0, 1)[None]  # (1, 3, H, W)
        small = torch.nn.functional.interpolate(picture, (edge, edge), mode="bicubic", antialias=True)
        pixels.append(small[0].permute(1, 2, 0).numpy())
    return embedder.embed_images(pixels)


def distances(found: NDArray[np.float32], reference: NDArray[np.float32]) -> list[str]:
    """Mean, median and largest of 1 - cosine, row by row."""
    left, right = found.astype(np.float64), reference.astype(np.float64)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    away = 1 - (left * right).sum(axis=1) / lengths
    return [f"{each:.1e}" for each in (away.mean(), np.median(away), away.max())]


if __name__ == "__main__":
    main()
