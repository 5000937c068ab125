"""Every family of models at base size: ours beside transformers' own loop over the same files and texts.

Imports torch and transformers.

    python -m benchmarks families [--results benchmarks/RESULTS.md] [--pictures 16] [--texts 32] [--rounds 8]

Weights are random, so the work is that of the real models and the vectors mean nothing; vocabularies are the
small ones of tests/helpers/families, so embedding tables are smaller than real ones. Theirs reads files with
Pillow, prepares batches with the family's picture processor on Pillow, and runs `get_image_features`; texts
go through the family's tokenizer, padded as its processor pads. Both compute in the dtype that ours chooses.
Ours and theirs take turns; rates are medians, and the ratio is the median of the ratios of
rounds that follow each other, with its 95 % interval from resampled rounds.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.shared.photos import write_photos
from benchmarks.shared.results import machine, replace_section, table
from benchmarks.speed.workload import captions
from clip_embeddings import CLIPEmbedder

Work = Callable[[], Any]
BATCH = 16
BERT = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
CLIP = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
VISION = {**BERT, "image_size": 224, "patch_size": 16}
VISION_32 = {**VISION, "patch_size": 32}
WORDS = {**BERT, "vocab_size": 1500}
SIGLIP = {**WORDS, "projection_size": 768, "max_position_embeddings": 64}
# By the names of tests/helpers/families: class of the config, text tower, picture tower, the rest.
SIZES: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "siglip": ("SiglipConfig", SIGLIP, VISION, {}),
    "siglip 2, fixed": ("SiglipConfig", SIGLIP, VISION, {}),
    "siglip 2, NaFlex": ("Siglip2Config", SIGLIP, {**BERT, "patch_size": 16, "num_patches": 256}, {}),
    "metaclip 2": (
        "MetaClip2Config",
        {**CLIP, "vocab_size": 1500, "max_position_embeddings": 77, "eos_token_id": 2},
        VISION_32,
        {"projection_dim": 512},
    ),
    "chinese clip": ("ChineseCLIPConfig", WORDS, VISION, {"projection_dim": 512}),
    "altclip": ("AltCLIPConfig", {**WORDS, "project_dim": 768, "pad_token_id": 1}, VISION, {}),
    "align": ("AlignConfig", WORDS, {}, {}),
    "dual encoder with RoBERTa": (
        "VisionTextDualEncoderConfig",
        {**WORDS, "model_type": "roberta", "max_position_embeddings": 514},
        {**VISION_32, "model_type": "clip_vision_model"},
        {"projection_dim": 512},
    ),
    "tipsv2": ("Tipsv2Config", WORDS, {**VISION, "patch_size": 14}, {}),
}


def measure(name: str, folder: Path, files: list[str], texts: list[str], rounds: int) -> list[str]:
    """The cells of one family: pictures, then texts."""
    import transformers
    from families.cases import CASES, Reference, write_model

    kind, text, vision, rest = SIZES[name]
    pixels, call = {**CASES[name].pixels, **_pixels(name, CASES[name].pixels)}, dict(CASES[name].call)
    if name == "dual encoder with RoBERTa":
        call["max_length"] = 512  # the whole of its texts, as ours reads them; the tests' small model has 64
    config = partial(getattr(transformers, kind), text_config=text, vision_config=vision, **rest)
    made = replace(CASES[name], config=config, pixels=pixels, call=call)
    write_model(folder, made)
    ours, theirs = CLIPEmbedder(folder, batch_size=BATCH), Reference(folder, made)
    theirs.model.to(getattr(torch, ours.dtype))
    return [
        *_in_turn(lambda: ours.embed_images(files), lambda: _pictures(theirs, files), len(files), rounds),
        *_in_turn(lambda: ours.embed_texts(texts), lambda: _texts(theirs, texts), len(texts), rounds),
    ]


def _pixels(name: str, small: dict[str, Any]) -> dict[str, Any]:
    """What a real model's preprocessor_config.json has in place of the small one's."""
    if "max_num_patches" in small:
        return {"patch_size": 16, "max_num_patches": 256}
    edge, crop = (346, 289) if name == "align" else (224, 224)
    sides = ["shortest_edge"] if "shortest_edge" in small.get("size", {}) else ["height", "width"]
    return {"size": dict.fromkeys(sides, edge), "crop_size": {"height": crop, "width": crop}}


def _pictures(theirs: Any, files: list[str]) -> None:
    for start in range(0, len(files), BATCH):
        pictures = [Image.open(path).convert("RGB") for path in files[start : start + BATCH]]
        given = theirs.processor(pictures, return_tensors="pt")
        given["pixel_values"] = given["pixel_values"].to(theirs.model.dtype)
        with torch.inference_mode():
            features = theirs.model.get_image_features(**given).pooler_output
            torch.nn.functional.normalize(features.float(), dim=-1).numpy()


def _texts(theirs: Any, texts: list[str]) -> None:
    for start in range(0, len(texts), BATCH):
        theirs.texts(texts[start : start + BATCH])


def _in_turn(ours: Work, theirs: Work, count: int, rounds: int) -> list[str]:
    """Items in a second of ours and theirs, and the one over the other."""
    rates = list[float](), list[float]()
    for number in range(rounds + 1):
        turns = list(zip((ours, theirs), rates, strict=True))
        for work, found in turns if number % 2 else reversed(turns):
            began = time.perf_counter()
            work()
            if number:  # the first round loads and warms up
                found.append(count / (time.perf_counter() - began))
    ratios = np.divide(*rates)
    drawn = np.random.default_rng(0).choice(ratios, (2000, len(ratios)))
    low, high = np.quantile(np.median(drawn, axis=1), (0.025, 0.975))
    medians = [f"{statistics.median(each):.1f}" for each in rates]
    return [*medians, f"{np.median(ratios):.2f} ({low:.2f} to {high:.2f})"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--texts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--only", nargs="*", default=list(SIZES), metavar="NAME")
    parser.add_argument("--results", type=Path, help="file to write the section `families` of")
    given = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))  # its small tokenizers
    rows, texts = [], captions(given.texts)
    with TemporaryDirectory() as home:
        files = [str(path) for path in sorted(write_photos(Path(home, "photos"), given.pictures).iterdir())]
        for name in given.only:
            rows.append([name, *measure(name, Path(home, name), files, texts, given.rounds)])
            print(rows[-1], flush=True)
    header = ["family", "pictures/s", "transformers", "ratio", "texts/s", "transformers", "ratio"]
    about = " ".join(str(__doc__).strip().split("\n\n")[-1].split())
    body = f"## Families\n\n{machine(['torch', 'transformers'])}.\n\n{about}\n\n{table(header, rows)}"
    print(body)
    if given.results:
        replace_section(given.results, "families", body)


if __name__ == "__main__":
    main()
