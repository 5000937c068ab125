"""What ingestion asks of a store. An adapter that answers it gets all of ingestion.

Where to begin: `chroma_clip_embeddings/row_store.py` or `lancedb_clip_embeddings/row_store.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import ClipEmbeddingsError, StoreError
from clip_embeddings.ingestion.rows.row import Row

Metadata = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of a store, column by column.

    Attributes:
        vectors: float32 (N, D), or None where they were not asked for.
    """

    ids: Sequence[str]
    documents: Sequence[str]
    metadatas: Sequence[Metadata]
    vectors: NDArray[np.float32] | None = None


@contextmanager
def errors_of_store(
    doing: str, fix: str, is_of_store: Callable[[Exception], bool], words: Callable[[Exception], str] = str
) -> Iterator[None]:
    """Turn what a store's client raises into StoreError: "cannot {doing}: {reason}. {fix}".

    Args:
        is_of_store: whether an error is the client's; others pass, as this library's own do.
        words: of an error; the first line is the reason.
    """
    try:
        yield
    except ClipEmbeddingsError:
        raise
    except Exception as error:
        if not is_of_store(error):
            raise
        reason = words(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        end = "" if reason.endswith(("?", "!")) else "."
        raise StoreError(f"cannot {doing}: {reason}{end} {fix}") from error


class RowStore(Protocol):
    """The rows of one collection. Its methods raise what the store's client raises; `errors` names it.

    Attributes:
        local: whether the store is in this process: its calls need no time limit.
    """

    local: bool

    @property
    def most(self) -> int:
        """Rows in one call at most."""

    def writing(self) -> AbstractContextManager[None]:
        """Entered while an ingestion writes; refuses a second writer where the store bears one only.

        Raises:
            StoreError: another process writes.
        """

    def changing(self) -> AbstractContextManager[None]:
        """Entered by a thread while it reads rows and writes over them, for moments; may be entered again.

        Where several processes may write, it keeps others from doing the same in between: what they wrote
        would be lost. Where one process writes it does nothing.
        """

    def page(self, start: int, size: int) -> Stored:
        """Rows in an order that stays while nothing is written, without vectors; none at the end."""

    def ids(self, modality: str) -> Iterator[str]:
        """Ids of all rows of one modality, in the store's order; one may come twice while others write."""

    def get(self, ids: Sequence[str], *, vectors: bool = False) -> Stored:
        """Those of some rows that are there, in any order."""

    def add(self, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
        """Store rows, vectors (N, D). One whose id is there already stays as it is."""

    def update(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        metadatas: Sequence[Metadata],
        documents: Sequence[str] | None = None,
    ) -> None:
        """Write over rows that are there; one that is not stays away.

        Args:
            metadatas: laid over what each row has; None takes a field away.
            documents: None leaves them.
        """

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows, whatever state they are in."""

    def lost(self) -> Iterator[str]:
        """Ids of rows that have no vector any more; nothing where that cannot be."""

    def heal(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Give such rows a vector (N, D)."""

    def is_away(self, error: Exception) -> bool:
        """Whether an error means that a server cannot be reached: the call may be made again."""

    def errors(self, doing: str, fix: str) -> AbstractContextManager[None]:
        """Turns what the client raises into StoreError: "cannot {doing}: {reason}. {fix}"."""
