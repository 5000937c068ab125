"""What a collection's vectors say: the modality gap, a sample of it, near-duplicates.

The work is in `clip_embeddings.tasks.stored`; nothing is written or embedded, but for queries.
"""

import chromadb

from chroma_clip_embeddings.client.kinds import refuse_async
from chroma_clip_embeddings.collection.identity import check_identity, embedder_of
from chroma_clip_embeddings.row_store import ChromaRows
from clip_embeddings import CLIPEmbedder
from clip_embeddings.tasks import stored
from clip_embeddings.tasks.adapting import of_collection


def _rows_of(collection: chromadb.Collection, called: str) -> tuple[ChromaRows, CLIPEmbedder]:
    refuse_async(collection, called)
    embedder = embedder_of(collection)
    check_identity(collection, embedder)
    return ChromaRows(collection, embedder.dimension), embedder


explain = of_collection(stored.explain, _rows_of, "explain")
sample_collection = of_collection(stored.estimate, _rows_of, "sample_collection")
find_duplicates = of_collection(stored.find_duplicates, _rows_of, "find_duplicates")
