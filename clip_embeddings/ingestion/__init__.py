"""Files -> rows of any store, once each and kept as the files are.

`run_plan` does it, for what implements `RowStore`; `IngestOptions` is what callers may say. An adapter checks
the model on record, makes its `RowStore`, and calls `run_plan`.
"""

from clip_embeddings.ingestion.find.discovery import AnyPath
from clip_embeddings.ingestion.options import IngestOptions, Plan
from clip_embeddings.ingestion.report import IngestFailure, IngestReport
from clip_embeddings.ingestion.run import arun_plan, run_plan
from clip_embeddings.ingestion.sample import FileSample, check_sample, sample_files
from clip_embeddings.ingestion.store import RowStore, Stored

__all__ = [
    "AnyPath",
    "FileSample",
    "IngestFailure",
    "IngestOptions",
    "IngestReport",
    "Plan",
    "RowStore",
    "Stored",
    "arun_plan",
    "check_sample",
    "run_plan",
    "sample_files",
]
