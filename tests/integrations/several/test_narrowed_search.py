"""Searches of one modality, or with conditions, find what Chroma's filter finds, mostly without it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, get_args

import numpy as np
import pytest
from chromadb.api.models.Collection import Collection

from chroma_clip_embeddings import connect, open_collection
from chroma_clip_embeddings.retrieval import search as chroma_search
from clip_embeddings import CLIPEmbedder
from clip_embeddings.conditions import conditions_of
from clip_embeddings.search import Request
from clip_embeddings.types import Modality
from langchain_clip_embeddings import MultimodalChroma

ROWS = 900  # fewer than Chroma puts into an index, which finds nearly the nearest: here all are compared
_ASKED = ["year >= 2010", "year = 2003 and lang != 'ko'", "rare = true", "year < 1900", "lang != 'en'"]


@pytest.fixture(scope="module", params=["calibrated", "raw"])
def collection(request: pytest.FixtureRequest, tiny: CLIPEmbedder, tmp_path_factory: Any) -> Collection:
    """Rows of both modalities; raw ones lie in two regions, as a model's do."""
    folder = tmp_path_factory.mktemp("narrowed")
    embedder = tiny.with_calibration("reference") if request.param == "calibrated" else tiny
    made = open_collection(connect(folder), "rows", embedder=embedder)
    random = np.random.default_rng(1)
    vectors = random.normal(size=(ROWS, embedder.dimension)).astype(np.float32)
    if request.param == "raw":
        vectors += np.where(np.arange(ROWS) % 2, 2.0, -2.0)[:, None] * np.eye(1, embedder.dimension)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    metadatas: list[Any] = [
        {
            "modality": "image" if row % 2 else "text",
            "year": 2000 + row % 20,
            "lang": ["ko", "en"][row % 3 == 0],
            **({"rare": True} if row % 200 == 0 else {}),
        }
        for row in range(ROWS)
    ]
    made.add(
        ids=[f"r{row}" for row in range(ROWS)],
        embeddings=vectors,
        documents=[f"row {row}" for row in range(ROWS)],
        metadatas=metadatas,
    )
    return made


class Stored(NamedTuple):
    """What Chroma gives back of the rows, asked for once."""

    ids: list[str]
    vectors: np.ndarray
    metadatas: list[Any]

    def exact(self, vector: Any, k: int, holds: Callable[[Any], bool]) -> list[str]:
        """The k nearest by hand: Chroma's index finds nearly the nearest."""
        cosines = self.vectors @ vector
        wanted = [row for row, metadata in enumerate(self.metadatas) if holds(metadata)]
        return [self.ids[row] for row in sorted(wanted, key=lambda row: -cosines[row])[:k]]

    def queries(self) -> Any:
        """Rows' own vectors, a little off."""
        some = self.vectors[[self.ids.index(id) for id in ("r0", "r1", "r6", "r7")]]
        moved = some + np.random.default_rng(2).normal(size=some.shape).astype(np.float32) / 20
        return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def rows(collection: Collection) -> Stored:
    got: Any = collection.get(include=["embeddings", "metadatas"])
    return Stored(got["ids"], np.array(got["embeddings"]), got["metadatas"])


@pytest.mark.parametrize("k", [1, 10, 30])
@pytest.mark.parametrize("modality", ["image", "text", None])
def test_the_nearest_rows_that_hold_are_found_in_their_order(
    collection: Collection, rows: Stored, k: int, modality: Any
) -> None:
    for asked in [None, *_ASKED]:
        request = Request(np.zeros(1, np.float32), k, modality, False, conditions_of(asked) if asked else ())
        if not (asked or modality):  # nothing to narrow
            continue
        chroma_search.nearest(collection, replace(request, vector=rows.queries()[0]))  # by the filter
        for vector in rows.queries():
            found = chroma_search.nearest(collection, replace(request, vector=vector))
            assert [row.id for row in found] == rows.exact(vector, k, request.wants), (asked, modality)


def test_the_filter_is_asked_where_it_pays_only(
    collection: Collection, rows: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, bool]] = []
    query = type(collection).query

    def noted(self: Collection, **options: Any) -> Any:
        asked.append((options["n_results"], bool(options.get("where"))))
        return query(self, **options)

    monkeypatch.setattr(type(collection), "query", noted)
    near_text = rows.queries()[0]
    for wanted, calls in (
        (Request(near_text, 10, "text", False), [(300, False)]),
        (Request(near_text, 10, "text", False, conditions_of("rare = true")), [(300, False), (10, True)]),
        (Request(near_text, 60, "text", False), [(60, True)]),
        (Request(near_text, 10, None, False), [(10, False)]),
    ):
        chroma_search.nearest(collection, wanted)
        asked.clear()
        chroma_search.nearest(collection, wanted)
        assert asked == calls
    collection.add(ids=["new"], embeddings=near_text, documents=["new"], metadatas=[{"modality": "text"}])
    for calls in ([(10, True)], [(300, False)]):  # others may have written too: the filter finds it
        asked.clear()
        found = chroma_search.nearest(collection, Request(near_text, 10, "text", False))
        assert (asked, found[0].id) == (calls, "new")
    collection.delete(ids=["new"])


def test_langchain_finds_the_same(collection: Collection, rows: Stored) -> None:
    path = collection._client._system.settings.persist_directory
    store = MultimodalChroma("rows", persist_directory=path)
    for vector in rows.queries():
        for modality in get_args(Modality):
            for _ in range(2):  # first by the filter
                found = store.similarity_search_by_vector(vector.tolist(), k=10, modality=modality)
            wanted = Request(vector, 10, modality, False).wants
            assert [each.id for each in found] == rows.exact(vector, 10, wanted)
            most = store.max_marginal_relevance_search_by_vector(vector.tolist(), k=3, modality=modality)
            assert {each.metadata["modality"] for each in most} == {modality}
