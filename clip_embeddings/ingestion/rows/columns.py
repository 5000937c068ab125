"""Columns as a caller gives them -> rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from os import PathLike, fspath
from typing import Any

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_id, check_string
from clip_embeddings.ingestion.rows.ids import name_of
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.types import ImageInput


@dataclass(frozen=True, slots=True)
class Columns:
    """What `add_items` takes: one entry for each id, None where a column has nothing."""

    ids: Sequence[str]
    texts: Sequence[str | None] | None = None
    images: Sequence[ImageInput | None] | None = None
    uris: Sequence[str | None] | None = None
    captions: Sequence[str | None] | None = None
    metadatas: Sequence[dict[str, Any] | None] | None = None

    def __post_init__(self) -> None:
        for column in fields(self):
            values = getattr(self, column.name)
            if values is None and column.name != "ids":
                continue
            if isinstance(values, str | bytes | PathLike) or not hasattr(values, "__len__"):
                got = type(values).__name__
                raise InvalidInputError(f"{column.name}: got {got}; expected a list, one entry for each id")
            if len(values) != len(self.ids):
                raise InvalidInputError(f"{column.name}: {len(values)} entries for {len(self.ids)} ids")

    def at(self, name: str, index: int) -> Any:
        values = getattr(self, name)
        return None if values is None else values[index]


def rows_from(columns: Columns) -> tuple[list[Row], int]:
    """The rows, the last one of each id; and how many others there were.

    Raises:
        InvalidInputError: a row that is neither a text nor a picture, or both; by index.
    """
    rows: dict[str, Row] = {}
    for index, id in enumerate(columns.ids):
        check_id(f"ids[{index}]", id)
        rows.pop(id, None)  # the last one takes its own place in the order
        rows[id] = _row(columns, index, id)
    return list(rows.values()), len(columns.ids) - len(rows)


def _row(columns: Columns, index: int, id: str) -> Row:
    text, image, given, caption = (
        columns.at(name, index) for name in ("texts", "images", "uris", "captions")
    )
    named = {"texts": text, "uris": given, "captions": caption, "images": _path_of(image)}
    for name, value in named.items():
        check_string(f"{name}[{index}]", value)
    if text is not None and image is not None:
        raise InvalidInputError(
            f"row {index} ({id!r}) has a text and an image; pass the words of a picture as captions="
        )
    if text is not None and caption is not None:
        raise InvalidInputError(f"row {index} ({id!r}) is a text; captions are for pictures")
    if text is None and image is None and given is None:
        raise InvalidInputError(f"row {index} ({id!r}) has no text, no image and no uri")
    uri: str | None = given if given is not None else _path_of(image)
    metadata = _metadata(columns.at("metadatas", index), index, "image" if text is None else "text", uri)
    if text is not None:
        return Row(id, text, False, text, metadata, uri, index)
    item: Any = uri if image is None else image
    return Row(id, item, True, caption or name_of(uri) or id, metadata, uri, index)


def _metadata(given: Any, index: int, modality: str, uri: str | None) -> dict[str, Any]:
    """The caller's fields, with those that this package's searches need."""
    if not isinstance(given, dict | None):
        raise InvalidInputError(f"metadatas[{index}]: got {type(given).__name__}; expected a dictionary")
    added = {"modality": modality, **({"uri": uri} if uri is not None else {})}
    for key, value in added.items():
        if given and given.get(key, value) != value:
            got = shown(given[key])
            raise InvalidInputError(f"metadatas[{index}]: {key!r} is written for you; got {got}")
    return {**(given or {}), **added}


def _path_of(image: object) -> str | None:
    """Where a picture is, if it was given by name."""
    if not isinstance(image, str | PathLike):
        return None
    name = fspath(image)
    return None if not isinstance(name, str) or name.startswith("data:") else name
