"""A model made at home among pictures that it never saw: trained on a few pairs, and what it finds then.

    python examples/finetune.py

The pairs are scenes as photographic negatives. For your own, give `finetune` the path of a table with the
columns picture,text and a model of photographs.
"""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import ImageOps

from clip_embeddings import CLIPEmbedder, finetune
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

pairs = [
    (ImageOps.invert(render(scene, 96)), caption(scene, "en", random.Random(i), full=True).text)
    for i, scene in enumerate(scenes(0, 60))
]
with TemporaryDirectory() as folder:
    report = finetune(
        "tiny",
        pairs,
        output=Path(folder) / "model",
        epochs=4,
        batch_size=15,
        learning_rate=3e-3,  # so small a model bears more than the default
        validation=0.25,
    )
    for name, before in (report.recall_before or {}).items():
        print(f"{name:22} {before:.2f} -> {(report.recall_after or {})[name]:.2f}")
    tuned = CLIPEmbedder(str(report.output))
    print(f"fingerprint {CLIPEmbedder('tiny').fingerprint} -> {tuned.fingerprint}: embed collections anew")
