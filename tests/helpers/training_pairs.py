"""Pairs to train on: drawn scenes with a caption each, and manifests of them."""

import csv
import json
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes


def drawn(number: int, *, size: int = 32, negative: bool = False) -> list[tuple[Image.Image, str]]:
    """Pictures of scenes and English captions; the bundled model never saw negatives."""
    made = []
    for i, scene in enumerate(scenes(30_000, number)):
        picture = render(scene, size, supersample=2)
        text = caption(scene, "en", random.Random(i), full=True).text
        made.append((ImageOps.invert(picture) if negative else picture, text))
    return made


def write_pairs(folder: Path, pairs: list[tuple[Image.Image, str]], *, name: str = "pairs.csv") -> Path:
    """Save the pictures and a manifest beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for i, (picture, text) in enumerate(pairs):
        picture.save(folder / f"{i}.png")
        rows.append({"picture": f"{i}.png", "text": text})
    return write_manifest(folder / name, rows)


def write_manifest(path: Path, rows: list[dict[str, Any]]) -> Path:
    """CSV or JSON lines, by the end of the name."""
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    return path
