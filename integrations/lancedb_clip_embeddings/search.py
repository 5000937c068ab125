"""`search` in a LanceDB table: each request of a `clip_embeddings.search.Query` is one vector query of it."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from lancedb.table import Table

from clip_embeddings import InvalidInputError
from clip_embeddings.conditions import Condition, Value
from clip_embeddings.search import AnyModality, Calibration, Found, Method, Query, Request, SearchResult
from clip_embeddings.types import ImageInput
from lancedb_clip_embeddings.columns import COPIED, OURS, OWN, READ, quoted, stored_of
from lancedb_clip_embeddings.errors import store_errors
from lancedb_clip_embeddings.table import embedder_of


def search(
    table: Table,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: AnyModality = "any",
    where: str | None = None,
    calibration: Calibration | None = None,
    method: Method = "filtered",
) -> SearchResult:
    """Find the rows nearest to a text, a picture, or both, among those that a filter leaves.

    Without an index every row is compared. One of the caller's own, of the cosine, is used if it is there:
    the rows found are then nearly the nearest.

    Args:
        table: made with `open_table`.
        text, image: the query; one of them, or both, which find what is like the picture and the words.
        k: how many; of each modality where they cannot be ranked in one list.
        modality: which to look for.
        where: a condition in SQL over the columns, the user's fields among them: "year >= 2020 AND lang =
            'ko'", "array_has(tags, 'sea')", "`camera model` IS NOT NULL". It is applied before the search,
            so k rows come back if there are as many.
        calibration: for a raw table: ranks both modalities in one list, with nothing embedded again.
        method: how: "filtered" or "projected", as in Chroma's adapter.
    Raises:
        InvalidInputError: no query, k no int from 1 on, unknown modality or method, where no text, or
            a calibration for a table that has its own.
        ImageDecodeError: the picture cannot be read.
        FingerprintMismatchError: the table holds vectors of another model, or the calibration is of one.
        StoreError: the store does not answer, or does not understand `where`.
    """
    if where is not None and (not isinstance(where, str) or not where.strip()):
        raise InvalidInputError(f'where: got {where!r}; expected a condition in SQL, such as "year >= 2020"')
    if where is not None and not closes(where):
        raise InvalidInputError(f"where: got {where!r}; its brackets or quotes do not close")
    query = Query(table.name, embedder_of(table), text, image, k, modality, calibration, method)
    requests = query.requests()
    with store_errors("search", "Check `where`: it names columns of the table, and texts stand in 'quotes'"):
        answers = [list(nearest(table, request, where)) for request in requests]
    return query.result(answers)


def closes(condition: str) -> bool:
    """Whether brackets and quotes of a condition in SQL close: it stands in brackets beside `modality`."""
    depth, quote = 0, ""
    for letter in condition:
        if quote:
            quote = "" if letter == quote else quote  # two in a row close and open it again
        elif letter in "'\"`":
            quote = letter
        else:
            depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return not (depth or quote)


_IN_JSON: dict[type, str] = {
    bool: "json_get_bool",
    int: "json_get_float",
    float: "json_get_float",
    str: "json_get_string",
}


def _sql(condition: Condition, schema: pa.Schema) -> str:
    """A condition over a column, or over the metadata as JSON, which holds what has no column."""
    name, value = condition.field, condition.value
    if name in schema.names and (name in OURS or name not in OWN):
        if not _is_of(schema.field(name).type, value):
            return "id IS NOT NULL" if condition.operator == "!=" else "id IS NULL"  # all of them, or none
        field = f"`{name}`"
    else:
        field = f"{_IN_JSON[type(value)]}(metadata, {quoted(name)})"
    shown = quoted(value) if isinstance(value, str) else str(value).lower()
    compared = f"{field} {condition.operator} {shown}"
    # Rows without the field are not of that value, as in Chroma.
    return f"{compared} OR {field} IS NULL" if condition.operator == "!=" else compared


def _is_of(column: pa.DataType, value: Value) -> bool:
    """Whether a column holds values of that kind; a number may be whole or not."""
    kind = COPIED[type(value)]
    return bool(column == kind or (pa.types.is_integer(column) and pa.types.is_floating(kind)))


def nearest(table: Table, request: Request, where: str | None) -> Iterator[Found]:
    """Nearest first."""
    search: Any = table.search(request.vector, vector_column_name="vector")
    wanted = search.distance_type("cosine")
    conditions = [f"modality = '{request.modality}'"] if request.modality else []
    conditions += [_sql(each, table.schema) for each in request.where]
    conditions += [where] if where else []
    if conditions:
        wanted = wanted.where(" AND ".join(f"({each})" for each in conditions), prefilter=True)
    names = [*READ, "_distance", *(["vector"] if request.vectors else [])]
    found = wanted.limit(request.k).select(names).to_arrow()
    rows = stored_of(found)
    for place, (id, document, metadata) in enumerate(
        zip(rows.ids, rows.documents, rows.metadatas, strict=True)
    ):
        vector = None if rows.vectors is None else rows.vectors[place]
        yield Found(id, 1 - found["_distance"][place].as_py(), document, dict(metadata), vector)
