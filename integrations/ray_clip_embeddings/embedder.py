"""CLIPBatchEmbedder: the core embedder as a class for `map_batches`.

Imports pyarrow, numpy and the public core.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clip_embeddings import EmbedderConfig, InvalidInputError, ModalityCalibration
from clip_embeddings.types import LongText, Role
from ray_clip_embeddings.columns import Item, SourceColumns, as_table
from ray_clip_embeddings.encoder import ItemEncoder, vector_array

_DEFAULTS = EmbedderConfig()
ADDED = ("id", "content_sha256", "modality", "clip_fingerprint", "embedding", "error")


class CLIPBatchEmbedder:
    """Embeds the pictures and texts of a dataset, one row each.

    For `dataset.map_batches(CLIPBatchEmbedder, fn_constructor_kwargs={...}, compute=ActorPoolStrategy(...))`.
    The weights load at an actor's first batch. A row that cannot be embedded has a null embedding and the
    reason in `error`; the others of its batch go on.

    In an actor, torch and the decoding of pictures use as many threads as Ray gave it whole CPUs
    (`num_cpus=`, one by default), so that actors do not fight; without any, as with `num_gpus=` alone, both
    choose by themselves.

    Args:
        model, revision, text_model, truncate_dim, long_text, calibration: as for `CLIPEmbedder`.
        device, dtype, batch_size, max_pixels, allow_pickle: likewise.
        threads: how many threads decode pictures; None is one for each CPU that Ray gave.
        bytes_column, array_column, uri_column, text_column: which columns hold encoded pictures, (H, W, C)
            uint8 arrays, where a row comes from, texts. A row is a text where `text_column` has one,
            otherwise a picture; it is read from its uri only where neither other column is named.
        role: "document" or "query"; the same without a calibration.
        drop_content: whether the bytes, arrays and texts are left out of what comes back.
    Raises:
        InvalidInputError: settings or columns that cannot be.
    """

    def __init__(
        self,
        model: str | PathLike[str] = _DEFAULTS.model,
        *,
        revision: str | None = None,
        text_model: str | PathLike[str] | None = None,
        truncate_dim: int | None = None,
        long_text: LongText = "truncate",
        calibration: ModalityCalibration | str | PathLike[str] | None = None,
        device: str = "auto",
        dtype: str = "auto",
        batch_size: int | None = None,
        max_pixels: int = _DEFAULTS.max_pixels,
        allow_pickle: bool | None = None,
        threads: int | None = None,
        bytes_column: str | None = None,
        array_column: str | None = None,
        uri_column: str | None = None,
        text_column: str | None = None,
        role: Role = "document",
        drop_content: bool = False,
    ) -> None:
        self._config = EmbedderConfig(
            model=model,
            revision=revision,
            text_model=text_model,
            truncate_dim=truncate_dim,
            long_text=long_text,
            calibration=calibration,
            device=device,
            dtype=dtype,
            batch_size=batch_size,
            max_pixels=max_pixels,
            allow_pickle=allow_pickle,
            threads=threads,
        )
        self._columns = SourceColumns(
            bytes_column=bytes_column,
            array_column=array_column,
            uri_column=uri_column,
            text_column=text_column,
        )
        self._drop = self._columns.content if drop_content else []
        self._encoder = ItemEncoder(self._config, role)

    def __call__(self, batch: Any) -> pa.Table:
        """Embed one batch of N rows.

        Args:
            batch: dictionary of numpy arrays, pandas DataFrame or Arrow table.
        Returns:
            An Arrow table, the batch's columns and `id`, `content_sha256`, `modality`, `clip_fingerprint`,
            `embedding` (fixed-size list of D float32, unit rows), `error`; row i for row i.
        Raises:
            InvalidInputError: a column is missing, or one of those added is there already.
        """
        table = as_table(batch)
        if taken := [name for name in ADDED if name in table.column_names]:
            raise InvalidInputError(
                f"the dataset has columns {taken} already, which are written here; "
                "rename them before: dataset.rename_columns({...})"
            )
        items = self._columns.items(table)
        vectors, reasons = self._encoder.encode(items)
        return with_columns(
            table.drop_columns(self._drop), items, vectors, reasons, self._encoder.fingerprint
        )


def with_columns(
    table: pa.Table,
    items: Sequence[Item],
    vectors: NDArray[np.float32],
    reasons: Sequence[str | None],
    fingerprint: str,
) -> pa.Table:
    """The table with what was found out about its rows."""
    failed = np.array([reason is not None for reason in reasons], bool)
    columns: dict[str, pa.Array] = {
        "id": pa.array([item.id for item in items], pa.string()),
        "content_sha256": pa.array([item.sha256 for item in items], pa.string()),
        "modality": pa.array([item.modality for item in items], pa.string()),
        "clip_fingerprint": pa.array([fingerprint] * len(items), pa.string()),
        "embedding": vector_array(vectors, failed),
        "error": pa.array(reasons, pa.string()),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table
