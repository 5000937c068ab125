"""Workers on Ray Data: two against one, ours against the tutorial's class. `python -m benchmarks.ray_workers`

Every worker is kept on a core of its own. A rate is taken from when all workers are warm until the first has
nothing left to do; the cases are run in turn, and medians with their ranges are shown. Pictures a second of
CPU time are shown too: they say what a worker does on a core that nobody else uses.
"""

import argparse
import io
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import ray
from PIL import Image

from benchmarks.photos import write_photos
from benchmarks.random_clip import write_random_clip
from benchmarks.results import machine, replace_section
from clip_embeddings.models.tiny import WEIGHTS
from ray_clip_embeddings import CLIPBatchEmbedder

BATCH = 16
CASES = {
    "ours": ("ours", "auto", 1),
    "ours, two workers": ("ours", "auto", 2),
    "ours in float32": ("ours", "float32", 1),
    "tutorial": ("tutorial", "float32", 1),
}


class Timed:
    """Keeps its process on one core, and says of each batch who embedded it, when, at what cost."""

    def __init__(self, cores: str) -> None:
        for core in sorted(os.sched_getaffinity(0)):
            try:
                Path(cores, f"core-{core}").touch(exist_ok=False)
            except FileExistsError:  # another worker has it
                continue
            for thread in Path("/proc/self/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})
            return

    def __call__(self, batch: pa.Table) -> pa.Table:
        began, used = time.time(), time.process_time()
        self.embed(batch)
        row = {"worker": os.getpid(), "rows": batch.num_rows, "began": began, "ended": time.time()}
        return pa.Table.from_pylist([{**row, "cpu": time.process_time() - used}])

    def embed(self, batch: pa.Table) -> None:
        raise NotImplementedError


class Ours(Timed):
    """CLIPBatchEmbedder with a clock."""

    def __init__(self, cores: str, model: str, dtype: str) -> None:
        super().__init__(cores)
        self._embed = CLIPBatchEmbedder(model, dtype=dtype, bytes_column="bytes", drop_content=True)

    def embed(self, batch: pa.Table) -> None:
        self._embed(batch)


class EmbedImages(Timed):
    """What tutorials of Ray Data write: a processor and a model, each batch handled whole."""

    def __init__(self, cores: str, model: str, dtype: str) -> None:
        super().__init__(cores)
        import torch
        from transformers import CLIPModel, CLIPProcessor

        self._torch = torch
        self._processor = CLIPProcessor.from_pretrained(model)
        self._model: Any = CLIPModel.from_pretrained(model, dtype=getattr(torch, dtype))  # in eval mode

    def embed(self, batch: pa.Table) -> None:
        pictures = [Image.open(io.BytesIO(each)).convert("RGB") for each in batch["bytes"].to_pylist()]
        inputs = self._processor(images=pictures, return_tensors="pt")
        with self._torch.inference_mode():
            features = self._model.get_image_features(**inputs)
        features = getattr(features, "pooler_output", features)
        (features / features.norm(dim=-1, keepdim=True)).numpy()


def pictures(count: int, work: Path) -> list[dict[str, bytes]]:
    """JPEG files of 500x375 at quality 90, as in BENCHMARKS."""
    files = sorted(write_photos(work / f"photos-{count}", count).iterdir())
    return [{"bytes": file.read_bytes()} for file in files]


def checkpoint(name: str, work: Path) -> str:
    """The folder of a model: the bundled one, or one of the shape of ViT-B/32 with random weights."""
    return str(WEIGHTS if name == "tiny" else write_random_clip(work / "random-clip"))


def rates_of(dataset: ray.data.Dataset, model: str, case: str) -> tuple[float, float]:
    """Pictures a second of all workers together, and a second of CPU time."""
    kind, dtype, workers = CASES[case]
    with TemporaryDirectory() as cores:
        rows = timed_rows(dataset, Ours if kind == "ours" else EmbedImages, workers, (cores, model, dtype))
    of_worker: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: float(row["began"])):
        of_worker[row["worker"]].append(row)
    if len(of_worker) < workers:
        raise SystemExit(f"{len(of_worker)} of {workers} workers had work; ask for more with --pictures")
    begin = max(rows[0]["ended"] for rows in of_worker.values())
    end = min(rows[-1]["ended"] for rows in of_worker.values())
    warm = [row for rows in of_worker.values() for row in rows[1:]]
    done = sum(row["rows"] * share(row, begin, end) for row in warm)
    cpu = sum(row["cpu"] for row in warm)
    return float(done / (end - begin)), float(sum(row["rows"] for row in warm) / cpu)


def timed_rows(
    dataset: ray.data.Dataset, worker: type[Timed], workers: int, arguments: tuple[str, str, str]
) -> list[dict[str, Any]]:
    """One row for each batch."""
    timed = dataset.map_batches(
        worker,
        fn_constructor_args=arguments,
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
        batch_size=BATCH,
        batch_format="pyarrow",
    )
    return list(timed.take_all())


def share(row: dict[str, Any], begin: float, end: float) -> float:
    """How much of a batch lies in a span of time."""
    inside = min(row["ended"], end) - max(row["began"], begin)
    return float(max(0.0, inside) / (row["ended"] - row["began"]))


def table(rates: dict[str, list[tuple[float, float]]]) -> str:
    """Markdown: each case's rates, and the first over that of ours and of the tutorial's in the round."""
    lines = [
        "| case | pictures/s | times ours | times the tutorial | pictures/CPU s |",
        "|---|---:|---:|---:|---:|",
    ]
    for case, found in rates.items():
        cells = [spread([wall for wall, _ in found], 1)]
        for base in ("ours", "tutorial"):
            cells.append(
                spread([one / other for (one, _), (other, _) in zip(found, rates[base], strict=True)], 2)
            )
        cells.append(spread([cpu for _, cpu in found], 1))
        lines.append(f"| {case} | {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """Median, and the range in brackets."""
    median, least, most = (f"{f(values):.{digits}f}" for f in (statistics.median, min, max))
    return f"{median} ({least}-{most})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=["tiny", "vit-b-32"], default="tiny")
    parser.add_argument("--pictures", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, help="folder to keep models and files in; else a temporary one")
    parser.add_argument("--results", type=Path, help="file to write the section `ray` of")
    options = parser.parse_args()
    # More CPUs for Ray to give than there may be, so that no stage waits for another's.
    ray.init(
        num_cpus=4,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, [*sys.path, str(Path.cwd())]))}},
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    rates: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
    with TemporaryDirectory() as temporary:
        work: Path = options.work or Path(temporary)
        rows, model = pictures(128, work), checkpoint(options.model, work)
        items = [rows[i % len(rows)] for i in range(options.pictures)]
        dataset = ray.data.from_items(items, override_num_blocks=options.pictures // BATCH).materialize()
        for _ in range(options.rounds):
            for case, found in rates.items():
                found.append(rates_of(dataset, model, case))
    facts = f"{machine(('torch', 'ray'))}. Model {options.model}, JPEG 500x375, single-threaded workers."
    text = f"## Ray Data\n\n{facts}\n\n{table(rates)}"
    print(text)
    if options.results:
        replace_section(options.results, "ray", text)


if __name__ == "__main__":
    main()
