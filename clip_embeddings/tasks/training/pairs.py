"""Pairs of a picture and its caption, from a manifest or a list; what is wrong with one is named by its line.

Imports the standard library, types and errors.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.records import parsed
from clip_embeddings.types import ImageInput

# The names that `calibrate --pairs` and `ingest --manifest` know.
PICTURE, TEXT = ("picture", "uri"), ("text", "caption")
_COLUMNS = "picture (or uri) and text (or caption)"
Pairs = str | PathLike[str] | Iterable[tuple[ImageInput, str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its caption; `name` says where they stand: "line 7", or "pairs[6]"."""

    name: str
    picture: ImageInput
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A pair that cannot be used, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def read_pairs(pairs: Pairs) -> tuple[list[Pair], list[Failure]]:
    """Read all pairs; no picture is opened yet.

    Args:
        pairs: the path of a .csv file with a header or of .jsonl, with the columns `picture` (or `uri`: a
            path, relative to the manifest's folder) and `text` (or `caption`); or (picture, text) tuples.
    Returns:
        The usable pairs in order, and the others: no picture named, an empty caption, not an object.
    Raises:
        InvalidInputError: not a manifest at all: it cannot be read, or has not these columns.
    """
    found = _read_manifest(Path(fspath(pairs))) if isinstance(pairs, str | PathLike) else _from_items(pairs)
    good: list[Pair] = []
    bad: list[Failure] = []
    for each in found:
        if isinstance(each, Pair):
            good.append(each)
        else:
            bad.append(each)
    return good, bad


def _from_items(items: Iterable[Any]) -> Iterator[Pair | Failure]:
    for index, item in enumerate(items):
        name = f"pairs[{index}]"
        if not isinstance(item, tuple | list) or len(item) != 2 or not isinstance(item[1], str):
            raise InvalidInputError(f"{name}: got {type(item).__name__}; expected a tuple (picture, text)")
        yield Pair(name, item[0], item[1].strip()) if item[1].strip() else Failure(name, "an empty caption")


def _read_manifest(path: Path) -> Iterator[Pair | Failure]:
    readers = {".csv": _csv_rows, ".jsonl": _json_rows, ".ndjson": _json_rows}
    if path.suffix.lower() not in readers:
        raise InvalidInputError(f"pairs {str(path)!r}: expected a name ending in {', '.join(readers)}")
    try:
        for line, row in readers[path.suffix.lower()](path):
            name = f"line {line}"
            yield Failure(name, row) if isinstance(row, str) else _pair(name, row, path.parent)
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"pairs {str(path)!r}: is not text in UTF-8") from error
    except csv.Error as error:
        raise InvalidInputError(f"pairs {str(path)!r}: is not CSV ({error})") from error
    except OSError as error:
        raise InvalidInputError(f"pairs {str(path)!r}: cannot be read ({error.strerror or error})") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        _check_columns(path, rows.fieldnames or ())
        for row in rows:
            yield rows.line_num, row


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with path.open(encoding="utf-8-sig") as file:
        known = False
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = parsed(line)
            except ValueError as error:
                yield number, f"is not JSON ({error})"
                continue
            if not isinstance(row, dict):
                yield number, f"holds {type(row).__name__}; expected an object"
                continue
            if not known:
                _check_columns(path, row)
                known = True
            yield number, row


def _check_columns(path: Path, names: Iterable[str]) -> None:
    there = list(names)
    if not any(name in there for name in PICTURE) or not any(name in there for name in TEXT):
        raise InvalidInputError(
            f"pairs {str(path)!r}: expected the columns {_COLUMNS}; it has {', '.join(there) or 'none'}"
        )


def _pair(name: str, row: dict[str, Any], folder: Path) -> Pair | Failure:
    picture, text = (
        next((row[column] for column in columns if row.get(column)), "") for columns in (PICTURE, TEXT)
    )
    if not isinstance(picture, str) or not picture.strip():
        return Failure(name, "names no picture")
    if not isinstance(text, str) or not text.strip():
        return Failure(name, "an empty caption")
    return Pair(name, picture if "://" in picture else folder / picture, text.strip())
