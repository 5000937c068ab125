"""Conditions on metadata, as they are written and as they hold."""

from datetime import date
from typing import Any

import pytest

from clip_embeddings import InvalidInputError
from clip_embeddings.conditions import Condition, conditions_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("year>=2020", [("year", ">=", 2020)]),
        (" year >= 2020 and lang = 'ko' ", [("year", ">=", 2020), ("lang", "=", "ko")]),
        ("a==1,b!=x AND c<-2.5e3", [("a", "=", 1), ("b", "!=", "x"), ("c", "<", -2500.0)]),
        ('`camera model` = "X 100" and ok = true', [("camera model", "=", "X 100"), ("ok", "=", True)]),
        ("name = 'it''s' and code = '007'", [("name", "=", "it's"), ("code", "=", "007")]),
        ("도시 = 부산 and 제목 = '노을 바다'", [("도시", "=", "부산"), ("제목", "=", "노을 바다")]),
        ("a.b-c = android", [("a.b-c", "=", "android")]),
        ("a = .5 AND`b c` = 2.", [("a", "=", 0.5), ("b c", "=", 2.0)]),
    ],
)
def test_they_are_read(text: str, expected: list[tuple[str, str, Any]]) -> None:
    found = conditions_of(text)
    assert [(each.field, each.operator, each.value) for each in found] == expected
    assert [type(each.value) for each in found] == [type(value) for _, _, value in expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "year",
        "year >=",
        ">= 3",
        "year >= 2020 or lang = ko",
        "a = 'b",
        "a = b c",
        "a = 1 and",
        3,
        None,
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(text: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"cannot be read at .*expected FIELD OPERATOR VALUE"):
        conditions_of(text)


@pytest.mark.parametrize("text", ["date > '2020-01-01'", "date >= x", "ok < true"])
def test_an_order_is_of_numbers(text: str) -> None:
    with pytest.raises(InvalidInputError, match="expected a number there, or = and !="):
        conditions_of(text)


@pytest.mark.parametrize("number", ["9223372036854775808", "1e400", "-1e30", "1" * 5000])
def test_numbers_beyond_those_of_stores_are_refused(number: str) -> None:
    with pytest.raises(InvalidInputError, match="of 64 bits"):
        conditions_of(f"n = {number}")
    with pytest.raises(InvalidInputError, match="without \\$"):
        conditions_of("$and = 1")


def test_they_hold_of_rows() -> None:
    row = {"year": 2021, "lang": "ko", "ok": True, "share": 0.5}
    true = ["year = 2021", "year > 2020.5", "share <= 0.5", "lang != en", "ok = true", "gone != 3", "ok != 1"]
    false = ["year < 2021", "lang = en", "gone = 3", "gone > 0", "ok = 1", "lang = 2021", "year = '2021'"]
    assert [all(c.holds(row) for c in conditions_of(text)) for text in true] == [True] * len(true)
    assert [all(c.holds(row) for c in conditions_of(text)) for text in false] == [False] * len(false)
    assert Condition("ok", "=", True).holds(row)


@pytest.mark.parametrize("there", [None, [1], {"a": 1}, date(2020, 1, 1), 1j])
def test_what_compares_with_nothing_is_of_no_value(there: object) -> None:
    held = {text for text in ("x > 1", "x = 1", "x = a", "x = true", "x != 1") if _holds(text, there)}
    assert held == {"x != 1"}


def _holds(text: str, there: object) -> bool:
    return all(condition.holds({"x": there}) for condition in conditions_of(text))
