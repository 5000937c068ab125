"""Tables with the model's identity on record: made, opened, and refused where two models would meet.

The record is in the metadata of the table's schema. Imports lancedb and the core.
"""

import json
from datetime import timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary, WeakSet

import lancedb
from lancedb.db import DBConnection
from lancedb.table import Table

from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError
from clip_embeddings.on_record import (
    FINGERPRINT,
    as_recorded,
    checked_auto,
    embedder_on_record,
    for_collection,
    record_of,
    refuse_other,
)
from lancedb_clip_embeddings.columns import schema_of
from lancedb_clip_embeddings.errors import store_errors

Address = str | PathLike[str]
_RECORD = "clip_embeddings"  # key in the schema's metadata; JSON
# Of each table, what its caller opened it with (its device and batch size are on no record), or what is.
_EMBEDDERS: WeakKeyDictionary[Table, CLIPEmbedder] = WeakKeyDictionary()
_AUTO: WeakSet[Table] = WeakSet()  # those that were opened with calibrate="auto"


def connect(uri: Address = "clip-lance") -> DBConnection:
    """A store in a folder, or at an address that LanceDB knows ("s3://...").

    A relative path is the folder that it names now. Tables see what other processes have written.

    Raises:
        StoreError: it cannot be used.
    """
    place = fspath(uri)
    if "://" not in place:
        place = str(Path(place).expanduser().absolute())
    with store_errors(
        f"open the store in {place}", "Expected a folder of LanceDB's, or one that is not there yet"
    ):
        return lancedb.connect(place, read_consistency_interval=timedelta(0))


def open_table(
    db: DBConnection | Address,
    name: str,
    *,
    embedder: CLIPEmbedder | None = None,
    create: bool = True,
    calibrate: Literal["auto"] | None = None,
) -> Table:
    """Open a table, or create it with the model's identity on record.

    Args:
        db: from `connect` or `lancedb.connect`, or where the store is.
        embedder: the model; None opens a table with the one that it was made with.
        create: whether a table that is not there is made.
        calibrate: "auto" for an embedder without a calibration: a table that exists keeps the one that it
            has, and a new one gets one at its first `ingest`, if that holds enough; see `IngestOptions`.
    Raises:
        StoreError: no such table (and it may not be made), or one that was not made here.
        FingerprintMismatchError: the table holds vectors of another model.
        InvalidInputError: an embedder of vectors that are not of unit length.
    """
    opened = connect(db) if isinstance(db, str | PathLike) else db
    ours, auto = None if embedder is None else for_collection(embedder), checked_auto(calibrate)
    with store_errors(f"open the table {name!r}", "Check the store and the table's name"):
        table = found_table(opened, name)
        if table is None:
            if not create or ours is None:
                there = ", ".join(sorted(opened.list_tables().tables)) or "none"
                raise StoreError(f"no table {name!r} in this store; it has: {there}")
            table = _made(opened, name, ours)
        if ours is not None:
            _EMBEDDERS[table] = as_recorded(ours, record_in(table)) if auto else ours
        if auto:
            _AUTO.add(table)
        _ = embedder_of(table)
    return table


def embedder_of(table: Table) -> CLIPEmbedder:
    """The embedder behind a table: the one that it was opened with, else the one on record.

    Raises:
        InvalidInputError: no table of LanceDB.
        StoreError: the table was not made by `open_table`, or is not there any more.
        FingerprintMismatchError: the model on record has other weights now.
    """
    if not isinstance(table, Table):
        got = type(table).__name__
        raise InvalidInputError(f"table: got {got}; expected one of LanceDB, from open_table")
    with store_errors(f"read the table {table.name!r}", "Is it there? Open it again with open_table"):
        record = record_in(table)
        embedder = _EMBEDDERS.get(table) or embedder_on_record(record)
        refuse_other(f"table {table.name!r}", record, [record[FINGERPRINT]], embedder)
    return _EMBEDDERS.setdefault(table, embedder)


def found_table(db: DBConnection, name: str) -> Table | None:
    """None where there is no such table."""
    try:
        return db.open_table(name)
    except (ValueError, FileNotFoundError) as error:
        if "not found" in str(error).lower():
            return None
        raise


def is_auto(table: Table) -> bool:
    """Whether it was opened with `calibrate="auto"`."""
    return table in _AUTO


def calibrate_empty(table: Table, embedder: CLIPEmbedder) -> None:
    """Give a table without rows another calibration, on record and in this process.

    Args:
        embedder: that of the table, with the new calibration.
    """
    with store_errors(f"calibrate the table {table.name!r}", "Nothing was stored"):
        opened: Any = table
        opened._conn.create_table(table.name, schema=_schema(embedder), mode="overwrite")
        opened.checkout_latest()
    _EMBEDDERS[table] = embedder


def _schema(embedder: CLIPEmbedder) -> Any:
    record = json.dumps({**record_of(embedder), FINGERPRINT: embedder.fingerprint}, sort_keys=True)
    return schema_of(embedder.dimension, {_RECORD: record})


def _made(db: DBConnection, name: str, embedder: CLIPEmbedder) -> Table:
    try:
        return db.create_table(name, schema=_schema(embedder))
    except ValueError:
        if (made := found_table(db, name)) is None:  # else another process was faster
            raise
        return made


def record_in(table: Table) -> dict[str, Any]:
    """What is on record of the model, the fingerprint included.

    Raises:
        StoreError: nothing, as in a table that `open_table` has not made.
    """
    found = (table.schema.metadata or {}).get(_RECORD.encode())
    if found is None:
        raise StoreError(
            f"table {table.name!r} has no model on record; it was not made with open_table. Make a new one "
            "and ingest into it"
        )
    record: dict[str, Any] = json.loads(found)
    return record
