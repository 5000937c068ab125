"""A table's columns, and rows in them and back. Imports pyarrow, numpy and the core.

    id document vector        the row; `id` is the table's key
    modality uri uris ...     what ingestion writes, a column each
    metadata                  the user's own fields, as JSON: what comes back is from here, exactly as given
    year, tags, ...           copies of those fields for `where`; a column is made when its field first comes

A copy has the type of its field's first value: text, bool, double for every number (so that 4 and 4.5 are in
one column), or a list of one of them. A value of another type has no copy: it is stored and comes back, and
`where` does not find it by that column, as a filter of Chroma does not find text among numbers. Nor have
fields a copy whose name no column can have (an own one, with a dot, ...), nor those after the first
MOST_COPIES; `where="json_get_int(metadata, 'a.b') > 3"` reaches them all.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clip_embeddings.ingestion.store import Metadata, Stored

MOST_COPIES = 200
_TEXT, _WHOLE = pa.utf8(), pa.int64()
OURS = {
    "modality": _TEXT,
    "uri": _TEXT,
    "uris": _TEXT,
    "content_sha256": _TEXT,
    "start": _WHOLE,
    "end": _WHOLE,
    "caption_of": _TEXT,
}
READ = ["id", "document", *OURS, "metadata"]
OWN = {*READ, "vector"}
# Two processes that add the same new row at once: only with this mark does the later one see it.
_KEY = {"lance-schema:unenforced-primary-key:position": "1"}
COPIED: dict[type[Any], Any] = {str: _TEXT, bool: pa.bool_(), int: pa.float64(), float: pa.float64()}


def quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def schema_of(dimension: int, metadata: Mapping[str, str]) -> pa.Schema:
    """The schema of a new table of vectors float32 (D,)."""
    return pa.schema(_own_fields(dimension), metadata=metadata)


def _own_fields(dimension: int) -> list[pa.Field]:
    return [
        pa.field("id", _TEXT, nullable=False, metadata=_KEY),
        pa.field("vector", pa.list_(pa.float32(), dimension)),
        pa.field("document", _TEXT),
        *(pa.field(name, kind) for name, kind in OURS.items()),
        pa.field("metadata", pa.json_()),
    ]


def new_columns(metadatas: Iterable[Metadata], schema: pa.Schema) -> list[pa.Field]:
    """Columns that these rows' fields want and the table has not."""
    room = MOST_COPIES - (len(schema.names) - len(OWN))
    found: dict[str, Any] = {}
    for metadata in metadatas:
        for name, value in metadata.items():
            if name not in found and name not in schema.names and len(found) < room and _can_be_column(name):
                kind = _kind_of(value)
                if kind is not None:
                    found[name] = kind
    return [pa.field(name, kind) for name, kind in found.items()]


def table_of(
    ids: Sequence[str],
    documents: Sequence[str],
    metadatas: Sequence[Metadata],
    vectors: NDArray[np.float32],
    schema: pa.Schema,
) -> pa.Table:
    """Rows as a table of this schema takes them; vectors (N, D)."""
    own = [{name: each.get(name) for name in OURS if _is_own(name, each)} for each in metadatas]
    rest = [
        {name: value for name, value in each.items() if name not in kept}
        for each, kept in zip(metadatas, own, strict=True)
    ]
    given: dict[str, list[Any]] = {
        "id": list(ids),
        "document": list(documents),
        **{name: [each.get(name) for each in own] for name in OURS},
        "metadata": [json.dumps(each) for each in rest],
    }
    # Our own fields as they were made: a table's schema has `metadata` now as JSON, now in its binary form,
    # which text would then be taken for.
    copies = [field for field in schema if field.name not in OWN]
    fields = [*_own_fields(vectors.shape[1]), *copies]
    given |= {field.name: [_copy(each.get(field.name), field.type) for each in metadatas] for field in copies}
    flat = pa.array(np.ascontiguousarray(vectors, np.float32).ravel())
    columns = [
        pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        if field.name == "vector"
        else pa.array(given[field.name], field.type)
        for field in fields
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def stored_of(found: pa.Table) -> Stored:
    """Rows of a table as ingestion wants them."""
    columns = {name: found[name].to_pylist() for name in READ}
    metadatas = []
    for place, text in enumerate(columns["metadata"]):
        ours = {name: columns[name][place] for name in OURS if columns[name][place] is not None}
        metadatas.append({**ours, **(json.loads(text) if text else {})})
    documents = [document or "" for document in columns["document"]]
    return Stored(columns["id"], documents, metadatas, vectors_of(found))


def vectors_of(found: pa.Table) -> NDArray[np.float32] | None:
    """(N, D), or None where they were not asked for."""
    if "vector" not in found.column_names:
        return None
    dimension = found.schema.field("vector").type.list_size
    flat = [np.asarray(chunk.flatten()) for chunk in found["vector"].chunks]
    return np.concatenate([np.empty(0, np.float32), *flat]).reshape(-1, dimension)


def _is_own(name: str, metadata: Metadata) -> bool:
    """Whether our column holds a row's value; one of another type stays with the user's fields."""
    return type(metadata.get(name)) is (int if OURS[name] == _WHOLE else str)


def _can_be_column(name: str) -> bool:
    usable = name.isprintable() and not name.startswith("_") and not set(name) & set('."`')
    return usable and name not in OWN


def _kind_of(value: Any) -> Any:
    """The type of a value's copy; None where it has none."""
    if isinstance(value, list):
        kind = COPIED.get(type(value[0])) if value else None
        return None if kind is None else pa.list_(kind)
    return COPIED.get(type(value))


def _copy(value: Any, kind: Any) -> Any:
    """A value as its column takes it; None if it is of another type."""
    if _kind_of(value) != kind:
        return None
    if isinstance(value, list):
        return [float(each) if type(each) is int else each for each in value]
    return float(value) if type(value) is int else value
