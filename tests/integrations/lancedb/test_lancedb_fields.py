"""The user's own fields in LanceDB: they come back as they were given, and `where` finds rows by them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.rows.row import Row
from lancedb_clip_embeddings import LanceRows, open_table, search
from lancedb_clip_embeddings.columns import MOST_COPIES


@pytest.fixture
def rows(tmp_path: Path, tiny: CLIPEmbedder) -> LanceRows:
    return LanceRows(open_table(tmp_path / "db", "photos", embedder=tiny))


def vectors_for(number: int, dimension: int = 128) -> Any:
    made = np.random.default_rng(1).normal(size=(number, dimension)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def add(rows: LanceRows, *metadatas: dict[str, Any]) -> None:
    """Rows "0", "1", ..."""
    items = [Row(str(i), "", False, f"words {i}", dict(each)) for i, each in enumerate(metadatas)]
    rows.add(items, vectors_for(len(items)))


def fields(rows: LanceRows, number: int) -> list[dict[str, Any]]:
    found = rows.get([str(i) for i in range(number)])
    known = dict(zip(found.ids, found.metadatas, strict=True))
    return [dict(known[str(i)]) for i in range(number)]


def matching(rows: LanceRows, where: str) -> set[str]:
    return {hit.id for hit in search(rows._table, text="a cat", k=100, modality="any", where=where).hits}


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SINGLE = (TEXTS, NUMBERS, FLOATS, st.booleans())
VALUES = st.one_of(*SINGLE, *(st.lists(each, min_size=1, max_size=3) for each in SINGLE))
NAMES = TEXTS.filter(lambda name: name and name[0] not in "#$" and not name.startswith("chroma:"))


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_store_takes_comes_back_exactly(rows: LanceRows, metadatas: list[dict[str, Any]]) -> None:
    rows.delete([str(i) for i in range(4)])
    add(rows, *metadatas)
    assert list(map(exactly, fields(rows, len(metadatas)))) == list(map(exactly, metadatas))


def exactly(metadata: dict[str, Any]) -> list[str]:
    """With what `==` passes over, such as True for 1; names have no order."""
    return sorted(map(repr, metadata.items()))


def test_where_finds_rows_by_fields_of_every_kind(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    rows = LanceRows(open_table(tmp_path / "db", "photos", embedder=tiny))
    common = {"modality": "text"}
    add(
        rows,
        {**common, "year": 2019, "rating": 4, "lang": "ko", "ok": True, "tags": ["sea", "cat"]},
        {**common, "year": 2020, "rating": 4.5, "lang": "en", "ok": False, "tags": ["dog"], "한 글": "가"},
        {**common, "year": 2021, "rating": 5, "lang": "it's", "sizes": [1, 2]},
        {**common, "year": "unknown", "a.b": 7, "end": 3},
    )
    expected = {
        "year >= 2020": {"1", "2"},
        "year = 2020 AND lang = 'en'": {"1"},
        "rating >= 4": {"0", "1", "2"},
        "rating > 4.2": {"1", "2"},
        "lang = 'it''s'": {"2"},
        "ok": {"0"},
        "NOT ok": {"1"},
        "lang IS NULL": {"3"},
        "lang LIKE '%o'": {"0"},
        "array_has(tags, 'sea')": {"0"},
        "array_has(sizes, 2)": {"2"},
        "`한 글` = '가'": {"1"},
        "json_get_string(metadata, 'year') = 'unknown'": {"3"},
        "json_get_int(metadata, 'a.b') = 7": {"3"},
        "`end` = 3": {"3"},
        "lang = 'en' OR lang = 'ko'": {"0", "1"},
    }
    assert {where: matching(rows, where) for where in expected} == expected
    assert [each["year"] for each in fields(rows, 4)] == [2019, 2020, 2021, "unknown"]
    assert [type(each.get("rating")) for each in fields(rows, 3)] == [int, float, int]


def test_fields_are_laid_over_those_that_a_row_has_and_none_takes_one_away(rows: LanceRows) -> None:
    add(rows, {"modality": "text", "year": 2019, "lang": "ko", "uris": '["a", "b"]'}, {"year": 1})
    vectors = vectors_for(3)[1:]
    rows.update(["0", "absent"], vectors, [{"lang": None, "uris": None, "new": [1.5]}, {"year": 3}])
    assert fields(rows, 2) == [{"modality": "text", "year": 2019, "new": [1.5]}, {"year": 1}]
    found = rows.get(["0", "absent"], vectors=True)
    assert (list(found.ids), list(found.documents)) == (["0"], ["words 0"])
    assert found.vectors is not None
    np.testing.assert_array_equal(found.vectors, vectors[:1])
    assert (matching(rows, "lang = 'ko'"), matching(rows, "year = 2019")) == (set(), {"0"})


def test_a_row_that_is_there_stays_and_of_two_in_one_call_the_first_counts(rows: LanceRows) -> None:
    add(rows, {"year": 1})
    twice = [Row(id, "", False, words, {}) for id, words in (("0", "late"), ("x", "first"), ("x", "second"))]
    rows.add(twice, vectors_for(3))
    found = rows.get(["0", "x"])
    assert sorted(zip(found.ids, found.documents, strict=True)) == [("0", "words 0"), ("x", "first")]
    assert rows._table.count_rows() == 2


def test_fields_beyond_the_most_columns_are_kept_and_have_none(rows: LanceRows) -> None:
    wide = {"modality": "text", **{f"field {number}": number for number in range(MOST_COPIES + 30)}}
    add(rows, wide, {"another": 1})
    assert fields(rows, 2) == [wide, {"another": 1}]
    assert len([name for name in rows._table.schema.names if name.startswith("field ")]) == MOST_COPIES
    assert matching(rows, f"json_get_int(metadata, 'field {MOST_COPIES + 5}') = {MOST_COPIES + 5}") == {"0"}


def test_a_field_named_like_a_column_is_kept_as_it_is(rows: LanceRows) -> None:
    odd = {"vector": 1, "id": "mine", "document": [1, 2], "metadata": True, "start": "soon", "_distance": 0.5}
    add(rows, {**odd, "modality": "text"})
    assert fields(rows, 1) == [{"modality": "text", **odd}]


def test_what_no_store_takes_is_refused(rows: LanceRows) -> None:
    with pytest.raises(InvalidInputError, match="year"):
        add(rows, {"year": float("nan")})
    assert rows._table.count_rows() == 0
