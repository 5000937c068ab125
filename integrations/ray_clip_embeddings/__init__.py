"""CLIP embeddings on Ray Data: a class for `map_batches`, and ingestion past one machine."""

try:
    import ray.data as _ray_data
except ImportError as error:
    from clip_embeddings import MissingExtraError

    raise MissingExtraError('ray_clip_embeddings needs ray: pip install "clip-embeddings[ray]"') from error
del _ray_data

from ray_clip_embeddings.embedder import CLIPBatchEmbedder
from ray_clip_embeddings.ingestion import ingest_dataset
from ray_clip_embeddings.report import DatasetReport, RowFailure

__all__ = ["CLIPBatchEmbedder", "DatasetReport", "RowFailure", "ingest_dataset"]
