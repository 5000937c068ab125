"""A store that is none of ours, as another package may bring one: rows in this process, in dictionaries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, StoreError
from clip_embeddings.ingestion import Stored
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.store import errors_of_store
from clip_embeddings.search import Found, Request

PLACES: dict[str, dict[str, "InMemoryCollection"]] = {}
ENTRY_POINT = "[clip_embeddings.stores]\nmemory = several_stores.in_memory_store:InMemoryStore\n"


def install(folder: Path, entry_points: str = ENTRY_POINT, name: str = "in-memory-store") -> None:
    """What pip leaves of a distribution."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)


class InMemoryStore:
    several_writers = True

    def __init__(self, place: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.place = place

    def exists(self) -> bool:
        return self.place in PLACES

    def names(self) -> list[str]:
        return sorted(PLACES.get(self.place, {}))

    def find(self, name: str) -> "InMemoryCollection | None":
        return PLACES.get(self.place, {}).get(name)

    def open(
        self, name: str, *, embedder: CLIPEmbedder | None = None, create: bool = False
    ) -> "InMemoryCollection":
        found = self.find(name)
        if found is None and create and embedder is not None:
            found = PLACES.setdefault(self.place, {})[name] = InMemoryCollection(name, embedder)
        if found is None:
            raise StoreError(f"no collection {name!r} in memory")
        return found

    def is_away(self, error: Exception) -> bool:
        return False


class InMemoryRows:
    local, most = True, 10

    def __init__(self) -> None:
        self._rows: dict[str, tuple[str, dict[str, Any], NDArray[np.float32]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def writing(self) -> AbstractContextManager[None]:
        return nullcontext()

    def changing(self) -> AbstractContextManager[None]:
        return nullcontext()

    def page(self, start: int, size: int) -> Stored:
        return self.get(list(self._rows)[start : start + size])

    def ids(self, modality: str) -> Iterator[str]:
        yield from [id for id, row in self._rows.items() if row[1].get("modality") == modality]

    def get(self, ids: Sequence[str], *, vectors: bool = False) -> Stored:
        there = [id for id in ids if id in self._rows]
        documents, metadatas = ([self._rows[id][i] for id in there] for i in (0, 1))
        made = np.array([self._rows[id][2] for id in there], np.float32) if vectors else None
        return Stored(there, documents, metadatas, made)  # type: ignore[arg-type]

    def add(self, rows: Sequence[Row], vectors: NDArray[np.float32]) -> None:
        for row, vector in zip(rows, vectors, strict=True):
            self._rows.setdefault(row.id, (row.document, dict(row.metadata), vector))

    def update(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        metadatas: Sequence[Mapping[str, Any]],
        documents: Sequence[str] | None = None,
    ) -> None:
        for i, id in enumerate(ids):
            document, fields, _ = self._rows[id]
            laid_over = {
                name: value for name, value in {**fields, **metadatas[i]}.items() if value is not None
            }
            self._rows[id] = (documents[i] if documents else document, laid_over, vectors[i])

    def delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._rows.pop(id, None)

    def lost(self) -> Iterator[str]:
        yield from ()

    def heal(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None: ...

    def is_away(self, error: Exception) -> bool:
        return False

    def errors(self, doing: str, fix: str) -> AbstractContextManager[None]:
        return errors_of_store(doing, fix, lambda error: isinstance(error, KeyError))


class InMemoryCollection:
    def __init__(self, name: str, embedder: CLIPEmbedder) -> None:
        self.name, self.embedder, self.rows = name, embedder, InMemoryRows()
        self.fingerprint: str | None = embedder.fingerprint

    def count(self) -> int:
        return len(self.rows)

    def refresh(self) -> None: ...

    def nearest(self, request: Request) -> list[Found]:
        found = [
            Found(id, float(vector @ request.vector), document, fields, vector)
            for id, (document, fields, vector) in self.rows._rows.items()
            if request.modality in (None, fields["modality"])
            and all(each.holds(fields) for each in request.where)
        ]
        return sorted(found, key=lambda row: -row.cosine)[: request.k]
