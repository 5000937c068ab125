"""What a worker of the benchmark of Ray runs: our class and the tutorials', each with a clock.

In a module of their own, which a worker can import.
"""

import io
import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from ray_clip_embeddings import CLIPBatchEmbedder


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
