"""Columns of a caller's -> rows with their vectors, all checked and embedded before any is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import ImageDecodeError, InvalidInputError, TextTooLongError
from clip_embeddings.ingestion.rows.checks import check_row
from clip_embeddings.ingestion.rows.columns import Columns, rows_from
from clip_embeddings.ingestion.rows.parts import parts_in_bytes
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.items import ImageItem, TextItem

OnError = Literal["raise", "skip"]
"""What becomes of a picture that cannot be read."""


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of the items.

    Attributes:
        added: rows that are new.
        replaced: rows that were there under the same id and are overwritten.
        repeated: ids given more than once in the call; the last one of each was stored.
        failures: pictures left out under on_error="skip"; `index` is their place in the call.
    """

    added: int
    replaced: int
    repeated: int
    failures: tuple[ImageDecodeError, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows that are ready to be stored: row i has vectors[i]."""

    rows: list[Row]
    vectors: NDArray[np.float32]  # (N, D)
    repeated: int
    failures: tuple[ImageDecodeError, ...]

    def parts(self, most: int) -> Iterator[range]:
        """Places of the rows that go into one request of `most` rows at most."""
        return parts_in_bytes(self.rows, self.vectors, most)

    def report(self, replaced: int) -> AddReport:
        return AddReport(len(self.rows) - replaced, replaced, self.repeated, self.failures)

    def fix(self, stored: int) -> str:
        return f"{self.so_far(stored)}; the same call again stores the rest"

    def so_far(self, stored: int) -> str:
        return f"{stored} of {len(self.rows)} rows are stored"


def check_on_error(value: object) -> None:
    """What is to become of bad pictures.

    Raises:
        InvalidInputError: neither of the two.
    """
    if value not in get_args(OnError):
        raise InvalidInputError(f"on_error: got {value!r}; expected one of raise, skip")


def prepare(embedder: CLIPEmbedder, columns: Columns, on_error: OnError) -> Prepared:
    """Check and embed everything; nothing is stored yet.

    Raises:
        InvalidInputError: columns that do not fit together, or a value that a store does not take; by index.
        ImageDecodeError, TextTooLongError: what cannot be embedded, by its place in the columns.
    """
    check_on_error(on_error)
    rows, repeated = rows_from(columns)
    for row in rows:
        check_row(f"metadatas[{row.index}]", row.id, row.document, row.metadata, row.uri)
    vectors = np.zeros((len(rows), embedder.dimension), np.float32)
    failed: dict[int, ImageDecodeError] = {}
    items = [ImageItem(row.item) if row.is_picture else TextItem(row.document) for row in rows]
    for batch in embedder.iter_items(items):
        vectors[batch.indices] = batch.embeddings
        for failure in batch.failures:
            if isinstance(failure, TextTooLongError):
                raise TextTooLongError(rows[failure.index].index, failure.reason)
            error = ImageDecodeError(rows[failure.index].index, failure.source, failure.reason)
            if on_error == "raise":
                raise error from failure
            failed[failure.index] = error
    kept = [place for place in range(len(rows)) if place not in failed]
    return Prepared([rows[place] for place in kept], vectors[kept], repeated, tuple(failed.values()))
