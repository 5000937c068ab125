"""What a table's vectors say: the modality gap, a sample of it, near-duplicates.

The work is in `clip_embeddings.tasks.stored`; nothing is written or embedded, but for queries.
"""

from lancedb.table import Table

from clip_embeddings import CLIPEmbedder
from clip_embeddings.tasks import stored
from clip_embeddings.tasks.adapting import of_collection
from lancedb_clip_embeddings.row_store import LanceRows
from lancedb_clip_embeddings.table import embedder_of


def _rows_of(table: Table, called: str) -> tuple[LanceRows, CLIPEmbedder]:
    return LanceRows(table), embedder_of(table)


explain = of_collection(stored.explain, _rows_of, "explain")
sample_table = of_collection(stored.estimate, _rows_of, "sample_table")
find_duplicates = of_collection(stored.find_duplicates, _rows_of, "find_duplicates")
