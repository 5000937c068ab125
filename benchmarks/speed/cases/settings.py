"""What packed weights change, and what the picture tower could still gain."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.shared.figures import Spread, ratios
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import peers_table
from benchmarks.speed.workload import SMALL, captions, pictures

_PRODUCT = 2048


def settings(bench: Bench) -> str:
    """Both towers on ready batches, and one query of each kind, with packed weights and without."""
    files = pictures(bench.setting.work, SMALL, bench.sizes.small.whole)[: bench.sizes.small.part]
    texts, often = captions(bench.sizes.captions.part), bench.sizes.queries
    parts = [_of_the_product(bench, files)]
    for title, call, items, times in (
        ("Picture tower", "pictures: model", files, 1),
        ("Text tower", "texts: model", texts, 1),
        ("One picture query", "pictures", files[:1], often),
        ("One text query", "texts", texts[:1], often),
    ):
        lines = [Line(engine, call, items, times=times) for engine in ("ours-packed", "ours-unpacked")]
        parts.append(f"{title}, the first over the second:")
        parts.append(peers_table(bench, lines, bench.rates(lines), "items"))
    return "\n\n".join(parts)


def _of_the_product(bench: Bench, files: Sequence[str]) -> str:
    """The picture tower's arithmetic over that of a large matrix product: the rest is left to be gained."""
    square = Line("ours", "matrix product", [str(_PRODUCT)], "product", times=bench.sizes.queries)
    tower, product = bench.rates([Line("ours", "pictures: model", files, "tower"), square]).values()
    reference = [2 * _PRODUCT**3 * rate for rate in product]
    share = ratios([tower_operations(Path(bench.setting.model)) * rate for rate in tower], reference)
    return (
        f"Matrix product {_PRODUCT}x{_PRODUCT} in the precision of the weights: "
        f"{Spread.of([each / 1e12 for each in reference]).text(' TFLOP/s')}; "
        f"the picture tower does {share.text()} of that."
    )


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
