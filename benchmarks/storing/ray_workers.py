"""Workers on Ray Data: two against one, ours against the tutorial's class; and one server that stores.

    python -m benchmarks ray --results benchmarks/RESULTS.md

Every worker is kept on a core of its own. A rate is taken from when all workers are warm until the first has
nothing left to do; the cases are run in turn, and medians with their ranges are shown. Pictures a second of
CPU time are shown too: they say what a worker does on a core that nobody else uses.
"""

import argparse
import hashlib
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import ray

from benchmarks.shared.photos import write_photos
from benchmarks.shared.random_clip import write_random_clip
from benchmarks.shared.results import machine, replace_section, table
from benchmarks.storing.ingest import server
from benchmarks.storing.ray_classes import EmbedImages, Ours, Timed
from chroma_clip_embeddings import connect
from chroma_clip_embeddings.collection.identity import FINGERPRINT
from clip_embeddings.models.tiny import WEIGHTS
from ray_clip_embeddings.server import Server

BATCH = 16
STORED = 128  # rows that the last stage stores together
MODELS = {"vit-b-32": "The shape of ViT-B/32, random weights", "tiny": "The bundled model"}
TARGETS = {
    "vit-b-32": "Target for two workers: 1.8 times ours.",
    "tiny": "No target here: two workers of a model this small leave Ray's own processes no core of two; a "
    "picture costs them the CPU time it costs one.",
}
CASES = {
    "ours": ("ours", "auto", 1),
    "ours, two workers": ("ours", "auto", 2),
    "ours in float32": ("ours", "float32", 1),
    "tutorial": ("tutorial", "float32", 1),
}


def pictures(folder: Path) -> list[dict[str, bytes]]:
    """The JPEG files of `benchmarks.storing.ingest`."""
    files = sorted(write_photos(folder, 128).iterdir())
    return [{"bytes": file.read_bytes()} for file in files]


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


def cases_table(rates: dict[str, list[tuple[float, float]]]) -> str:
    """Each case's rates, and the first over that of ours and of the tutorial's in the round."""
    rows = []
    for case, found in rates.items():
        cells = [spread([wall for wall, _ in found], 1)]
        for base in ("ours", "tutorial"):
            cells.append(
                spread([one / other for (one, _), (other, _) in zip(found, rates[base], strict=True)], 2)
            )
        rows.append([case, *cells, spread([cpu for _, cpu in found], 1)])
    return table(["case", "pictures/s", "times ours", "times the tutorial", "pictures/CPU s"], rows)


def spread(values: list[float], digits: int) -> str:
    """Median, and the range in brackets."""
    median, least, most = (f"{f(values):.{digits}f}" for f in (statistics.median, min, max))
    return f"{median} ({least}-{most})"


def storing_table(work: Path, rows: int, dimension: int = 512) -> str:
    """What one server takes of the last stage: which of 128 ids are there, then an upsert of them."""
    random, seconds = np.random.default_rng(0), list[float]()
    with server(work / "server") as port:
        client = connect(host="127.0.0.1", port=port)
        client.create_collection("photos", metadata={FINGERPRINT: "random"}, embedding_function=None)
        place = Server("photos", "127.0.0.1", port, False, (), 60.0, "random")
        for start in range(0, rows, STORED):
            digests = [
                hashlib.sha256(bytes(str(i), "ascii")).hexdigest() for i in range(start, start + STORED)
            ]
            batch = [
                {
                    "id": f"image:{digest}",
                    "modality": "image",
                    "content_sha256": digest,
                    "uri": f"/pictures/{digest}.jpg",
                    "document": f"{digest}.jpg",
                }
                for digest in digests
            ]
            vectors = random.normal(size=(STORED, dimension)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            began = time.perf_counter()
            place.stored([row["id"] for row in batch])
            place.store(batch, vectors)
            seconds.append(time.perf_counter() - began)
    fifth = len(seconds) // 5
    ends = {"the first fifth": seconds[:fifth], "the last fifth": seconds[-fifth:]}
    cells = [f"{len(part) * STORED / sum(part):.0f}" for part in ends.values()]
    return table(
        [f"one Chroma server, {dimension} dimensions, rows/s", *ends], [[f"up to {rows:,} rows", *cells]]
    )


def workers_table(work: Path, model: str, count: int, rounds: int) -> str:
    rows = pictures(work / "photos-128")
    items = [rows[i % len(rows)] for i in range(count)]
    dataset = ray.data.from_items(items, override_num_blocks=count // BATCH).materialize()
    folder = str(WEIGHTS) if model == "tiny" else str(write_random_clip(work / "random-clip"))
    rates: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
    for _ in range(rounds):
        for case, found in rates.items():
            found.append(rates_of(dataset, folder, case))
    return f"### {MODELS[model]}\n\n{cases_table(rates)}\n\n{TARGETS[model]}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=MODELS, action="append", help="may be given often; else each")
    parser.add_argument("--pictures", type=int, default=384, help="of a case; with tiny eight times as many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stored", type=int, default=10_240, help="rows that one server is to take")
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
    facts = f"{machine(('torch', 'ray', 'chromadb'))}. JPEG 500x375, single-threaded workers."
    parts = [f"## Ray Data\n\n{facts}"]
    with TemporaryDirectory() as temporary:
        work: Path = (options.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        for model in options.model or MODELS:
            count = options.pictures * (8 if model == "tiny" else 1)
            parts.append(workers_table(work, model, count, options.rounds))
            print(parts[-1], end="\n\n", flush=True)
        ray.shutdown()
        parts.append("### Storing\n\n" + storing_table(work, options.stored))
        print(parts[-1])
    if options.results:
        replace_section(options.results, "ray", "\n\n".join(parts))


if __name__ == "__main__":
    main()
