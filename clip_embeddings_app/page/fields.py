"""What rows can be filtered by: the fields of their metadata and the values of those. Imports the core."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from math import isfinite
from typing import Any

from clip_embeddings.ingestion.rows.ids import OURS
from clip_embeddings.stores.protocol import Collection

MOST_ROWS = 20_000
"""Rows that are looked at: the first of a larger collection."""
_PAGE = 1_000
_VALUES = 40  # a field of more has no list to choose from
_LONGEST = 80  # letters of such a value
_DAY = "day"  # of a photo, as a number: 20240501
_HIDDEN = OURS | {"document", "heading", "around", "position", "pictures", "page"}


def fields_of(collection: Collection) -> dict[str, Any]:
    """The fields as JSON values.

    Returns:
        "fields": by name: of a choice its "values" [[value, rows], ...], most frequent first; of numbers and
        days "low" and "high". "rows": how many were looked at.
    """
    rows, numbers, choices = 0, dict[str, list[float]](), dict[str, Counter[Any]]()
    for metadata in islice(_metadatas(collection), MOST_ROWS):
        rows += 1
        for name, value in metadata.items():
            if name in _HIDDEN or "`" in name or name.startswith("$"):
                continue
            if isinstance(value, str | bool):
                _count(choices.setdefault(name, Counter()), value)
            elif isinstance(value, int | float) and isfinite(value):
                numbers.setdefault(name, []).append(value)
    made = [_numbers(name, values) for name, values in numbers.items() if name not in choices]
    made += [field for name, values in choices.items() if (field := _choice(name, values))]
    return {"rows": rows, "fields": sorted(made, key=lambda field: str(field["name"]))}


def _metadatas(collection: Collection) -> Iterator[Mapping[str, Any]]:
    start = 0
    while len(page := collection.rows.page(start, _PAGE).metadatas):
        start += len(page)
        yield from page


def _count(counted: Counter[Any], value: str | bool) -> None:
    """One value more than are shown are kept: so many are no choice."""
    if value in counted or len(counted) <= _VALUES:
        counted[value] += 1


def _choice(name: str, counted: Counter[Any]) -> dict[str, Any] | None:
    if not 1 < len(counted) <= _VALUES or any(len(str(value)) > _LONGEST for value in counted):
        return None
    return {"name": name, "kind": "choice", "values": [list(each) for each in counted.most_common()]}


def _numbers(name: str, values: Iterable[float]) -> dict[str, Any]:
    low, high = min(values), max(values)
    kind = "day" if name == _DAY and _is_day(low) and _is_day(high) else "number"
    return {"name": name, "kind": kind, "low": low, "high": high}


def _is_day(value: float) -> bool:
    return isinstance(value, int) and 1_000_01_01 <= value <= 9_999_12_31
