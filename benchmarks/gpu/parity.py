"""Every family on the device beside its own library in float32 on the CPU. Imports torch.

Models are small ones of the real classes with random weights, so strong that inputs differ.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from benchmarks.gpu.check import TIME_UP, Check, Unlike, least_cosine
from benchmarks.gpu.pairs import Pair, pairs, pictures
from benchmarks.shared.results import table
from clip_embeddings import TruncationWarning
from clip_embeddings.models.families import FAMILIES
from clip_embeddings.models.transformers.tokenizer import quiet

BOUNDS = {"float32": 0.99999, "bfloat16": 0.995}


def parity(check: Check) -> Iterator[str]:
    """Least cosines of every family; all are tried before one that is off is raised."""
    rows, seen, wrong = list[list[str]](), set[str](), list[str]()
    for name, make in pairs().items():
        if check.left <= 0:
            rows.append([name, TIME_UP, "", "", "", ""])
            continue
        try:
            with quiet():
                pair = make(check.home / f"parity {len(rows)}")
                cosines = compared(check, pair)
        except ImportError as error:
            rows.append([name, f"missing: {_line(error)}", "", "", "", ""])
            continue
        except Exception as error:
            wrong.append(name)
            rows.append([name, f"**failed**: {type(error).__name__}: {_line(error)}", "", "", "", ""])
            continue
        seen.add(pair.kind)
        rows.append([name, *(_shown(cosine) for cosine in cosines.values())])
        wrong += [f"{name}, {what}" for what, cosine in cosines.items() if not _is_good(what, cosine)]
    header = [
        "least cosine",
        *(f"{dtype}, {what}" for dtype, what in _columns()),
        "float32, pictures, no TF32",
    ]
    yield table(header, rows)
    if unseen := sorted(FAMILIES.keys() - seen):
        yield f"Types that were not compared: {', '.join(unseen)}."
    yield f"Bounds: {', '.join(f'{bound} in {dtype}' for dtype, bound in BOUNDS.items())}."
    if wrong:
        raise Unlike(f"below the bound or failed: {'; '.join(wrong)}")


def _columns() -> list[tuple[str, str]]:
    return [(dtype, what) for dtype in BOUNDS for what in ("pictures", "texts")]


def _shown(cosine: float | None) -> str:
    return "" if cosine is None else f"{cosine:.7f}"


def _is_good(what: str, cosine: float | None) -> bool:
    bound = BOUNDS.get(what.partition(",")[0])
    return cosine is None or bound is None or cosine >= bound


def _line(error: Exception) -> str:
    """The first line of an error, fit for a table."""
    return (str(error).strip().splitlines() or [""])[0].replace("|", "/")


def compared(check: Check, pair: Pair) -> dict[str, float | None]:
    """Least cosine by precision and kind of input."""
    found: dict[str, float | None] = {}
    for dtype in BOUNDS:
        ours = pair.ours(device=str(check.device), dtype=dtype, batch_size=4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TruncationWarning)
            texts = ours.embed_texts(pair.texts)
        shown = None if pair.pictures is None else least_cosine(ours.embed_images(pictures()), pair.pictures)
        found |= {f"{dtype}, pictures": shown, f"{dtype}, texts": least_cosine(texts, pair.text_rows)}
    if check.on_gpu and pair.pictures is not None:
        with _exact_convolutions():
            rows = pair.ours(device=str(check.device), dtype="float32").embed_images(pictures())
        found["no TF32"] = least_cosine(rows, pair.pictures)
    else:
        found["no TF32"] = None
    return found


@contextmanager
def _exact_convolutions() -> Iterator[None]:
    """By default torch rounds what goes into a convolution in float32 to ten bits."""
    cudnn: Any = torch.backends.cudnn
    before = cudnn.allow_tf32
    cudnn.allow_tf32 = False
    try:
        yield
    finally:
        cudnn.allow_tf32 = before
