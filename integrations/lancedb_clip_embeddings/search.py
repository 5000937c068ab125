"""`search` in a LanceDB table: each request of a `clip_embeddings.search.Query` is one vector query of it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
from lancedb.table import Table

from clip_embeddings import InvalidInputError
from clip_embeddings.conditions import Condition
from clip_embeddings.search import AnyModality, Calibration, Found, Method, Query, Request, SearchResult
from clip_embeddings.types import ImageInput
from lancedb_clip_embeddings.columns import READ, stored_of
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
    """Find the rows nearest to a text or a picture, among those that a filter leaves.

    Without an index every row is compared. One of the caller's own, of the cosine, is used if it is there:
    the rows found are then nearly the nearest.

    Args:
        table: made with `open_table`.
        text, image: the query; exactly one of them.
        k: how many; of each modality where they cannot be ranked in one list.
        modality: which to look for.
        where: a condition in SQL over the columns, the user's fields among them: "year >= 2020 AND lang =
            'ko'", "array_has(tags, 'sea')", "`camera model` IS NOT NULL". It is applied before the search,
            so k rows come back if there are as many.
        calibration: for a raw table: ranks both modalities in one list, with nothing embedded again.
        method: how: "filtered" or "projected", as in Chroma's adapter.
    Raises:
        InvalidInputError: no query or two, k no int from 1 on, unknown modality or method, where no text, or
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


def _sql(condition: Condition, schema: pa.Schema) -> str:
    """A condition over a column, or over the metadata as JSON, which holds what has no column."""
    value, kind = condition.value, _KINDS[type(condition.value)]
    column = schema.field(condition.field) if condition.field in schema.names else None
    column = None if condition.field in _NO_METADATA else column
    field = f"`{condition.field}`" if column else f"{kind.in_json}(metadata, {_quoted(condition.field)})"
    if column is not None and not kind.of_column(column.type):
        return "id IS NOT NULL" if condition.operator == "!=" else "id IS NULL"  # all of them, or none
    shown = _quoted(value) if isinstance(value, str) else str(value).lower()
    compared = f"{field} {condition.operator} {shown}"
    # Rows without the field are not of that value, as in Chroma.
    return f"{compared} OR {field} IS NULL" if condition.operator == "!=" else compared


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class _Kind(NamedTuple):
    of_column: Callable[[pa.DataType], bool]
    in_json: str


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


_KINDS = {
    bool: _Kind(pa.types.is_boolean, "json_get_bool"),
    int: _Kind(_is_number, "json_get_float"),
    float: _Kind(_is_number, "json_get_float"),
    str: _Kind(pa.types.is_string, "json_get_string"),
}
_NO_METADATA = {"id", "document", "metadata", "vector"}


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
