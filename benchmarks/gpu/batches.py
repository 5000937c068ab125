"""The towers alone by size of batch, over the rate of a large matrix product. Imports torch."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from benchmarks.gpu.check import TIME_UP, Check, ratios, spread
from benchmarks.gpu.loads import embedder
from benchmarks.gpu.shapes import SHAPES, Shape, picture_operations, sized, text_operations
from benchmarks.shared.figures import number
from benchmarks.shared.results import table

_FULL = "out of memory"


def batches(check: Check) -> Iterator[str]:
    """Inputs are ready on the device; what the library copies and normalises is not in these rates."""
    side = 64 if check.tiny else 8192
    product = _product(check, side)
    yield (
        f"Matrix product {side:,}x{side:,} in {check.dtype}, TFLOP/s: {spread([p / 1e12 for p in product])}. "
        "Shares: the operations that a tower needs, over those of the median product in the same time."
    )
    middle = sorted(product)[len(product) // 2] if product else 0.0
    for name in SHAPES:
        shape = sized(name, check)
        if check.left <= 0:
            yield f"{name}: {TIME_UP}."
            continue
        encoder: Any = embedder(check, name)._encoder
        yield table(["pictures in a batch", f"{name}, pictures/s", "TFLOP/s", "of the product"],
                    _pictures(check, encoder, shape, middle))  # fmt: skip
        tokens = shape.text.tokens if shape.siglip else 16
        yield table([f"tokens in a batch, {tokens} a text", f"{name}, texts/s", "TFLOP/s", "of the product"],
                    _texts(check, encoder, shape, tokens, middle))  # fmt: skip
        encoder._towers.clear()  # a card may be small


def _product(check: Check, side: int) -> list[float]:
    """Operations a second of a product of random matrices."""
    options: Any = {"dtype": getattr(torch, check.dtype), "device": check.device}
    left, right = (torch.randn(side, side, **options) for _ in range(2))
    return check.rates(2 * side**3, lambda: torch.mm(left, right))


def _pictures(check: Check, encoder: Any, shape: Shape, product: float) -> list[list[str]]:
    rows = []
    for size in (2, 4) if check.tiny else (32, 64, 128, 256, 512):
        given = {"pixel_values": (size, 3, shape.edge, shape.edge)}
        rates = _tower(check, encoder, "vision_model", given, shape)
        rows.append([f"{size:,}", *_cells(rates, picture_operations(shape), product)])
    return rows


def _texts(check: Check, encoder: Any, shape: Shape, tokens: int, product: float) -> list[list[str]]:
    rows = []
    for size in (128,) if check.tiny else (2048, 4096, 8192, 16_384, 32_768, 65_536):
        given = {"input_ids": (max(1, size // tokens), tokens)}
        rates = _tower(check, encoder, "text_model", given, shape)
        rows.append([f"{size:,}", *_cells(rates, text_operations(shape, tokens), product)])
    return rows


def _tower(
    check: Check, encoder: Any, tower: str, sizes: Mapping[str, tuple[int, ...]], shape: Shape
) -> list[float] | None:
    """Items a second; None where the card has no memory for the batch."""
    model = encoder._tower(tower)
    ((name, size),) = sizes.items()
    if name == "pixel_values":
        given = torch.randn(size, device=check.device, dtype=getattr(torch, check.dtype))
    else:
        given = torch.randint(2, min(250, shape.vocabulary), size, device=check.device)
        given[:, -1] = 1  # where CLIP's towers read a text

    def work() -> None:
        with torch.inference_mode():
            model.features(**{name: given})

    try:
        return check.rates(size[0], work)
    except torch.OutOfMemoryError:
        return None


def _cells(rates: list[float] | None, operations: float, product: float) -> list[str]:
    if not rates:
        return [_FULL if rates is None else TIME_UP, "", ""]
    done = [operations * rate for rate in rates]
    share = ratios(done, [product] * len(done)) if product else []
    return [spread(rates), number(sorted(done)[len(done) // 2] / 1e12), spread(share)]
