"""One value that is to be stored: what is wrong with it in words, and what to pass."""

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from os import PathLike
from typing import Any

import numpy as np

_LEAST, _MOST = -(2**63), 2**63 - 1
# The first that a value is an instance of.
_ADVICE: tuple[tuple[type[Any] | tuple[type[Any], ...], str], ...] = (
    ((datetime.date, datetime.time), "write it as text: value.isoformat()"),
    (Enum, "pass its value: value.value"),
    ((np.generic, np.ndarray), "pass a Python value: value.tolist()"),
    ((Decimal, Fraction), "pass float(value), or str(value) to keep every digit"),
    (float, "pass float(value)"),
    (int, "pass int(value)"),
    (str, "pass str(value)"),
    (PathLike, "pass str(value)"),
    ((tuple, set, frozenset), "pass a list"),
    ((bytes, bytearray), "keep it in a file and store where that is, or write it as text"),
    ((Mapping, list), "give each of its fields a name of its own, or write it as text: json.dumps(value)"),
    (type(None), "leave it out"),
)


def fault_of(value: Any) -> str | None:
    """What is wrong with a value that is no list; None if it can be stored and comes back as it is."""
    kind = type(value)
    if kind is str:
        return None if value.isascii() else fault_of_string(value)
    if kind is int:
        return None if _LEAST <= value <= _MOST else _too_large(value)
    if kind is float:
        return None if math.isfinite(value) else _not_finite(value)
    if kind is bool or value is None:
        return None
    if isinstance(value, str):  # a member of an enumeration, for example
        return fault_of_string(value)
    if isinstance(value, int):
        return None if _LEAST <= value <= _MOST else _too_large(value)
    if kind is np.float64:
        return None if math.isfinite(value) else _not_finite(value)
    expected = "str, int, float, bool or a list of one of them"
    return f"got {kind.__name__} {shown(value)}; expected {expected}; {advice_for(value)}"


def fault_of_item(value: Any, kind: type[Any]) -> str | None:
    """What is wrong with an item of a list whose first item is a `kind`."""
    if kind not in (str, int, float, bool):
        expected = "str, int, float or bool in a list"
        return f"got {kind.__name__} {shown(value)}; expected {expected}; {advice_for(value)}"
    if type(value) is not kind:
        got = type(value).__name__
        return f"got {got} {shown(value)} in a list of {kind.__name__}; a list holds one type; make them one"
    return fault_of(value)


def fault_of_string(value: str) -> str | None:
    """What is wrong with a string: UTF-8 cannot write half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return (
            f"{shown(value)} cannot be stored as UTF-8: it holds half of a surrogate pair; "
            "decode it in its own encoding, or leave it out"
        )
    return None


def advice_for(value: object) -> str:
    """What to pass instead of a value of a type that is not stored."""
    return next((advice for kind, advice in _ADVICE if isinstance(value, kind)), "write it as text")


def shown(value: object) -> str:
    """A value for a message, of bounded length."""
    try:
        text = repr(value)
    except Exception:  # a number of thousands of digits, or an object of the caller's
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text):,} characters)"


def _too_large(value: int) -> str:
    return f"{shown(value)} does not fit into 64 bits; write it as text"


def _not_finite(value: float) -> str:
    return f"got {value}, which a store drops, and in a list is lost by; leave it out"
