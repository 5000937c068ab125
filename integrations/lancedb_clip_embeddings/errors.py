"""One name for what LanceDB raises, and which of it is worth another try."""

import re
from contextlib import AbstractContextManager

import pyarrow as pa

from clip_embeddings.ingestion.store import errors_of_store

_KINDS = (RuntimeError, ValueError, OSError, pa.ArrowException)
# Where in its Rust sources an error was made.
_PLACE = re.compile(r",? ?/\S+\.rs:\d+(:\d+)?")
_CONFLICT = re.compile("conflict|concurrent|contention", re.IGNORECASE)


def store_errors(doing: str, fix: str) -> AbstractContextManager[None]:
    """Turn what LanceDB raises into StoreError: "cannot {doing}: {reason}. {fix}"."""
    return errors_of_store(doing, fix, lambda error: isinstance(error, _KINDS), _words)


def _words(error: Exception) -> str:
    return _PLACE.sub("", str(error))


def is_conflict(error: Exception) -> bool:
    """Whether another writer was faster: the same call may be made again."""
    return isinstance(error, _KINDS) and _CONFLICT.search(str(error)) is not None
