"""CLIP embeddings for LanceDB: a table of texts and pictures, filled by ingestion and searched by either."""

try:
    import lancedb as _lancedb
except ImportError as error:
    from clip_embeddings import MissingExtraError

    raise MissingExtraError(
        'lancedb_clip_embeddings needs lancedb: pip install "clip-embeddings[lancedb]"'
    ) from error
del _lancedb

from clip_embeddings.ingestion import FileSample, IngestFailure, IngestReport, sample_files
from clip_embeddings.search import Hit, SearchResult
from clip_embeddings.tasks.stored import Duplicates
from lancedb_clip_embeddings.ingestion import ingest
from lancedb_clip_embeddings.measuring import explain, find_duplicates, sample_table
from lancedb_clip_embeddings.row_store import LanceRows
from lancedb_clip_embeddings.search import search
from lancedb_clip_embeddings.table import connect, embedder_of, open_table

__all__ = [
    "Duplicates",
    "FileSample",
    "Hit",
    "IngestFailure",
    "IngestReport",
    "LanceRows",
    "SearchResult",
    "connect",
    "embedder_of",
    "explain",
    "find_duplicates",
    "ingest",
    "open_table",
    "sample_files",
    "sample_table",
    "search",
]
