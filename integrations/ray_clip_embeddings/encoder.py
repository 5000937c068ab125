"""Items -> vectors, on as many threads as Ray gave CPUs. Imports ray, pyarrow, torch and the public core."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import ray
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, EmbedderConfig, ImageItem, TextItem
from clip_embeddings.types import Role
from ray_clip_embeddings.columns import Item

logger = logging.getLogger(__name__)


class ItemEncoder:
    """Items -> vectors, with a reason for each that has none."""

    def __init__(self, config: EmbedderConfig, role: Role = "document") -> None:
        self._config, self._role = config, role

    def __getstate__(self) -> dict[str, Any]:
        """Without the embedder: another worker may be given another number of CPUs."""
        return {"_config": self._config, "_role": self._role}

    @cached_property
    def _embedder(self) -> CLIPEmbedder:
        cpus = cpus_given()
        embedder = CLIPEmbedder.from_config(self._config)
        if cpus is None:
            return embedder
        import torch

        torch.set_num_threads(cpus)
        logger.info("%d threads for torch and for decoding: the CPUs that Ray gave", cpus)
        if self._config.threads is not None:
            return embedder
        return CLIPEmbedder.from_config(replace(self._config, threads=cpus))

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    def encode(self, items: Sequence[Item]) -> tuple[NDArray[np.float32], list[str | None]]:
        """Vectors (N, D), zeros where there is a reason."""
        vectors = np.zeros((len(items), self._embedder.dimension), np.float32)
        reasons = [item.reason for item in items]
        usable = [place for place, item in enumerate(items) if item.reason is None]
        told = (_told(items[place]) for place in usable)
        for batch in self._embedder.iter_items(told, role=self._role):
            vectors[[usable[i] for i in batch.indices]] = batch.embeddings
            for failure in batch.failures:
                reasons[usable[failure.index]] = failure.reason
        return vectors, reasons


def _told(item: Item) -> TextItem | ImageItem:
    content: Any = item.content
    return ImageItem(content) if item.modality == "image" else TextItem(str(content))


def cpus_given() -> int | None:
    """Whole CPUs that Ray gave this worker, at least 1; None outside of one or where it gave none."""
    if not ray.is_initialized() or ray.get_runtime_context().get_task_id() is None:
        return None
    given = ray.get_runtime_context().get_assigned_resources().get("CPU", 0)  # type: ignore[no-untyped-call]
    return max(1, int(given)) if given else None


def vector_array(vectors: NDArray[np.float32], failed: NDArray[np.bool_]) -> pa.Array:
    """(N, D) -> fixed-size list of D float32, null where it failed."""
    values = pa.array(vectors.reshape(-1), pa.float32())
    return pa.FixedSizeListArray.from_arrays(values, vectors.shape[1], mask=pa.array(failed))
