"""What a GPU does: each stage alone, batch sizes, the tower over the matrix product, and a larger tower."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.shared.random_clip import write_random_clip
from benchmarks.shared.results import table
from benchmarks.shared.vocabulary import PEERS
from benchmarks.speed.cases.settings import by_batch
from benchmarks.speed.client import Worker
from benchmarks.speed.figures import Spread
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import END_TO_END, stages_table
from benchmarks.speed.workload import SMALL, pictures

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
            _sizes(bench, files),
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


def _sizes(
    bench: Bench, files: Sequence[str], batches: Sequence[int] = _BATCHES, product: int = _PRODUCT
) -> str:
    body, bench.figures["gpu: share of matrix product"] = by_batch(bench, files, batches, product)
    return body


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
