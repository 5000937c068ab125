"""Searches of one modality and with conditions in Chroma: by its filter, and as `search` does them.

    python -m benchmarks filtered --results benchmarks/RESULTS.md

Rows lie in clusters, half of them pictures: in one region ("calibrated") and in two that are apart ("raw"),
as a model's own vectors do. Times are medians; recall is the share of the ten nearest of all rows.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.shared.results import machine, replace_section, table

DIMENSION, CLUSTERS, CALL, QUERIES, K = 512, 200, 2_000, 40, 10
SPREAD, APART = 0.06, 0.8  # of a cluster, per axis; of the modalities, where they are apart
Vectors = NDArray[np.float32]


class Case(NamedTuple):
    """One kind of search: `modality` and `where` of a request."""

    name: str
    modality: str | None
    where: str | None


CASES = [
    Case("any row", None, None),
    Case("pictures", "image", None),
    Case("texts", "text", None),
    Case("`year >= 2010`, half of the rows", None, "year >= 2010"),
    Case("pictures, `year = 2003`, 1 of 40", "image", "year = 2003"),
]


class Rows:
    """Made-up rows, the same for each run."""

    def __init__(self, count: int, *, apart: bool) -> None:
        random = np.random.default_rng(5)
        centres = random.standard_normal((CLUSTERS, DIMENSION)) / DIMENSION**0.5
        self.shift = APART * np.eye(1, DIMENSION) if apart else np.zeros((1, DIMENSION))
        self.pictures = np.arange(count) % 2 == 1
        self.years = 2000 + np.arange(count) // 2 % 20
        noise = random.standard_normal((count, DIMENSION)) * SPREAD
        sides = np.where(self.pictures, 1, -1)[:, None] * self.shift
        self.vectors = _unit(centres[random.integers(CLUSTERS, size=count)] + noise + sides)
        asked = centres[random.integers(CLUSTERS, size=QUERIES)]
        self.queries = _unit(asked + random.standard_normal(asked.shape) * SPREAD - self.shift)

    def exact(self, query: Vectors, case: Case) -> set[str]:
        """Ids of the K nearest."""
        holds = np.ones(len(self.vectors), np.bool_)
        if case.modality:
            holds &= self.pictures == (case.modality == "image")
        if case.where:
            holds &= self.years >= 2010 if ">=" in case.where else self.years == 2003
        cosines = np.where(holds, self.vectors @ query, -np.inf)
        return {f"row:{row}" for row in np.argsort(-cosines)[:K]}


def _unit(vectors: Any) -> Vectors:
    made: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return made


def store(rows: Rows, folder: Path) -> Any:
    """A collection of the rows."""
    import chromadb

    client = chromadb.PersistentClient(path=str(folder))
    cosine: Any = {"hnsw": {"space": "cosine"}}
    made = client.create_collection("rows", embedding_function=None, configuration=cosine)
    for start in range(0, len(rows.vectors), CALL):
        some = range(start, min(start + CALL, len(rows.vectors)))
        made.add(
            ids=[f"row:{row}" for row in some],
            embeddings=rows.vectors[some.start : some.stop],
            documents=[f"words {row}" for row in some],
            metadatas=[
                {"modality": "image" if rows.pictures[row] else "text", "year": int(rows.years[row])}
                for row in some
            ],
        )
    return made


def measure(rows: Rows, collection: Any, case: Case) -> list[str]:
    """Milliseconds and recall of both ways, which are asked in turn."""
    from chroma_clip_embeddings.retrieval.search import nearest, where_of
    from clip_embeddings.conditions import conditions_of
    from clip_embeddings.search import Request

    conditions = conditions_of(case.where) if case.where else ()
    every: list[Any] = [{"modality": case.modality}] if case.modality else []
    every += [where_of(each) for each in conditions]
    where = {"$and": every} if len(every) > 1 else every[0] if every else None

    def by_filter(query: Vectors) -> set[str]:
        fields = ["documents", "metadatas", "distances"]
        found = collection.query(query_embeddings=query[None], n_results=K, where=where, include=fields)
        return set(found["ids"][0])

    def as_search(query: Vectors) -> set[str]:
        return {row.id for row in nearest(collection, Request(query, K, case.modality, False, conditions))}

    ways: list[Callable[[Vectors], set[str]]] = [by_filter, as_search]
    times: list[list[float]] = [[], []]
    hits = [0, 0]
    for query in rows.queries:
        wanted = rows.exact(query, case)
        for number, way in enumerate(ways):
            start = time.perf_counter()
            found = way(query)
            times[number].append(1000 * (time.perf_counter() - start))
            hits[number] += len(found & wanted)
    milliseconds = [f"{statistics.median(each):.1f}" for each in times]
    shares = [f"{each / K / QUERIES:.3f}" for each in hits]
    return [milliseconds[0], milliseconds[1], shares[0], shares[1]]


def measured(count: int) -> str:
    """The table of one size."""
    lines = []
    for name, apart in (("calibrated", False), ("raw", True)):
        rows = Rows(count, apart=apart)
        with tempfile.TemporaryDirectory() as folder:
            collection = store(rows, Path(folder))
            collection.query(query_embeddings=rows.queries[:1], n_results=1)  # which reads the index
            lines += [[f"{name}: {case.name}", *measure(rows, collection, case)] for case in CASES]
    header = [f"{count:,} rows, text query", "filter, ms", "search, ms", "filter, recall", "search, recall"]
    return table(header, lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--results", type=Path)
    given = parser.parse_args()
    body = "\n\n".join(
        ["## Filtered search", machine(["chromadb", "numpy"]), *(measured(count) for count in given.rows)]
    )
    print(body)
    if given.results:
        replace_section(given.results, "filtered", body)


if __name__ == "__main__":
    main()
