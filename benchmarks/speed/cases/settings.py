"""What settings change: the towers alone by size of batch, with packed weights and compiled."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.shared.results import table
from benchmarks.speed.client import EngineMissing
from benchmarks.speed.figures import Spread, ratios
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.workload import SMALL, captions, pictures

_BATCHES, _PRODUCT, _TOKENS = (8, 16, 32, 64), 2048, (256, 512, 1024, 2048)


def settings(bench: Bench) -> str:
    """Both towers on ready batches."""
    files = pictures(bench.work, SMALL, bench.sizes.small)[: bench.sizes.small_in_part]
    texts = captions(bench.sizes.captions_in_part)
    by_size, _ = by_batch(bench, files, _BATCHES, _PRODUCT)
    parts = [by_size, _by_tokens(bench, texts), _packed(bench, files, texts), _compiled(bench, files, texts)]
    return "\n\n".join(parts)


def by_batch(bench: Bench, files: Sequence[str], batches: Sequence[int], product: int) -> tuple[str, Spread]:
    """The picture tower by batch size, and its arithmetic over that of a large matrix product.

    Of the same precision, on the same threads: what is missing to 1 is all that better code could gain.
    Returns the table and the best share.
    """
    lines = [
        Line("ours", "pictures: model", files, f"batch {size}", options={"batch_size": size})
        for size in batches
    ]
    square = Line("ours", "matrix product", [str(product)], "matrix product", times=10)
    rates = bench.rates([*lines, square])
    dearness = tower_operations(Path(bench.setting.model))
    reference = [2 * product**3 * rate for rate in rates[square.label]]
    shares = {
        line.label: ratios([dearness * rate for rate in rates[line.label]], reference) for line in lines
    }
    rows = [[name, Spread.of(rates[name]).text(), share.text()] for name, share in shares.items()]
    speed = Spread.of([each / 1e12 for each in reference]).text(" TFLOP/s")
    body = table(["picture tower", "pictures/s", "of the matrix product"], rows)
    return f"Matrix product {product}x{product}: {speed}.\n\n{body}", max(shares.values())


def _by_tokens(bench: Bench, texts: Sequence[str]) -> str:
    lines = [Line("ours", "texts: model", texts, f"{size:,}", options={"tokens": size}) for size in _TOKENS]
    rows = [[label, Spread.of(found).text()] for label, found in bench.rates(lines).items()]
    return table(["text tower, tokens in a batch", "captions/s"], rows)


def _packed(bench: Bench, files: Sequence[str], texts: Sequence[str]) -> str:
    """Weights laid out beforehand beside those that torch lays out at each product."""
    rows = []
    for unit, call, items, times in _works(bench, files, texts):
        lines = [Line(f"ours-{name}", call, items, name, times) for name in ("unpacked", "packed")]
        rows.append([unit, *_beside(bench, lines)])
    return table(["weights packed for oneDNN", "not, ms each", "packed, ms each", "rate over not"], rows)


def _compiled(bench: Bench, files: Sequence[str], texts: Sequence[str]) -> str:
    """`compile=True`: what the first batch waits for, and what the others gain."""
    if not bench.sizes.compiles:
        return "`compile=True`: not measured in the quick form."
    rows = []
    for unit, call, items, times in _works(bench, files, texts):
        try:
            first = bench.workers.there["ours"].ask(call, items, compile=True)["seconds"][0]
        except EngineMissing as reason:
            return f"`compile=True`: not measured: {reason}"
        default = Line("ours", call, items, "default", times)
        compiled = Line("ours", call, items, "compiled", times, {"compile": True})
        rows.append([unit, f"{first:.1f}", *_beside(bench, [default, compiled])])
    header = ["`compile=True`", "first call, s", "not, ms each", "compiled, ms each", "rate over not"]
    return table(header, rows)


def _works(
    bench: Bench, files: Sequence[str], texts: Sequence[str]
) -> list[tuple[str, str, Sequence[str], int]]:
    """Unit, call, items and repetitions: the towers on batches, and one query of each kind."""
    often = bench.sizes.queries
    return [
        ("pictures", "pictures: model", files, 1),
        ("captions", "texts: model", texts, 1),
        ("one text query", "texts", texts[:1], often),
        ("one picture query", "pictures", files[:1], often),
    ]


def _beside(bench: Bench, lines: Sequence[Line]) -> list[str]:
    """Milliseconds an item of two lines, and the rate of the second over that of the first."""
    first, second = bench.rates(lines).values()
    if not (first and second):
        missing = next(
            bench.workers.missing[line.engine] for line in lines if line.engine in bench.workers.missing
        )
        return [f"missing: {missing}", "", ""]
    each = [Spread.of([1000 / rate for rate in found]).text() for found in (first, second)]
    return [*each, ratios(second, first).text()]


def tower_operations(model: Path) -> float:
    """Floating-point operations of the picture tower for one picture; a multiplication and its sum are two.

    Source: Dosovitskiy et al. 2021, section 3.1; the patch projection, then in each layer four projections
    of attention, its two products, and the two of the MLP.
    """
    config: dict[str, Any] = json.loads((model / "config.json").read_text(encoding="utf-8"))
    given = config["vision_config"]
    width, inner = given.get("hidden_size", 768), given.get("intermediate_size", 3072)
    layers, patch = given.get("num_hidden_layers", 12), given.get("patch_size", 32)
    patches = (given.get("image_size", 224) // patch) ** 2
    tokens = patches + 1
    layer = 4 * tokens * width**2 + 2 * tokens**2 * width + 2 * tokens * width * inner
    return float(2 * (patches * 3 * patch**2 * width + layers * layer + width * config["projection_dim"]))
