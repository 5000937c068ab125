"""One writing process at a time, for stores in folders that bear no more; see `FolderLock`."""

from clip_embeddings.ingestion.locking.folder import FolderLock

__all__ = ["FolderLock"]
