"""What a table's vectors say: the modality gap, a sample of it, near-duplicates.

The work is in `clip_embeddings.tasks.stored`; nothing is written or embedded, but for queries.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from lancedb.table import Table

from clip_embeddings import CLIPEmbedder
from clip_embeddings.tasks import stored
from clip_embeddings.tasks.adapting import of_collection
from lancedb_clip_embeddings.errors import store_errors
from lancedb_clip_embeddings.row_store import LanceRows
from lancedb_clip_embeddings.table import embedder_of


@contextmanager
def _rows_of(table: Table, called: str) -> Iterator[tuple[LanceRows, CLIPEmbedder]]:
    embedder = embedder_of(table)
    with store_errors(f"read the table {table.name!r}", "Check that the store is there"):
        yield LanceRows(table), embedder


explain = of_collection(stored.explain, _rows_of, "explain")
sample_table = of_collection(stored.estimate, _rows_of, "sample_table")
find_duplicates = of_collection(stored.find_duplicates, _rows_of, "find_duplicates")
