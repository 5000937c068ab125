"""Ray Data measured: two single-threaded workers against one, and ours against the class of Ray's tutorials.

    python -m benchmarks.ray_workers [--pictures 384] [--rounds 3] [--results benchmarks/RESULTS.md]

Each round measures all of them, one after the other; the start of the actors is taken off.
"""

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import ray
from PIL import Image
from ray.data import ActorPoolStrategy

from benchmarks.random_clip import write_random_clip
from benchmarks.results import machine, replace_section, table
from ray_clip_embeddings import CLIPBatchEmbedder

BATCH = 32


class EmbedImages:
    """As the tutorials of Ray Data write it: a processor and a model, each batch in one call."""

    def __init__(self, model: str) -> None:
        import torch
        from transformers import CLIPModel, CLIPProcessor

        torch.set_num_threads(1)
        self.processor = CLIPProcessor.from_pretrained(model)
        self.model = CLIPModel.from_pretrained(model)  # in evaluation mode already

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        import torch

        pictures = [Image.open(io.BytesIO(content)).convert("RGB") for content in batch["bytes"]]
        with torch.inference_mode():
            inputs = self.processor(images=pictures, return_tensors="pt")
            found = self.model.get_image_features(**inputs)
        features = getattr(found, "pooler_output", found)
        return {"embedding": (features / features.norm(dim=-1, keepdim=True)).numpy()}


def ours(dataset: Any, model: str, workers: int, dtype: str) -> Any:
    settings = {"model": model, "bytes_column": "bytes", "drop_content": True, "dtype": dtype}
    return dataset.map_batches(
        CLIPBatchEmbedder,
        fn_constructor_kwargs=settings,
        compute=ActorPoolStrategy(size=workers),
        num_cpus=1,
        batch_size=BATCH,
        batch_format="pyarrow",
    )


def tutorial(dataset: Any, model: str) -> Any:
    return dataset.map_batches(
        EmbedImages,
        fn_constructor_kwargs={"model": model},
        compute=ActorPoolStrategy(size=1),
        num_cpus=1,
        batch_size=BATCH,
    )


def rate(embedded: Callable[[Any], Any], few: Any, many: Any) -> float:
    """Pictures a second, start-up taken off: the time of many less that of few."""
    seconds, counts = [], []
    for dataset in (few, many):
        started = time.perf_counter()
        counts.append(sum(len(batch["embedding"]) for batch in embedded(dataset).iter_batches()))
        seconds.append(time.perf_counter() - started)
    return (counts[1] - counts[0]) / (seconds[1] - seconds[0])


def photos(count: int) -> list[dict[str, bytes]]:
    """Different JPEG files of 500x375: smooth noise, so that they are as large as photos."""
    rng, made = np.random.default_rng(0), []
    for _ in range(count):
        small = Image.fromarray(rng.integers(0, 256, (47, 63, 3), np.uint8))
        file = io.BytesIO()
        small.resize((500, 375), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
        made.append({"bytes": file.getvalue()})
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="file to write the section `ray` of")
    given = parser.parse_args()
    # A CPU more than there are workers: reading asks for one of its own.
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    rows = photos(given.pictures)
    few, many = (ray.data.from_items(part).materialize() for part in (rows[: 2 * BATCH], rows))
    with tempfile.TemporaryDirectory() as name:
        model = str(write_random_clip(Path(name) / "vit-b-32"))
        ways: dict[str, Callable[[Any], Any]] = {
            "ours, 1 worker": lambda dataset: ours(dataset, model, 1, "auto"),
            "ours, 2 workers": lambda dataset: ours(dataset, model, 2, "auto"),
            "ours, 1 worker, float32": lambda dataset: ours(dataset, model, 1, "float32"),
            "tutorial class, 1 worker": lambda dataset: tutorial(dataset, model),
        }
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(given.rounds):
            for way, embedded in ways.items():
                rates[way].append(rate(embedded, few, many))
    ray.shutdown()
    report(rates, given.results)


def report(rates: dict[str, list[float]], results: Path | None) -> None:
    middle = {name: statistics.median(values) for name, values in rates.items()}
    lines = [
        [name, f"{middle[name]:.1f} ({min(values):.1f} to {max(values):.1f})"]
        for name, values in rates.items()
    ]
    two = middle["ours, 2 workers"] / middle["ours, 1 worker"]
    beside = middle["ours, 1 worker"] / middle["tutorial class, 1 worker"]
    alike = middle["ours, 1 worker, float32"] / middle["tutorial class, 1 worker"]
    text = "\n\n".join(
        [
            "## Ray Data",
            machine(("torch", "ray")),
            "A ViT-B/32-shaped model with random weights, JPEG files of 500x375, each worker with one "
            "thread. Pictures a second: median (least to most).",
            table(["", "pictures a second"], lines),
            table(
                ["ratio", "found", "target"],
                [
                    ["2 workers over 1", f"{two:.2f}", "1.8"],
                    ["ours over the tutorial's class, 1 worker", f"{beside:.2f}", ""],
                    ["the same, both in float32", f"{alike:.2f}", ""],
                ],
            ),
        ]
    )
    print(text)
    if results:
        replace_section(results, "ray", text)


if __name__ == "__main__":
    main()
