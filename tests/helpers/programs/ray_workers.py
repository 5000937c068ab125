"""Classes that Ray's workers run in the tests, in a module of their own so that a worker can import them."""

import os
import signal
from pathlib import Path
from typing import Any

import pyarrow as pa

from ray_clip_embeddings import CLIPBatchEmbedder
from ray_clip_embeddings import stages as real_stages
from ray_clip_embeddings.stages import EmbedRows, Job


def die_once(marker: Path) -> None:
    """Kill this process as the kernel would, the first time only."""
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal(CLIPBatchEmbedder):
    """Dies at the batch that holds the poisoned text; says how many threads torch and the decoding have."""

    def __init__(self, marker: str, **options: Any) -> None:
        super().__init__(**options)
        self._marker = Path(marker)

    def __call__(self, batch: Any) -> pa.Table:
        if "poison" in batch["text"].to_pylist():
            die_once(self._marker)
        made = super().__call__(batch)
        import torch  # not above: a worker that only stores would wait for it

        threads = [(torch.get_num_threads(), self._encoder._embedder.config.threads)] * made.num_rows
        return made.append_column("threads", pa.array(threads, pa.list_(pa.int64())))


class MortalRows(EmbedRows):
    """The embedding stage, dying at one picture."""

    def __call__(self, table: pa.Table) -> pa.Table:
        for uri in table["uri"].to_pylist():
            if uri and uri.endswith("scene-07.png"):
                die_once(Path(uri).parent / ".killed-embedding")
        return super().__call__(table)


def mortal_store(table: pa.Table, *, job: Job) -> pa.Table:
    """The storing stage, dying after it has stored and before it could say so."""
    outcomes = real_stages.store(table, job=job)
    for uri in table["uri"].to_pylist():
        if uri and uri.endswith("scene-07.png"):
            die_once(Path(uri).parent / ".killed-storing")
    return outcomes
