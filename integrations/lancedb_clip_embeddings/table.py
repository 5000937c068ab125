"""Tables with the model's identity on record: made, opened, and refused where two models would meet.

The record is in the metadata of the table's schema. Imports lancedb and the core.
"""

import json
from datetime import timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import lancedb
from lancedb.db import DBConnection
from lancedb.table import Table

from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError
from clip_embeddings.ingestion import FileSample
from clip_embeddings.ingestion.auto import Calibrate, decide_on
from clip_embeddings.on_record import (
    FINGERPRINT,
    as_recorded,
    embedder_on_record,
    for_collection,
    record_of,
    refuse_other,
    resolved,
)
from lancedb_clip_embeddings.columns import schema_of
from lancedb_clip_embeddings.errors import store_errors

Address = str | PathLike[str]
CHECK = "Check the store and the table's name"
_RECORD = "clip_embeddings"  # key in the schema's metadata; JSON
# Of each table, what its caller opened it with (its device and batch size are on no record), or what is.
_EMBEDDERS: WeakKeyDictionary[Table, CLIPEmbedder] = WeakKeyDictionary()
# What a table was calibrated on when it was made, for the first `ingest`.
_SAMPLES: WeakKeyDictionary[Table, FileSample] = WeakKeyDictionary()


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
    calibrate: Calibrate | None = None,
) -> Table:
    """Open a table, or create it with the model's identity on record.

    Args:
        db: from `connect` or `lancedb.connect`, or where the store is.
        embedder: the model; None opens a table with the one that it was made with.
        create: whether a table that is not there is made.
        calibrate: for an embedder without a calibration: the files and folders that a new table is for, or a
            sample of them. If that holds 300 pictures and 300 texts, a calibration is measured on it, so that
            both are ranked in one list; else the model's own is used if it has one. A table that exists
            keeps what it has.
    Raises:
        StoreError: no such table (and it may not be made), or one that was not made here.
        FingerprintMismatchError: the table holds vectors of another model.
        InvalidInputError: an embedder of vectors that are not of unit length.
    """
    opened = connect(db) if isinstance(db, str | PathLike) else db
    ours, sample = None if embedder is None else for_collection(embedder), None
    with store_errors(f"open the table {name!r}", CHECK):
        table = found_table(opened, name)
    if table is None and create and ours is not None:
        made_with = ours
        if calibrate is not None and ours.config.calibration is None:
            decision = decide_on(ours, calibrate)
            made_with, sample = resolved(decision.embedder), decision.sample
        with store_errors(f"make the table {name!r}", CHECK):
            table = _made(opened, name, made_with)
    with store_errors(f"open the table {name!r}", CHECK):
        if table is None:
            there = ", ".join(table_names(opened)) or "none"
            raise StoreError(f"no table {name!r} in this store; it has: {there}")
        if ours is not None:
            # Also of one that another program has made while this one measured.
            _EMBEDDERS[table] = ours if calibrate is None else as_recorded(ours, record_in(table))
        if sample is not None:
            _SAMPLES[table] = sample
        _ = embedder_of(table)
    return table


def sample_of(table: Table) -> FileSample | None:
    """What a table that was made a moment ago was calibrated on."""
    return _SAMPLES.get(table)


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


def table_names(db: DBConnection) -> list[str]:
    """All of them, in order; LanceDB gives them a page at a time."""
    page = db.list_tables()
    names = list(page.tables)
    while page.page_token:
        page = db.list_tables(page_token=page.page_token)
        names += page.tables
    return sorted(names)


def _made(db: DBConnection, name: str, embedder: CLIPEmbedder) -> Table:
    record = json.dumps({**record_of(embedder), FINGERPRINT: embedder.fingerprint}, sort_keys=True)
    try:
        return db.create_table(name, schema=schema_of(embedder.dimension, {_RECORD: record}))
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
