"""Manifests: tables of where items are, with captions and metadata -> entries, one line at a time."""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem, checked_schemes, has_surrogates
from clip_embeddings.ingestion.find.fields import Manifest, check_columns, entry_from, json_object
from clip_embeddings.ingestion.find.parquet import read_parquet

# Characters. A longer line is not a line of a manifest, and is not read into memory whole.
_LONGEST_LINE = 16_000_000

Found = Iterator[Entry | IngestProblem]


def read_manifest(path: str | os.PathLike[str], *, allow_schemes: Iterable[str] = ()) -> Found:
    """Read a table of items: JSON lines, CSV with a header, or Parquet, told apart by the end of the name.

    Columns, or fields of a JSON object on each line:

    - `uri`: a path, relative to the manifest's folder, a `file://` address, or one of an allowed scheme.
    - `caption` (optional): words about the item.
    - `metadata` (optional): an object; in CSV, and if you like in Parquet, its JSON text.
    - any other becomes metadata where it is text, a number or true/false (in CSV always text; in Parquet a
      date is text too). What is empty, or has a value of another kind, is left out.

    The file is read line by line, Parquet by groups of rows. A manifest is trusted to name any file that the
    reader may read.

    Args:
        path: a file that ends in .jsonl, .ndjson, .csv, .parquet or .pq. UTF-8 where it is text.
        allow_schemes: of addresses that may be named.
    Returns:
        Entries, and a problem for each bad line, as "photos.csv line 7: ...".
    Raises:
        InvalidInputError: at once: it cannot be read at all, or has no column `uri`.
        MissingExtraError: at once: Parquet, and pyarrow is not installed.
    """
    place = Manifest(Path(os.path.abspath(path)), checked_schemes(allow_schemes))  # noqa: PTH100
    readers: dict[str, Callable[[Manifest], Found]] = {
        ".jsonl": _read_json_lines,
        ".ndjson": _read_json_lines,
        ".csv": _read_csv,
        ".parquet": read_parquet,
        ".pq": read_parquet,
    }
    reader = readers.get(place.path.suffix.lower())
    if reader is None:
        raise InvalidInputError(
            f"{place.path}: not a manifest; expected a name ending in {', '.join(readers)}"
        )
    try:
        if not place.path.is_file():
            kind = "is not a regular file" if place.path.exists() else "no such manifest"
            raise InvalidInputError(f"{place.path}: {kind}")
        return reader(place)
    except OSError as error:
        raise InvalidInputError(f"{place.path}: cannot be read ({error.strerror or error})") from error


def _opened(place: Manifest) -> TextIO:
    # Bytes that are not UTF-8 are kept as surrogates, so that one bad line does not end the reading.
    return place.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _read_json_lines(place: Manifest) -> Found:
    _opened(place).close()
    return _to_the_end(_json_lines(place), place)


def _read_csv(place: Manifest) -> Found:
    with _opened(place) as file:
        try:
            header = _header(csv.reader(file, strict=True))
        except csv.Error as error:
            raise InvalidInputError(f"{place.path}: its first line is not CSV ({error})") from error
    if any(map(has_surrogates, header)):
        raise InvalidInputError(f"{place.path}: its first line is not UTF-8; save it in UTF-8")
    other = next((mark for mark in (";", "\t", "|") if mark in "".join(header)), None)
    check_columns(place, header, f". Separate columns with commas, not {other!r}" if other else "")
    return _to_the_end(_csv_rows(place), place)


def _to_the_end(entries: Found, place: Manifest) -> Found:
    """The disk may go away while a manifest is read."""
    try:
        yield from entries
    except OSError as error:
        reason = f"cannot be read to its end ({error.strerror or error})"
        yield IngestProblem(place.path.name, reason)


def _json_lines(place: Manifest) -> Found:
    with _opened(place) as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
                    pass
                reason = f"is longer than {_LONGEST_LINE:,} characters; expected one object on each line"
                yield IngestProblem(place.line(number), reason)
            elif line.strip():
                yield _json_entry(line, place, place.line(number))


def _json_entry(line: str, place: Manifest, name: str) -> Entry | IngestProblem:
    try:
        _check_utf8(line)
        return entry_from(json_object(line, "the line"), place, name)
    except InvalidInputError as error:
        return IngestProblem(name, str(error))


def _header(rows: Iterator[list[str]]) -> list[str]:
    return [name.strip() for name in next(rows, [])]


def _csv_rows(place: Manifest) -> Found:
    with _opened(place) as file:
        rows = csv.reader(file, strict=True)
        header = _header(rows)
        while True:
            first = rows.line_num + 1
            try:
                row = next(rows, None)
                if row is None:
                    return
                if row:
                    yield _csv_entry(header, row, place, place.line(first))
            except csv.Error as error:
                # A quotation mark that is not closed takes in the lines after it.
                yield IngestProblem(place.line(first, rows.line_num), f"not CSV ({error})")
            except InvalidInputError as error:
                yield IngestProblem(place.line(first, rows.line_num), str(error))


def _csv_entry(header: list[str], row: list[str], place: Manifest, name: str) -> Entry:
    _check_utf8("".join(row))
    if len(row) != len(header):
        raise InvalidInputError(f"has {len(row)} fields; the header has {len(header)}")
    return entry_from({column: value or None for column, value in zip(header, row, strict=True)}, place, name)


def _check_utf8(text: str) -> None:
    if has_surrogates(text):
        raise InvalidInputError("is not UTF-8; save the manifest in UTF-8")
