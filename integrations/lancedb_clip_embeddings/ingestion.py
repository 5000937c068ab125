"""`ingest`: files into a LanceDB table, by `clip_embeddings.ingestion`."""

from collections.abc import Iterable
from threading import Event
from typing import Unpack

from lancedb.table import Table

from clip_embeddings.ingestion import AnyPath, IngestOptions, IngestReport, Plan, check_sample, run_plan
from lancedb_clip_embeddings.row_store import LanceRows
from lancedb_clip_embeddings.table import embedder_of


def ingest(
    paths: AnyPath | Iterable[AnyPath], table: Table, **options: Unpack[IngestOptions]
) -> IngestReport:
    """Store the pictures and texts at and under `paths`, and bring their rows up to date.

    It is what `chroma_clip_embeddings.ingest` does, with the same ids and metadata: content that is stored is
    not embedded again, a moved file's row gets its new uri, a file that cannot be used is reported. A run
    that is killed and started again ends with the same rows as one that was not. Several processes may
    ingest into one table at once.

    Args:
        paths: files, folders, patterns, and addresses of schemes that are allowed; hidden files are left out.
        table: made with `open_table`.
        options: those of `clip_embeddings.ingestion.IngestOptions`.
    Raises:
        InvalidInputError: before anything is stored: a path or manifest that cannot be used.
        FingerprintMismatchError: the table or the sample holds vectors of another model.
        MissingExtraError: a manifest or an address without what reads it.
        StoreError: the store refused, a disk is full, or the cache cannot be used; says how many rows are
            safe.
    """
    plan = Plan.of(paths, options)
    embedder = embedder_of(table)
    if plan.sample is not None:
        check_sample(plan.sample, embedder, table.name)
    plan.roots()  # refused before anything is written
    return run_plan(plan, LanceRows(table), embedder, plan.found(), Event())
