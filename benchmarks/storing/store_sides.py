"""Three embedded stores behind one face, for `benchmarks.storing.stores`: rows with vectors of no model.

The first two are written to through our adapters, in calls of `CALL` rows.
"""

import uuid
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIMENSION, CALL, SEED = 512, 1_000, 17
Vectors = NDArray[np.float32]


def vectors_of(call: int) -> Vectors:
    """Random unit vectors of one call, (CALL, D); the same in every process."""
    made = np.random.default_rng((SEED, call)).standard_normal((CALL, DIMENSION), np.float32)
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def id_of(number: int) -> str:
    return f"row:{number:08}"


def fields_of(number: int) -> dict[str, Any]:
    """`year = 2001` leaves one row of fifty, `modality` one of two."""
    modality = "text" if number % 2 else "image"
    return {"modality": modality, "uri": f"/photos/{number}.jpg", "year": 1990 + number // 2 % 50}


class Side(ABC):
    """One store in a folder."""

    @abstractmethod
    def __init__(self, folder: Path) -> None: ...

    def writing(self) -> AbstractContextManager[None]:
        """What an ingestion enters; it may refuse a second writer."""
        return nullcontext()

    @abstractmethod
    def add(self, numbers: list[int], vectors: Vectors) -> None: ...

    @abstractmethod
    def ask(self, vector: Vectors, modality: str | None = None, year: int | None = None) -> list[str]:
        """Ids of the ten nearest."""

    @abstractmethod
    def ids(self) -> list[str]:
        """Of all rows, as often as they are there."""

    @abstractmethod
    def vectors(self, ids: list[str]) -> dict[str, Vectors]: ...


def rows_for(numbers: list[int]) -> Any:
    from clip_embeddings.ingestion.rows.row import Row

    fields = [(number, fields_of(number)) for number in numbers]
    return [Row(id_of(number), "", False, f"words {number}", each, each["uri"]) for number, each in fields]


class Chroma(Side):
    def __init__(self, folder: Path) -> None:
        from chroma_clip_embeddings import connect
        from chroma_clip_embeddings.row_store import ChromaRows

        client = connect(folder)
        cosine: Any = {"hnsw": {"space": "cosine"}}
        self.collection = client.get_or_create_collection(
            "rows", embedding_function=None, configuration=cosine
        )
        self.rows = ChromaRows(self.collection, DIMENSION)

    def writing(self) -> AbstractContextManager[None]:
        return self.rows.writing()

    def add(self, numbers: list[int], vectors: Vectors) -> None:
        self.rows.add(rows_for(numbers), vectors)

    def ask(self, vector: Vectors, modality: str | None = None, year: int | None = None) -> list[str]:
        where: Any = {"modality": modality} if modality else {"year": year} if year else None
        found = self.collection.query(query_embeddings=vector[None], n_results=10, where=where)
        return list(found["ids"][0])

    def ids(self) -> list[str]:
        return list(self.collection.get(include=[])["ids"])

    def vectors(self, ids: list[str]) -> dict[str, Vectors]:
        found = self.collection.get(ids=ids, include=["embeddings"])
        return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))


class LanceDB(Side):
    def __init__(self, folder: Path) -> None:
        from lancedb_clip_embeddings import LanceRows, connect
        from lancedb_clip_embeddings.columns import schema_of

        db = connect(folder)
        try:
            self.table = db.open_table("rows")
        except ValueError:
            self.table = db.create_table("rows", schema=schema_of(DIMENSION, {}))
        self.rows = LanceRows(self.table)

    def writing(self) -> AbstractContextManager[None]:
        return self.rows.writing()

    def add(self, numbers: list[int], vectors: Vectors) -> None:
        self.rows.add(rows_for(numbers), vectors)

    def ask(self, vector: Vectors, modality: str | None = None, year: int | None = None) -> list[str]:
        asked: Any = self.table.search(vector, vector_column_name="vector")
        asked = asked.distance_type("cosine").limit(10).select(["id", "_distance"])
        if modality or year:
            asked = asked.where(f"modality = '{modality}'" if modality else f"year = {year}", prefilter=True)
        return list(asked.to_arrow()["id"].to_pylist())

    def ids(self) -> list[str]:
        return list(self.table.search().select(["id"]).limit(None).to_arrow()["id"].to_pylist())

    def vectors(self, ids: list[str]) -> dict[str, Vectors]:
        found = self.rows.get(ids, vectors=True)
        assert found.vectors is not None  # noqa: S101
        return dict(zip(found.ids, found.vectors, strict=True))


class Qdrant(Side):
    """The client's local mode; its ids are UUIDs."""

    def __init__(self, folder: Path) -> None:
        from qdrant_client import QdrantClient, models

        self.models: Any = models
        self.client = QdrantClient(path=str(folder))
        if not self.client.collection_exists("rows"):
            size = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
            self.client.create_collection("rows", vectors_config=size)

    def add(self, numbers: list[int], vectors: Vectors) -> None:
        points = [
            self.models.PointStruct(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, id_of(number))),
                vector=vector.tolist(),
                payload={"id": id_of(number), "document": f"words {number}", **fields_of(number)},
            )
            for number, vector in zip(numbers, vectors, strict=True)
        ]
        self.client.upsert("rows", points)

    def ask(self, vector: Vectors, modality: str | None = None, year: int | None = None) -> list[str]:
        value: Any = modality or year
        match = self.models.MatchValue(value=value) if value else None
        condition = self.models.FieldCondition(key="modality" if modality else "year", match=match)
        wanted = self.models.Filter(must=[condition]) if value else None
        found = self.client.query_points("rows", query=vector.tolist(), limit=10, query_filter=wanted)
        return [str((point.payload or {})["id"]) for point in found.points]

    def ids(self) -> list[str]:
        return [str((point.payload or {})["id"]) for point in self._all(vectors=False)]

    def vectors(self, ids: list[str]) -> dict[str, Vectors]:
        wanted = set(ids)
        pairs = [((point.payload or {})["id"], point.vector) for point in self._all(vectors=True)]
        return {id: np.asarray(vector, np.float32) for id, vector in pairs if id in wanted}

    def _all(self, *, vectors: bool) -> list[Any]:
        return list(self.client.scroll("rows", limit=10**7, with_vectors=vectors)[0])


SIDES: dict[str, type[Side]] = {"Chroma": Chroma, "LanceDB": LanceDB, "Qdrant local": Qdrant}
