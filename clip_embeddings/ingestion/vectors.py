"""Where a row's vector comes from: the sample, the cache or the model; always raw."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.cache import VectorCache
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.models.tiny.own import tell


class Vectors:
    """Raw vectors of rows; what the model makes is kept in the cache.

    Args:
        embedder: without a calibration.
        sampled: row id -> raw unit (D,).
        cache: None keeps nothing.
    """

    def __init__(
        self,
        embedder: CLIPEmbedder,
        sampled: Mapping[str, NDArray[np.float32]],
        cache: VectorCache | None,
    ) -> None:
        self.embedder, self._sampled, self._cache = embedder, sampled, cache
        self._pictures = self._unlike = 0

    def known(self, row: Row) -> NDArray[np.float32] | None:
        """What need not be embedded: (D,), or None."""
        vector = None if row.rereads else self._sampled.get(row.id)
        if self._cache is not None and vector is None:
            vector = self._cache.get(_key(row))
        elif self._cache is not None and vector is not None:
            self._cache.keep([_key(row)], [vector])
        if vector is not None and row.is_picture:
            self._look_at(vector[None])
        return vector

    def take_pictures(self, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
        """What the model has made of pictures: (n, D)."""
        self._look_at(vectors)
        self._keep(rows, vectors)

    def tell(self) -> None:
        """Say once what model this is, where it was not made for such pictures."""
        tell(self._unlike, self._pictures)

    def _look_at(self, vectors: NDArray[np.float32]) -> None:
        self._pictures += len(vectors)
        self._unlike += self.embedder.count_unlike(vectors)

    def _keep(self, rows: Sequence[Row], vectors: Iterable[NDArray[np.float32]]) -> None:
        """What the model has made of these rows."""
        if self._cache is not None and rows:
            self._cache.keep([_key(row) for row in rows], vectors)

    def of_texts(self, rows: Sequence[Row]) -> tuple[list[Row], list[NDArray[np.float32]], dict[str, str]]:
        """Embed texts: the rows that could be, their vectors (D,), and why others could not, by id."""
        try:
            vectors = list(self.embedder.embed_texts([row.document for row in rows]))
        except InvalidInputError as error:  # one is over the limit where that is an error
            if len(rows) == 1:
                return [], [], {rows[0].id: str(error)}
            good: list[Row] = []
            found: list[NDArray[np.float32]] = []
            bad: dict[str, str] = {}
            for row in rows:
                one, its, reasons = self.of_texts([row])
                good += one
                found += its
                bad |= reasons
            return good, found, bad
        self._keep(rows, vectors)
        return list(rows), vectors, {}


def _key(row: Row) -> str:
    """What a vector is kept under. The bytes of a text do not say what was read in them."""
    return f"{row.id}:{row.encoding}" if row.encoding else row.id
