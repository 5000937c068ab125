"""Conditions on metadata in words, the same for every store: "year >= 2020 and lang = 'ko'".

Imports errors.
"""

import operator as op
import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, cast

from clip_embeddings.errors import InvalidInputError

Operator = Literal["=", "!=", ">", ">=", "<", "<="]
Value = str | int | float | bool
_CLAUSE = re.compile(
    r"""\s*(`[^`]+`|[^\s=!<>'"`,]+)\s*(>=|<=|!=|==|=|>|<)\s*('(?:[^']|'')*'|"[^"]*"|[^\s'"=<>!,]+)\s*"""
)
_AND = re.compile(r"and(?=[\s`])|,", re.IGNORECASE)
_COMPARE = {"=": op.eq, "!=": op.ne, ">": op.gt, ">=": op.ge, "<": op.lt, "<=": op.le}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d{1,19}")
_BITS = 2**63


@dataclass(frozen=True, slots=True)
class Condition:
    """That a field of a row's metadata has, or compares so with, a value.

    Attributes:
        field: as it is stored.
        operator: an order is of numbers.
        value: what to compare with.
    """

    field: str
    operator: Operator
    value: Value

    def holds(self, metadata: Mapping[str, Any]) -> bool:
        """Whether it is so of a row; a row without the field is not of any value."""
        if self.field not in metadata:
            return self.operator == "!="
        there = metadata[self.field]
        if _kind(there) is not _kind(self.value):
            return self.operator == "!="
        return bool(_COMPARE[self.operator](there, self.value))


def _kind(value: object) -> type | None:
    """What a value compares with; None for what a store in memory may hold beside: lists, dates, None."""
    if isinstance(value, bool):
        return bool
    return str if isinstance(value, str) else float if isinstance(value, Real) else None


def conditions_of(text: str) -> tuple[Condition, ...]:
    """Read conditions, all of which are to hold.

    FIELD OPERATOR VALUE, joined by `and` or a comma. A field with spaces stands in `backticks`. A value is a
    number, true, false, or a text; one with spaces, or that looks like a number, stands in 'quotes'.

    Raises:
        InvalidInputError: it cannot be read so, or an order of texts, which not every store has.
    """
    if not isinstance(text, str) or not text.strip():
        raise _unreadable(text, "nothing")
    found, place = [], 0
    while True:
        if not (clause := _CLAUSE.match(text, place)):
            raise _unreadable(text, text[place:].strip() or "the end")
        found.append(_condition(*clause.groups(), text=text))
        place = clause.end()
        if place == len(text):
            return tuple(found)
        if not (joined := _AND.match(text, place)):
            raise _unreadable(text, text[place:].strip())
        place = joined.end()


def _condition(field: str, operator: str, value: str, *, text: str) -> Condition:
    operator = "=" if operator == "==" else operator
    made = Condition(field.strip("`"), cast(Operator, operator), _value(value))
    if made.field.startswith("$"):
        raise InvalidInputError(
            f"where: {text!r:.200} names the field {made.field:.60}; expected one without $"
        )
    if operator not in ("=", "!=") and isinstance(made.value, str | bool):
        raise InvalidInputError(
            f"where: {text!r} compares {made.field} with {made.value!r} by {operator}; expected a number "
            "there, or = and !="
        )
    return made


def _value(text: str) -> Value:
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    if text[0] == '"':
        return text[1:-1]
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if not _NUMBER.fullmatch(text):
        return text
    number = int(text) if _WHOLE.fullmatch(text) else float(text)
    if not -_BITS <= number < _BITS:
        raise InvalidInputError(f"where: {text:.60} is beyond the numbers that stores hold, of 64 bits")
    return number


def _unreadable(text: object, at: str) -> InvalidInputError:
    return InvalidInputError(
        f"where: got {text!r:.200}, which cannot be read at {at!r:.60}; expected FIELD OPERATOR VALUE (one "
        "of =, !=, >, >=, <, <=), joined by and, as in \"year >= 2020 and lang = 'ko'\""
    )
