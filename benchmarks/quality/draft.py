"""What decoding a JPEG at a smaller scale does to vectors, by how much is left of it.

    python -m benchmarks draft [--results benchmarks/RESULTS.md]

Scenes that the bundled model never saw are enlarged, with grain like that of photographs, and pages of text
are set in several sizes; both are saved as JPEG of quality 90 in sizes that leave 1.5 to 6 times what the
model takes when they are decoded at a part of their size. Their vectors are compared with those of
transformers' processor on Pillow, beside those of bfloat16 and of the other official processor's way to
resize (a tensor, antialiased bicubic interpolation by torch, which is what its torchvision backend calls).
Imports torch and Pillow.
"""

import argparse
import io
import random
from collections.abc import Callable
from math import ceil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.shared.results import machine, replace_section, table
from clip_embeddings import CLIPEmbedder, load_image
from clip_embeddings.inputs.images import read_image
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.types import DecodedImage

LEFT, SCALES, DRAWN = (1.5, 1.67, 2, 3, 4, 6), (2, 4, 8), 500
_TEXT = "the model finds pictures among texts and texts among pictures with one query in one list"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=24)
    parser.add_argument("--results", type=Path, help="file to write the section `draft` of")
    given = parser.parse_args()
    exact = CLIPEmbedder("tiny", dtype="float32", draft=False)
    kinds = {"photographs": photo, "pages of text": page}
    rows = [
        [
            f"{left:g} left",
            *(
                decoded(exact, make, left, scale, given.pictures)
                for make in kinds.values()
                for scale in SCALES
            ),
        ]
        for left in LEFT
    ]
    for name, embed in (
        ("whole, in bfloat16", in_bfloat16),
        ("whole, as the torchvision processor", by_tensors),
    ):
        files = {
            kind: [make(i, 8 * _edge(exact)) for i in range(given.pictures)] for kind, make in kinds.items()
        }
        found = [away(embed(exact, each), exact.embed_images(each)) for each in files.values()]
        rows.append([name, found[0], "", "", found[1], "", ""])
    header = [f"1 - cosine: mean, most of {given.pictures}"]
    header += [f"{kind}, 1/{scale}" for kind in kinds for scale in SCALES]
    intro = (
        "Distance from the vectors of transformers' Pillow processor, which `draft=False` equals; bundled "
        f"model, which takes {_edge(exact)} pixels. Decoded at a part of its size, a picture still has so "
        'many times what the model takes: `draft=True` wants 2, `"auto"` 4.'
    )
    text = "\n\n".join(["## Decoding large JPEG files", machine() + ".", intro, table(header, rows)])
    print(text)
    if given.results:
        replace_section(given.results, "draft", text)


def decoded(
    exact: CLIPEmbedder, make: Callable[[int, int], bytes], left: float, scale: int, count: int
) -> str:
    """A cell of the table: pictures of one kind and size, decoded at one scale."""
    side, preprocessing = ceil(scale * left * _edge(exact)), exact._encoder.preprocessing
    files = [make(seed, side) for seed in range(count)]
    small = [preprocessing.to_pixels(read_image(file, least_edge=side // scale)) for file in files]
    return away(
        exact.embed_images([DecodedImage(pixels, preprocessing) for pixels in small]),
        exact.embed_images(files),
    )


def in_bfloat16(exact: CLIPEmbedder, files: list[bytes]) -> NDArray[np.float32]:
    return CLIPEmbedder(exact.config.model, dtype="bfloat16", draft=False).embed_images(files)


def _edge(embedder: CLIPEmbedder) -> int:
    return (embedder._encoder.preprocessing.least_edge or 0) // 2


def photo(seed: int, side: int) -> bytes:
    """A scene of a seed, with grain: no two pixels alike."""
    drawn = render(next(scenes(seed, 1)), size=DRAWN)
    large = np.asarray(drawn.resize((side, side), Image.Resampling.BICUBIC), np.float32)
    grain = np.random.default_rng(seed).normal(0, 8, (side, side, 1)).astype(np.float32)
    return _jpeg(Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)))


def page(seed: int, side: int) -> bytes:
    """A square of text, of 30 to 110 lines' height."""
    chance, size = random.Random(seed), max(8, side // (30, 45, 60, 80, 110)[seed % 5])
    words = _TEXT.split()
    paper, font = Image.new("L", (side, side), 255), ImageFont.load_default(size)
    pen = ImageDraw.Draw(paper)
    for top in range(2 * size, side - 2 * size, size * 3 // 2):
        line = ""
        while pen.textlength(line, font) < side - 8 * size:
            line += f"{chance.choice(words)} "
        pen.text((2 * size, top), line, fill=0, font=font)
    return _jpeg(paper.convert("RGB"))


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
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


def away(found: NDArray[np.float32], reference: NDArray[np.float32]) -> str:
    """Mean and largest of 1 - cosine, row by row."""
    left, right = found.astype(np.float64), reference.astype(np.float64)
    far = 1 - (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    return f"{far.mean():.1e}, {far.max():.1e}"


if __name__ == "__main__":
    main()
