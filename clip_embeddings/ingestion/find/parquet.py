"""Parquet manifests -> entries, a group of rows at a time."""

import math
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from clip_embeddings.errors import InvalidInputError, MissingExtraError
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from clip_embeddings.ingestion.find.fields import NAMED, Manifest, check_columns, entry_from

_ROWS = 1024  # that are Python objects at once


def read_parquet(place: Manifest) -> Iterator[Entry | IngestProblem]:
    """The entries of a Parquet file.

    Raises:
        InvalidInputError: at once: not Parquet, or no column `uri` of strings.
        MissingExtraError: at once: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(
            f"{place.path}: reading Parquet needs pyarrow: pip install pyarrow"
        ) from error
    try:
        with pyarrow.parquet.ParquetFile(place.path) as file:
            schema = file.schema_arrow
    except pyarrow.ArrowException as error:
        raise InvalidInputError(f"{place.path}: not a Parquet file ({error})") from error
    check_columns(place, schema.names)
    for name in ("uri", "caption"):
        if name in schema.names and not _is_text(schema.field(name).type):
            raise InvalidInputError(
                f"{place.path}: column {name!r} is {schema.field(name).type}; expected strings"
            )
    return _groups(
        place, [name for name in schema.names if name in NAMED or _is_scalar(schema.field(name).type)]
    )


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_scalar(kind: Any) -> bool:
    from pyarrow import types

    tests = (types.is_boolean, types.is_integer, types.is_floating, types.is_temporal)
    return _is_text(kind) or any(test(kind) for test in tests)


def _groups(place: Manifest, columns: list[str]) -> Iterator[Entry | IngestProblem]:
    import pyarrow
    import pyarrow.parquet

    first = 1
    try:
        with pyarrow.parquet.ParquetFile(place.path) as file:
            for group in range(file.num_row_groups):
                number, end = first, first + file.metadata.row_group(group).num_rows
                try:
                    for batch in file.iter_batches(_ROWS, row_groups=[group], columns=columns):
                        yield from _rows(batch, place, number)
                        number += batch.num_rows
                except (pyarrow.ArrowException, OSError) as error:
                    yield IngestProblem(place.line(number, end - 1, "row"), f"cannot be read ({error})")
                first = end
    except (pyarrow.ArrowException, OSError) as error:
        yield IngestProblem(place.path.name, f"cannot be read to its end ({error})")


def _rows(batch: Any, place: Manifest, first: int) -> Iterator[Entry | IngestProblem]:
    names = batch.schema.names
    for index in range(batch.num_rows):
        line = place.line(first + index, word="row")
        try:
            values = (_value(column[index], name) for name, column in zip(names, batch.columns, strict=True))
            yield entry_from(dict(zip(names, values, strict=True)), place, line)
        except InvalidInputError as error:
            yield IngestProblem(line, str(error))


def _value(scalar: Any, name: str) -> Any:
    """A cell as entries take it; a map is an object, and dates are text."""
    try:
        value = scalar.as_py()
    except (ValueError, KeyError) as error:  # text that is not UTF-8, nanoseconds, a time zone not known here
        raise InvalidInputError(f"column {name!r} cannot be read ({error})") from error
    if name == "metadata" and isinstance(value, list | dict):
        return {key: each for key, each in dict(value).items() if not _is_nan(each)}
    if isinstance(value, date | time):
        return value.isoformat()
    return None if _is_nan(value) else value


def _is_nan(value: Any) -> bool:
    """NaN is how pandas writes an absent number."""
    return isinstance(value, float) and math.isnan(value)
