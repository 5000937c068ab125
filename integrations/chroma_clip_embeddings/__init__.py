"""CLIP embeddings for Chroma: an embedding function for text and pictures, ingestion and retrieval.

Importing this package registers the embedding function, so import it before reopening a collection.
Its modules import chromadb, numpy and the core.
"""

try:
    import chromadb as _chromadb
except ImportError as error:
    from clip_embeddings import MissingExtraError

    raise MissingExtraError(
        'chroma_clip_embeddings needs chromadb: pip install "clip-embeddings[chroma]"'
    ) from error
del _chromadb

from chroma_clip_embeddings.aio import aadd_items, aopen_collection, asearch, aset_caption
from chroma_clip_embeddings.client.connection import connect
from chroma_clip_embeddings.client.lock import reopen
from chroma_clip_embeddings.collection.identity import embedder_of
from chroma_clip_embeddings.collection.migration import open_migrated
from chroma_clip_embeddings.collection.opening import open_collection
from chroma_clip_embeddings.collection.recalibration import recalibrate
from chroma_clip_embeddings.function import CLIPEmbeddingFunction
from chroma_clip_embeddings.ingestion import aingest, ingest
from chroma_clip_embeddings.loader import CLIPImageLoader
from chroma_clip_embeddings.retrieval.measuring import explain, find_duplicates, sample_collection
from chroma_clip_embeddings.retrieval.search import search
from chroma_clip_embeddings.rows import add_items, set_caption
from clip_embeddings import OPEN_CLIP_TWINS
from clip_embeddings.ingestion import FileSample, IngestFailure, IngestReport, sample_files
from clip_embeddings.ingestion.rows.prepared import AddReport
from clip_embeddings.search import Hit, SearchResult
from clip_embeddings.tasks.stored import Duplicates

__all__ = [
    "OPEN_CLIP_TWINS",
    "AddReport",
    "CLIPEmbeddingFunction",
    "CLIPImageLoader",
    "Duplicates",
    "FileSample",
    "Hit",
    "IngestFailure",
    "IngestReport",
    "SearchResult",
    "aadd_items",
    "add_items",
    "aingest",
    "aopen_collection",
    "asearch",
    "aset_caption",
    "connect",
    "embedder_of",
    "explain",
    "find_duplicates",
    "ingest",
    "open_collection",
    "open_migrated",
    "recalibrate",
    "reopen",
    "sample_collection",
    "sample_files",
    "search",
    "set_caption",
]
