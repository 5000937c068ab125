"""Rows in parts that go into one request."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.ingestion.rows.checks import MOST_BYTES
from clip_embeddings.ingestion.rows.row import Row


def parts_of(sizes: Sequence[int], most: int) -> Iterator[range]:
    """Places of rows that go into one request: `most` of them, and what a server takes.

    Args:
        sizes: of each row in bytes, as `size_of` gives them.
    """
    start = together = 0
    for place, size in enumerate(sizes):
        if place > start and (place - start >= most or together + size > MOST_BYTES):
            yield range(start, place)
            start, together = place, 0
        together += size
    if len(sizes) > start:
        yield range(start, len(sizes))


def size_of(
    dimension: int, id: str, document: str | None, metadata: Mapping[str, Any], uri: str | None
) -> int:
    """Bytes of a row in a request: its vector (D,) in base64, and its strings, at most."""
    strings = (id, document, uri, *metadata, *metadata.values())
    return 6 * dimension + sum(map(_at_most, strings))


def parts_in_bytes(rows: Sequence[Row], vectors: NDArray[np.float32], most: int) -> Iterator[range]:
    """Places of the rows that go into one request."""
    width = vectors.shape[1]
    return parts_of([size_of(width, row.id, row.document, row.metadata, row.uri) for row in rows], most)


def _at_most(value: object) -> int:
    """Bytes of a string, or of those in a list, without encoding anything."""
    if isinstance(value, list):
        return sum(map(_at_most, value))
    return (len(value) if value.isascii() else 4 * len(value)) if isinstance(value, str) else 8
