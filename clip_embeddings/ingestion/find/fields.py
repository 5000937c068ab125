"""One line of a manifest -> an entry, checked."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.entries import Entry, located
from clip_embeddings.ingestion.rows.checks import ADDED_KEYS, check_metadata, check_string
from clip_embeddings.ingestion.rows.ids import OURS

NAMED = ("uri", "caption", "metadata")
_SHOWN = 20  # columns in a message


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the lines of one manifest have in common."""

    path: Path
    schemes: frozenset[str]

    def line(self, first: int, last: int | None = None, word: str = "line") -> str:
        """Name a line, or several; `word` is what they are called."""
        if last is None or last <= first:
            return f"{self.path.name} {word} {first}"
        return f"{self.path.name} {word}s {first}-{last}"


def check_columns(place: Manifest, columns: Iterable[str], fix: str = "") -> None:
    """Columns of a table.

    Raises:
        InvalidInputError: no column "uri", one that is there twice, or one that ingestion writes.
    """
    columns = list(columns)
    shown = ", ".join(map(repr, columns[:_SHOWN])) or "none"
    if len(columns) > _SHOWN:
        shown += f" and {len(columns) - _SHOWN:,} more"
    if "uri" not in columns:
        raise InvalidInputError(f"{place.path}: has no column 'uri'; its columns are {shown}{fix}")
    for name, times in Counter(columns).items():
        if name and times > 1:
            raise InvalidInputError(f"{place.path}: has more than one column {name!r}; rename one")
        if name in OURS - {"uri"}:
            raise InvalidInputError(f"{place.path}: column {name!r} is written for you; rename it")


def entry_from(fields: Mapping[str, Any], place: Manifest, line: str) -> Entry:
    """The entry of one line. None and, in further columns, what is no scalar are left out.

    Raises:
        InvalidInputError: what is wrong, without the name of the line.
    """
    uri, caption = fields.get("uri"), fields.get("caption")
    if uri is None or uri == "":
        raise InvalidInputError("has no uri")
    check_string("uri", uri)
    if "\0" in uri:
        raise InvalidInputError(f"uri: {uri!r} holds a NUL character")
    check_string("caption", caption)
    metadata = _metadata(fields.get("metadata"))
    for name, value in fields.items():
        if not name or name in NAMED or not isinstance(value, str | int | float) or value == "":
            continue
        if name in metadata:
            raise InvalidInputError(f"{name!r} is a column and in the metadata too; keep one")
        metadata[name] = value
    if taken := sorted(OURS & metadata.keys()):
        raise InvalidInputError(f"metadata: {taken[0]!r} is written for you; rename it")
    # The uri is in the row twice, and in its document where there is no caption.
    check_metadata("metadata", metadata, (uri, uri, caption or uri), room=ADDED_KEYS)
    where = located(uri, base=place.path.parent, schemes=place.schemes)
    return Entry(where, caption.strip() or None if caption else None, metadata, line)


def _metadata(given: Any) -> dict[str, Any]:
    """An object, or the text of one in JSON."""
    if isinstance(given, str) and given.strip():
        given = json_object(given, "metadata")
    if given is None or given == "":
        return {}
    if not isinstance(given, dict):
        raise InvalidInputError(f"metadata: got {type(given).__name__}; expected an object")
    return {name: value for name, value in given.items() if value is not None}


def json_object(text: str, name: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        InvalidInputError: not JSON, or JSON that is no object.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"{name} is not JSON ({error.msg} at column {error.colno})") from error
    except RecursionError as error:
        raise InvalidInputError(f"{name} is not JSON that can be read (nested too deeply)") from error
    except ValueError as error:  # a number of thousands of digits
        raise InvalidInputError(f"{name} is not JSON that can be read ({error})") from error
    if not isinstance(value, dict):
        raise InvalidInputError(f"{name}: got {type(value).__name__}; expected an object")
    return value
