"""ingest_dataset: a Ray dataset into a collection of a store, a folder of Parquet files, or both.

Imports ray and the public core.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import ray.data

from clip_embeddings import (
    CLIPEmbedder,
    ClipEmbeddingsError,
    EmbedderConfig,
    FingerprintMismatchError,
    InvalidInputError,
    MissingExtraError,
    ModalityCalibration,
    StoreError,
)
from clip_embeddings.types import LongText
from ray_clip_embeddings.columns import SourceColumns
from ray_clip_embeddings.folder import Folder
from ray_clip_embeddings.report import DatasetReport, Tally
from ray_clip_embeddings.server import HOST, PORT, named
from ray_clip_embeddings.stages import FATAL, EmbedRows, Job, Sink, identify, store

Workers = int | tuple[int, int]
_DEFAULTS = EmbedderConfig()
_ROWS = 128  # embedded and stored together: what a killed worker does again at most
_LIGHT = 0.25  # CPUs of a stage that mostly waits for the store
_KINDS: dict[str, type[ClipEmbeddingsError]] = {
    kind.__name__: kind
    for kind in (FingerprintMismatchError, InvalidInputError, MissingExtraError, StoreError)
}


def ingest_dataset(
    dataset: ray.data.Dataset,
    *,
    collection: str | None = None,
    store: str | None = None,
    host: str = HOST,
    port: int = PORT,
    ssl: bool = False,
    headers: Mapping[str, str] | None = None,
    patience: float = 60.0,
    output: str | os.PathLike[str] | None = None,
    failures: str | os.PathLike[str] | None = None,
    bytes_column: str | None = None,
    array_column: str | None = None,
    uri_column: str | None = None,
    text_column: str | None = None,
    caption_column: str | None = None,
    model: str | os.PathLike[str] = _DEFAULTS.model,
    revision: str | None = None,
    text_model: str | os.PathLike[str] | None = None,
    truncate_dim: int | None = None,
    long_text: LongText | None = None,
    calibration: ModalityCalibration | str | os.PathLike[str] | None = None,
    device: str = "auto",
    dtype: str = "auto",
    batch_size: int | None = None,
    max_pixels: int = _DEFAULTS.max_pixels,
    allow_pickle: bool | None = None,
    workers: Workers | None = None,
    num_cpus: float = 1,
    num_gpus: float = 0,
    show_progress: bool = False,
) -> DatasetReport:
    """Embed a dataset and store its rows; running it again embeds only what is missing.

    A row's id is made of its content, so a worker that dies and is run again stores nothing twice. Rows in a
    collection are those that `chroma_clip_embeddings.ingest` makes of the same files.

    Args:
        dataset: from `read_binary_files(..., include_paths=True)`, `read_images`, `read_parquet` and so on.
        collection: of the Chroma server at host and port (ssl), or of `store`; made if it does not exist.
        store: another one, "lancedb:DIR" or whatever `clip-embeddings --store` takes, if several processes
            may write to it; where all workers reach it.
        headers: of requests to a server.
        patience: seconds that a server may be away before the job ends.
        output: folder of Parquet files that every machine reaches: a path, or a URI such as s3://.
        failures: JSONL file on the driver that gets every failure; the report holds the first 1000.
        bytes_column, array_column, uri_column, text_column: as for `CLIPBatchEmbedder`.
        long_text: None splits a text into passages that fit the model's context, one row each, as `ingest`
            does. Otherwise a text is one row, without the white space around it, read in this way.
        caption_column: what a picture's row has as its document; its file name where there is none.
        model, revision, text_model, truncate_dim, calibration: as for `CLIPEmbedder`.
        device, dtype, batch_size, max_pixels, allow_pickle: likewise.
        workers: how many embed at once, or the least and the most; None lets Ray use what is free.
        num_cpus, num_gpus: what each of them gets; torch and decoding use that many threads.
        show_progress: whether Ray draws its progress bars.
    Returns:
        How many rows became what. A row whose worker died after storing it counts as already there.
    Raises:
        InvalidInputError: no place to store in, a store that takes one writer at a time, or columns that are
            not there.
        FingerprintMismatchError: the collection or the folder holds vectors of another model; nothing was
            done.
        MissingExtraError: what reaches the store is not installed, here or where a worker is.
        StoreError: the server went away for longer than `patience`; run the same job again to go on.
    """
    started = time.perf_counter()
    columns = SourceColumns(
        bytes_column=bytes_column,
        array_column=array_column,
        uri_column=uri_column,
        text_column=text_column,
    )
    embedder = CLIPEmbedder(
        model,
        revision=revision,
        text_model=text_model,
        truncate_dim=truncate_dim,
        long_text=long_text or _DEFAULTS.long_text,
        calibration=calibration,
        device=device,
        dtype=dtype,
        batch_size=batch_size,
        max_pixels=max_pixels,
        allow_pickle=allow_pickle,
    )
    sink = named(collection, store, (host, port, ssl), headers, patience, embedder)
    places: list[Sink] = []
    if output is not None:  # first, so that a row of the collection is in the folder too
        places.append(Folder.prepare(output, embedder))
    if sink is not None:
        places.append(sink.prepare(embedder))
    if not places:
        raise InvalidInputError(
            "nowhere to store: name collection=, of a Chroma server or of store=, or output=, a folder"
        )
    job = Job(columns, caption_column, tuple(places), None if long_text else _for_splitting(embedder))
    outcomes = _pipeline(dataset, job, embedder, workers, num_cpus, num_gpus)
    outcomes.context.enable_progress_bars = show_progress
    with Tally.writing_to(failures) as tally:
        _count(outcomes, tally)
    tally.report.seconds = time.perf_counter() - started
    return tally.report


def _pipeline(
    dataset: ray.data.Dataset,
    job: Job,
    embedder: CLIPEmbedder,
    workers: Workers | None,
    num_cpus: float,
    num_gpus: float,
) -> ray.data.Dataset:
    """Identify and store in light tasks, so that the actors that embed wait for neither."""
    least, most = workers if isinstance(workers, tuple) else (workers or 1, workers)
    made_with = {
        "config": _for_workers(embedder),
        "fingerprint": embedder.fingerprint,
        "dimension": embedder.dimension,
    }
    batches: dict[str, Any] = {"batch_size": _ROWS, "batch_format": "pyarrow"}
    identified = dataset.map_batches(partial(identify, job=job), num_cpus=_LIGHT, **batches)
    embedded = identified.map_batches(
        EmbedRows,
        fn_constructor_kwargs=made_with,
        compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most),
        num_cpus=num_cpus,
        num_gpus=num_gpus,
        **batches,
    )
    return embedded.map_batches(partial(store, job=job), num_cpus=_LIGHT, **batches)


def _for_workers(embedder: CLIPEmbedder) -> EmbedderConfig:
    """Settings that mean the same in another folder: the calibration itself, and a model's whole path."""
    return replace(embedder.portable_config, calibration=embedder.calibration)


def _for_splitting(embedder: CLIPEmbedder) -> EmbedderConfig:
    return replace(embedder.portable_config, calibration=None)


def _count(outcomes: ray.data.Dataset, tally: Tally) -> None:
    for row in outcomes.iter_rows():
        if row["outcome"] == FATAL:
            added = tally.report.images + tally.report.passages
            raise _KINDS.get(row["path"], ClipEmbeddingsError)(
                f"{row['reason']}. {added} rows of this run were stored by then; once that is put right, "
                "run the same job again to go on"
            )
        tally.add(row)
