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
from dataclasses import dataclass, replace
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

BATCH = 16
TEXT = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
BERT = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
VISION = {**BERT, "image_size": 224, "patch_size": 16}
ROWS = ("siglip", "siglip 2, fixed", "siglip 2, NaFlex", "metaclip 2", "chinese clip", "altclip", "align",
        "dual encoder with RoBERTa", "tipsv2")  # fmt: skip


def _configs() -> dict[str, Callable[[], Any]]:
    """Base sizes by the names of tests/helpers/families."""
    import transformers as hf

    siglip = {**BERT, "vocab_size": 1500, "projection_size": 768, "max_position_embeddings": 64}
    clip = {**TEXT, "vocab_size": 1500, "max_position_embeddings": 77}
    bert = {**BERT, "vocab_size": 1500}
    picture = {**VISION, "patch_size": 32}
    dual: Any = hf.VisionTextDualEncoderConfig
    made: dict[str, Callable[[], Any]] = {
        "siglip": lambda: hf.SiglipConfig(text_config=siglip, vision_config=VISION),
        "siglip 2, NaFlex": lambda: hf.Siglip2Config(
            text_config=siglip, vision_config={**BERT, "patch_size": 16, "num_patches": 256}
        ),
        "metaclip 2": lambda: hf.MetaClip2Config(
            text_config={**clip, "eos_token_id": 2}, vision_config=picture, projection_dim=512
        ),
        "chinese clip": lambda: hf.ChineseCLIPConfig(
            text_config=bert, vision_config=VISION, projection_dim=512
        ),
        "altclip": lambda: hf.AltCLIPConfig(
            text_config={**bert, "project_dim": 768, "pad_token_id": 1}, vision_config=VISION
        ),
        "align": lambda: hf.AlignConfig(text_config=bert, vision_config={}),
        "dual encoder with RoBERTa": lambda: dual.from_vision_text_configs(
            hf.CLIPVisionConfig(**picture), hf.RobertaConfig(**bert, max_position_embeddings=514),  # type: ignore[arg-type]
            projection_dim=512,
        ),
        "tipsv2": lambda: hf.Tipsv2Config(
            text_config=bert, vision_config={**VISION, "image_size": 224, "patch_size": 14}
        ),
    }  # fmt: skip
    return {**made, "siglip 2, fixed": made["siglip"]}


@dataclass
class Rates:
    """Items a second, one number a round."""

    ours: list[float]
    theirs: list[float]

    @property
    def row(self) -> list[str]:
        ratios = np.divide(self.ours, self.theirs)
        drawn = np.random.default_rng(0).choice(ratios, (2000, len(ratios)))
        low, high = np.quantile(np.median(drawn, axis=1), (0.025, 0.975))
        rates = (f"{statistics.median(each):.1f}" for each in (self.ours, self.theirs))
        return [*rates, f"{np.median(ratios):.2f} ({low:.2f} to {high:.2f})"]


def measure(name: str, folder: Path, files: list[str], texts: list[str], rounds: int) -> dict[str, Rates]:
    """Pictures and texts of one family, in turn."""
    from families.cases import CASES, Reference, write_model

    sized = {"size": {"height": 224, "width": 224}, "crop_size": {"height": 224, "width": 224}}
    pixels = {**CASES[name].pixels, **sized}
    if "shortest_edge" in CASES[name].pixels.get("size", {}):
        pixels["size"] = {"shortest_edge": 224}
    if name == "align":
        pixels |= {"size": {"height": 346, "width": 346}, "crop_size": {"height": 289, "width": 289}}
    if "max_num_patches" in pixels:
        pixels = {**CASES[name].pixels, "patch_size": 16, "max_num_patches": 256}
    call = dict(CASES[name].call)
    if name == "dual encoder with RoBERTa":
        call["max_length"] = 512  # the whole of its texts, as ours reads them; the tests' small model has 64
    case = replace(CASES[name], config=_configs()[name], pixels=pixels, call=call)
    write_model(folder, case)
    ours = CLIPEmbedder(folder, batch_size=BATCH)
    theirs = Reference(folder, case)
    theirs.model.to(getattr(torch, ours.dtype))
    work: dict[str, tuple[Callable[[], Any], Callable[[], Any], int]] = {
        "pictures": (lambda: ours.embed_images(files), lambda: _pictures(theirs, files), len(files)),
        "texts": (lambda: ours.embed_texts(texts), lambda: _texts(theirs, texts), len(texts)),
    }
    return {what: _in_turn(*each, rounds) for what, each in work.items()}


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


def _in_turn(ours: Callable[[], Any], theirs: Callable[[], Any], count: int, rounds: int) -> Rates:
    rates = Rates([], [])
    for number in range(rounds + 1):
        turns = [(ours, rates.ours), (theirs, rates.theirs)]
        for work, found in turns if number % 2 else reversed(turns):
            began = time.perf_counter()
            work()
            if number:  # the first round loads and warms up
                found.append(count / (time.perf_counter() - began))
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--texts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--only", nargs="*", default=ROWS, metavar="NAME")
    parser.add_argument("--results", type=Path, help="file to write the section `families` of")
    given = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))  # its small tokenizers
    rows = []
    with TemporaryDirectory() as home:
        photos = write_photos(Path(home) / "photos", given.pictures)
        files = [str(path) for path in sorted(photos.iterdir())]
        for name in given.only:
            found = measure(name, Path(home) / name, files, captions(given.texts), given.rounds)
            rows.append([name, *found["pictures"].row, *found["texts"].row])
            print(rows[-1], flush=True)
    header = ["family", "pictures/s", "transformers", "ratio", "texts/s", "transformers", "ratio"]
    body = f"## Families\n\n{machine(['torch', 'transformers'])}.\n\n{_about()}\n\n{table(header, rows)}"
    print(body)
    if given.results:
        replace_section(given.results, "families", body)


def _about() -> str:
    """The docstring's last paragraph."""
    return " ".join(str(__doc__).strip().split("\n\n")[-1].split())


if __name__ == "__main__":
    main()
