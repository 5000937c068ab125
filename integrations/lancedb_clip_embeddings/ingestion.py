"""`ingest`: files into a LanceDB table, by `clip_embeddings.ingestion`."""

from collections.abc import Iterable
from threading import Event
from typing import Unpack

from lancedb.table import Table

from clip_embeddings.ingestion import AnyPath, IngestOptions, IngestReport, Plan, run_plan
from clip_embeddings.stores import collection as any_collection
from clip_embeddings.tasks.adapting import said_as
from lancedb_clip_embeddings.row_store import LanceRows
from lancedb_clip_embeddings.table import embedder_of, sample_of


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
    embedder = embedder_of(table)
    if sample := sample_of(table):  # what the table was calibrated on a moment ago is not embedded again
        options = {"sample": sample, **options}
    plan = Plan.of(paths, options)
    found = plan.found_for(embedder, table.name)
    return run_plan(plan, LanceRows(table), embedder, found, Event())
