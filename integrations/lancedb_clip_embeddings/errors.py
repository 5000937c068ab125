"""One name for what LanceDB raises, and which of it is worth another try."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from clip_embeddings.errors import ClipEmbeddingsError, StoreError

_KINDS = (RuntimeError, ValueError, OSError, pa.ArrowException)
# Where in its Rust sources an error was made.
_PLACE = re.compile(r",? ?/\S+\.rs:\d+(:\d+)?")
_CONFLICT = re.compile("conflict|concurrent|contention", re.IGNORECASE)


@contextmanager
def store_errors(doing: str, fix: str) -> Iterator[None]:
    """Turn what LanceDB raises into StoreError: "cannot {doing}: {reason}. {fix}"."""
    try:
        yield
    except ClipEmbeddingsError:
        raise
    except _KINDS as error:
        reason = _PLACE.sub("", str(error)).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise StoreError(f"cannot {doing}: {reason}. {fix}") from error


def is_conflict(error: Exception) -> bool:
    """Whether another writer was faster: the same call may be made again."""
    return isinstance(error, _KINDS) and _CONFLICT.search(str(error)) is not None
