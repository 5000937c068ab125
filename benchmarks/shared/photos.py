"""JPEG files with the detail of photographs, so that they are as long and as slow to decode.

Imports numpy and Pillow.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

# Detail at several sizes: (pixels that one value covers, standard deviation of 255 levels).
_DETAIL = ((16, 14), (6, 9), (3, 7), (1, 8))


def photo(size: tuple[int, int], seed: int) -> Image.Image:
    """An RGB picture of (width, height) `size`: soft colours with detail down to the grain."""
    chance, (width, height) = np.random.default_rng(seed), size
    colours = Image.fromarray(chance.integers(0, 256, (24, 32, 3), np.uint8))
    pixels = np.asarray(colours.resize(size, Image.Resampling.BICUBIC), np.float32)  # (H, W, 3)
    for covered, strength in _DETAIL:
        values = strength * chance.standard_normal((-(-height // covered), -(-width // covered)), np.float32)
        pixels = pixels + np.asarray(Image.fromarray(values).resize(size, 3))[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write_photos(folder: Path, number: int, size: tuple[int, int] = (500, 375), *, threads: int = 2) -> Path:
    """Write `number` of them at quality 90, no two alike, if the folder is not there."""
    if folder.exists():
        return folder
    part = folder.with_name(f"{folder.name}.part")  # what was interrupted is not taken for the whole
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda i: photo(size, i).save(part / f"{i:06}.jpg", quality=90), range(number)))
    part.rename(folder)
    return folder
