"""What making large pictures smaller by a whole factor first does to vectors, by how much is left of them.

    python -m benchmarks draft [--results benchmarks/RESULTS.md]

Scenes that the bundled model never saw are enlarged, with grain like that of photographs, and saved as JPEG
of quality 90 in sizes that leave 1.5 to 4 times what the model takes when they are made eight times smaller.
Their vectors are compared with those of transformers' processor on Pillow: ours with the decoder's scaling
and by `Image.reduce`, beside those of bfloat16, and of the other official processor's way to resize (a
tensor, antialiased bicubic interpolation by torch, which is what its torchvision backend calls). Imports
torch and Pillow.
"""

import argparse
import io
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.shared.results import machine, replace_section, table
from clip_embeddings import CLIPEmbedder, load_image
from clip_embeddings.inputs.images import read_image
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.inputs.shrinking import reduced
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import Scene, scenes
from clip_embeddings.types import DecodedImage

FACTOR, DRAWN, LEFT = 8, 500, (1.5, 1.67, 2, 2.3, 3, 4)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=48)
    parser.add_argument("--results", type=Path, help="file to write the section `draft` of")
    given = parser.parse_args()
    exact = CLIPEmbedder("tiny", dtype="float32", draft=False)
    rows = [row for left in LEFT for row in measured(exact, left, given.pictures)]
    header = [f"{given.pictures} JPEG", "pixels of an edge", "1 - cosine: mean", "median", "most"]
    intro = (
        "Distance from the vectors of transformers' Pillow processor, which `draft=False` equals; bundled "
        f"model, which takes {_edge(exact)} pixels, scenes of unseen seeds with the grain of photographs. "
        f"Made {FACTOR} times smaller, a picture still has so many times what it takes; `draft` wants 2."
    )
    text = "\n\n".join(["## Large pictures made smaller first", machine() + ".", intro, table(header, rows)])
    print(text)
    if given.results:
        replace_section(given.results, "draft", text)


def measured(exact: CLIPEmbedder, left: float, count: int) -> list[list[str]]:
    """Rows of the table for pictures of one size."""
    side = ceil(FACTOR * left * _edge(exact))
    files = [photo(scene, seed, side) for seed, scene in enumerate(scenes(0, count))]
    reference = exact.embed_images(files)
    ways = {
        f"{left:g} left, scaled by the decoder": small(exact, files, read=side // FACTOR),
        f"{left:g} left, by Image.reduce": small(exact, files, reduce=side // FACTOR),
    }
    if left == LEFT[-1]:
        ways["whole, in bfloat16"] = CLIPEmbedder("tiny", dtype="bfloat16", draft=False).embed_images(files)
        ways["whole, resized as the torchvision processor does"] = by_tensors(exact, files)
    return [[name, f"{side:,}", *distances(vectors, reference)] for name, vectors in ways.items()]


def small(
    exact: CLIPEmbedder, files: list[bytes], *, read: int | None = None, reduce: int | None = None
) -> NDArray[np.float32]:
    """Vectors of pictures whose shorter edge keeps so many pixels, when they are read or after it."""
    preprocessing = exact._encoder.preprocessing
    decode = partial(read_image, least_edge=read)
    return exact.embed_images(
        [
            DecodedImage(preprocessing.to_pixels(reduced(decode(file), reduce)), preprocessing)
            for file in files
        ]
    )


def _edge(embedder: CLIPEmbedder) -> int:
    return (embedder._encoder.preprocessing.least_edge or 0) // 2


def photo(scene: Scene, seed: int, side: int) -> bytes:
    """One scene, large, with grain: no two pixels alike."""
    drawn = render(scene, size=DRAWN)
    large = np.asarray(drawn.resize((side, side), Image.Resampling.BICUBIC), np.float32)
    grain = np.random.default_rng(seed).normal(0, 8, (side, side, 1)).astype(np.float32)
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
