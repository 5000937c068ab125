"""What a GPU does: each stage alone, batch sizes, the tower over the matrix product, and a larger tower."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.random_clip import write_random_clip
from benchmarks.results import table
from benchmarks.speed.client import Worker
from benchmarks.speed.figures import Spread, ratios
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import END_TO_END, stages_table
from benchmarks.speed.workload import SMALL, pictures
from benchmarks.vocabulary import PEERS

NONE = "GPU: not measured, none on this machine."
_BATCHES, _PRODUCT = (32, 64, 128, 256, 512), 8192


def on_gpu(bench: Bench) -> str:
    """Only where ours runs on a GPU by itself."""
    if not bench.workers.there["ours"].facts["device"].startswith("cuda"):
        bench.workers.missing["gpu"] = "none on this machine"
        return NONE
    files = pictures(bench.work, SMALL, bench.sizes.small) * 8
    large = write_random_clip(bench.work / "ViT-L-14", shape="ViT-L/14", peers=(bench.setting.peers, *PEERS))
    return "\n\n".join(
        [
            _stages(bench, files, "gpu"),
            _sweep(bench, files, batches=_BATCHES, product=_PRODUCT),
            _larger(bench, files, large),
        ]
    )


def _stages(bench: Bench, files: Sequence[str], key: str) -> str:
    lines = [
        Line("ours", "decode", files, "decode"),
        Line("ours", "preprocess", files, "preprocess"),
        Line("ours", "copy", files, "copy to the device"),
        Line("ours", "pictures: model", files, "model"),
        Line("ours", "pictures", files, END_TO_END),
    ]
    body, bench.figures[f"{key}: efficiency"] = stages_table(
        bench.rates(lines), "pictures of 500x375", ["model", "decode"]
    )
    return body


def _sweep(bench: Bench, files: Sequence[str], *, batches: Sequence[int], product: int) -> str:
    """The tower by batch size, and its arithmetic over that of a matrix product of the same precision."""
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
    bench.figures["gpu: share of matrix product"] = max(shares.values())
    rows = [[name, Spread.of(rates[name]).text(), share.text()] for name, share in shares.items()]
    speed = Spread.of([each / 1e12 for each in reference]).text(" TFLOP/s")
    facts = f"Matrix product {product}x{product}: {speed}."
    return f"{facts}\n\n{table(['tower alone', 'pictures/s', 'of the matrix product'], rows)}"


def _larger(bench: Bench, files: Sequence[str], model: Path) -> str:
    worker, rows = Worker("ours", bench.setting._replace(model=str(model))), list[list[str]]()
    try:
        worker.ask("load")
        for name, call in (("model", "pictures: model"), (END_TO_END, "pictures")):
            worker.ask(call, files[:64])
            found = [len(files) / s for s in worker.ask(call, files, times=bench.sizes.rounds)["seconds"]]
            rows.append([name, Spread.of(found).text()])
    finally:
        worker.close()
    return table([model.name, "pictures/s"], rows)


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
