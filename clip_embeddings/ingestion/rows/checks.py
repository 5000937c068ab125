"""What a store takes: the one check in front of it, which everything that is written passes.

Chroma logs a write before it applies it. One that cannot be applied is tried again for ever, and the
collection is lost for writing, after a restart for reading too; other values it drops or changes without a
word. So all of a call is looked at before any of it is stored. The limits are those of the narrowest store,
so that rows can move from any to any. What Chroma 1.5.9 takes, found by trying, is the same in a folder and
on a server:

- A row's keys, its document and its uri are written by one statement of SQLite, which takes 5,461 of them;
  the items of all of its lists by another, as many. One more and the collection is lost.
- A number in a list that is not finite: lost. By itself it vanishes, and so do keys that begin with
  "chroma:"; an integer of more than 64 bits becomes a float.
- A server takes 40 MiB in one request. A folder takes documents, ids, keys and values of hundreds of
  megabytes; rows are limited alike, so that they can move from one to the other.
- NUL characters come back as they were, wherever they are; Chroma's full-text filter does not see what
  follows one. Half of a surrogate pair cannot be written.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.rows.values import fault_of, fault_of_item, fault_of_string, shown

MOST_KEYS = 5_400
"""Keys of one row, those of this package among them; the document and the uri are two more."""
MOST_LISTED = 5_400
"""Items of all lists of one row."""
ADDED_KEYS = 50
"""Room for what ingestion and LangChain write into a row beside the caller's keys."""
MOST_BYTES = 16_000_000
"""Of one row in UTF-8: id, document, uri and metadata. JSON may double it, and its vector comes on top."""
MOST_FOUND = 2**32 - 1
"""Rows that one query may ask for."""
_RESERVED = "chroma:"


def check_row(
    name: str, id: str, document: str, metadata: Mapping[str, Any], uri: str | None, *, room: int = 0
) -> None:
    """One row, as it is to be stored.

    Args:
        name: what its metadata is called in a message: "metadatas[3]".
        room: keys that will be added to it.
    Raises:
        InvalidInputError: names the row, the key, the value and what to do.
    """
    try:
        check_id(f"{name}: its id", id)
        check_string(f"{name}: its document", document)
        check_string(f"{name}: its uri", uri)
        check_metadata(name, metadata, (id, document, uri or ""), room=room)
    except InvalidInputError as error:
        raise InvalidInputError(f"{error} (id {shown(id)})") from error


def check_id(name: str, id: object) -> None:
    """An id: a string that is not empty.

    Raises:
        InvalidInputError: it is not.
    """
    if not isinstance(id, str) or not id:
        raise InvalidInputError(f"{name}: got {shown(id)}; expected a string that is not empty")
    check_string(name, id)


def check_string(name: str, value: object) -> None:
    """A store takes strings that UTF-8 can write; file names may hold others. None passes.

    Raises:
        InvalidInputError: not a string, or one with a half of a surrogate pair.
    """
    if value is None:
        return
    if not isinstance(value, str):
        raise InvalidInputError(f"{name}: got {type(value).__name__}; expected a string")
    if not value.isascii() and (fault := fault_of_string(value)):
        raise InvalidInputError(f"{name}: {fault}")


def check_metadata(
    name: str, metadata: Mapping[str, Any], beside: Sequence[str] = (), *, room: int = 0
) -> None:
    """Metadata of one row, and its size together with the strings `beside` it.

    Args:
        name: what it is called in a message.
        beside: id, document and uri, checked already.
        room: keys that will be added to it.
    Raises:
        InvalidInputError: names the key, the value and what to do.
    """
    listed = check_limits(name, metadata, room=room)
    characters = 0
    for key, value in metadata.items():
        if type(key) is not str or not key.isascii() or not key or key[0] in "#$c":
            _check_key(name, key)
        characters += len(key)
        if isinstance(value, list):
            _check_list(f"{name}[{shown(key)}]", value)
        elif fault := fault_of(value):
            raise InvalidInputError(f"{name}[{shown(key)}]: {fault}")
        elif isinstance(value, str):
            characters += len(value)
    # UTF-8 takes four bytes at most.
    if listed or 4 * (characters + sum(map(len, beside))) > MOST_BYTES:
        check_size(name, [*beside, *metadata, *metadata.values()])


def check_caption(id: object, caption: object) -> None:
    """Words for the row of a picture.

    Raises:
        InvalidInputError: an id or a caption that is no string, empty, too long, or not to be had in UTF-8.
    """
    check_id("id", id)
    if not isinstance(caption, str) or not caption.strip():
        raise InvalidInputError(f"caption: got {shown(caption)}; expected words")
    check_string("caption", caption)
    check_metadata("caption", {}, (str(id), caption))


def check_limits(name: str, metadata: Mapping[str, Any], *, room: int = 0) -> int:
    """The number of keys and of items of lists in one row.

    Args:
        room: keys that will be added to it.
    Returns:
        How many items all lists hold.
    Raises:
        InvalidInputError: more than a store takes.
    """
    if len(metadata) > MOST_KEYS - room:
        raise _too_many(name, f"it has {len(metadata):,} keys", MOST_KEYS - room)
    listed = sum(len(value) for value in metadata.values() if isinstance(value, list))
    if listed > MOST_LISTED:
        raise _too_many(name, f"its lists hold {listed:,} items", MOST_LISTED)
    return listed


def check_count(name: str, value: object, *, least: int = 1) -> None:
    """A number of rows to ask for.

    Raises:
        InvalidInputError: no int, below `least`, or more than a query takes.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value > MOST_FOUND:
        raise InvalidInputError(f"{name}: got {shown(value)}; expected an int of at most {MOST_FOUND:,}")
    if value < least:
        raise InvalidInputError(f"{name}: got {shown(value)}; expected at least {least}")


def _check_key(name: str, key: object) -> None:
    if not isinstance(key, str):
        raise InvalidInputError(f"{name}: got {type(key).__name__} {shown(key)} as a name; expected a string")
    reason = ""
    if not key or key[0] in "#$":
        reason = "may not be empty or begin with # or $"
    elif key.startswith(_RESERVED):
        reason = f"may not begin with {_RESERVED!r}, which Chroma keeps for itself"
    if reason:
        raise InvalidInputError(f"{name}: a name {reason}; got {shown(key)}; rename it")
    if fault := fault_of_string(key):
        raise InvalidInputError(f"{name}: a name, {fault}")


def _check_list(name: str, values: list[Any]) -> None:
    """Items of one type, at least one."""
    if not values:
        raise InvalidInputError(f"{name}: got an empty list, which cannot be stored; leave it out")
    kind = type(values[0])
    for place, value in enumerate(values):
        if fault := fault_of_item(value, kind):
            raise InvalidInputError(f"{name}[{place}]: {fault}")


def check_size(name: str, parts: list[Any]) -> None:
    """The bytes of one row: its strings, its keys and its values.

    Raises:
        InvalidInputError: more than a store takes.
    """
    size = sum(map(_bytes, parts))
    if size > MOST_BYTES:
        raise InvalidInputError(
            f"{name}: the row is of {size:,} bytes, document included; a store takes {MOST_BYTES:,}. "
            "Split its document, or keep the content in a file and store where that is"
        )


def _bytes(value: object) -> int:
    if isinstance(value, list):
        return sum(map(_bytes, value))
    return len(value.encode()) if isinstance(value, str) else 8


def _too_many(name: str, got: str, most: int) -> InvalidInputError:
    return InvalidInputError(
        f"{name}: {got}; a store takes {most:,} in a row. Keep what filters ask for, and write the rest as "
        "one text: json.dumps(...)"
    )
