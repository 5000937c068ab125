"""`ingest`: files into a LanceDB table, by `clip_embeddings.ingestion`."""

from collections.abc import Iterable
from functools import partial
from threading import Event
from typing import Unpack

from lancedb.table import Table

from clip_embeddings.ingestion import AnyPath, IngestOptions, IngestReport, Plan, calibrated, run_plan
from clip_embeddings.stores import collection as any_collection
from clip_embeddings.tasks.adapting import said_as
from lancedb_clip_embeddings.row_store import LanceRows
from lancedb_clip_embeddings.table import calibrate_empty, embedder_of, is_auto


@said_as(
    any_collection.ingest,
    {
        "collection: from `Store.open`": "table: made with `open_table`; several processes may write at once",
        "the collection": "the table",
    },
)
def ingest(
    paths: AnyPath | Iterable[AnyPath], table: Table, **options: Unpack[IngestOptions]
) -> IngestReport:
    plan, embedder = Plan.of(paths, options), embedder_of(table)
    found = plan.found_for(embedder, table.name)
    become = partial(calibrate_empty, table)
    plan, embedder = calibrated(plan, embedder, table.count_rows, become, auto=is_auto(table))
    return run_plan(plan, LanceRows(table), embedder, found, Event())
