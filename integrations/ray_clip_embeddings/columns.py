"""Columns of a batch -> items: what each row holds, under an id made of its content.

Imports ray, pyarrow, numpy and the public core.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from ray.data.block import BlockAccessor, BlockType

from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.rows.ids import digest, passage_id, picture_id
from clip_embeddings.inputs.formats import array_problem
from clip_embeddings.types import Modality


@dataclass(frozen=True, slots=True)
class Item:
    """What one row holds. A row that cannot be used has a `reason` and no `content`."""

    content: bytes | str | NDArray[np.uint8] | None = None
    modality: Modality | None = None
    sha256: str | None = None
    id: str | None = None
    uri: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumns:
    """Which columns hold what. A row is a text where the text column has one, otherwise a picture.

    Attributes:
        bytes_column: encoded pictures: what `read_binary_files` calls "bytes".
        array_column: pictures as (H, W, 1|3|4) uint8: what `read_images` calls "image".
        uri_column: where a row comes from; the picture is read from there if neither of the above is named.
        text_column: texts.
    """

    bytes_column: str | None = None
    array_column: str | None = None
    uri_column: str | None = None
    text_column: str | None = None

    def __post_init__(self) -> None:
        if self.bytes_column and self.array_column:
            raise InvalidInputError(
                f"bytes_column={self.bytes_column!r} and array_column={self.array_column!r}: "
                "a picture is in one of them; name one"
            )
        if not (self.picture_column or self.text_column):
            raise InvalidInputError(
                "no column to embed: name bytes_column=, array_column=, uri_column= or text_column=, "
                'for example bytes_column="bytes" after read_binary_files'
            )

    @property
    def picture_column(self) -> str | None:
        """The column that pictures are taken from."""
        return self.bytes_column or self.array_column or self.uri_column

    @property
    def content(self) -> list[str]:
        """The columns that are no longer needed once a row is embedded: not where it comes from."""
        named = (self.bytes_column, self.array_column, self.text_column)
        return [column for column in named if column]

    def items(self, table: pa.Table) -> list[Item]:
        """One item for each row, in order.

        Raises:
            InvalidInputError: a column that is named is not there.
        """
        pictures = values_of(table, self.picture_column)
        texts, uris = values_of(table, self.text_column), values_of(table, self.uri_column)
        rows = zip(pictures, texts, uris, strict=True)
        return [self._item(picture, text, uri) for picture, text, uri in rows]

    def _item(self, picture: Any, text: Any, uri: Any) -> Item:
        origin = uri if isinstance(uri, str) else None
        try:
            if text is None:
                return self._picture(picture, origin)
            if picture is not None and self.picture_column != self.uri_column:
                raise _Unusable("has a text and a picture; pass the words of a picture as caption_column=")
            return _text(text, origin)
        except _Unusable as error:
            modality: Modality = "image" if text is None else "text"
            return Item(modality=modality, uri=origin, reason=str(error))

    def _picture(self, value: Any, uri: str | None) -> Item:
        if value is None:
            named = " and ".join(filter(None, (self.text_column, self.picture_column)))
            raise _Unusable(f"nothing to embed: {named} is null")
        content = _bytes(value) if self.bytes_column else _array(value) if self.array_column else _file(value)
        # An array has lost its file, so its shape and pixels are what it is known by.
        head, body = (
            (str(content.shape).encode(), np.ascontiguousarray(content).tobytes())
            if isinstance(content, np.ndarray)
            else (b"", content)
        )
        sha256 = digest(head + body)
        return Item(content, "image", sha256, picture_id(sha256), uri)


class _Unusable(Exception):
    """Why a row cannot be embedded, in words."""


def as_table(batch: Any) -> pa.Table:
    """A batch of any format of `map_batches` (numpy, pandas, pyarrow) as an Arrow table."""
    block = BlockAccessor.batch_to_block(batch, BlockType.ARROW)
    return BlockAccessor.for_block(block).to_arrow()


def values_of(table: pa.Table, column: str | None) -> list[Any]:
    """A column as Python values, None for each row where no column is named.

    Raises:
        InvalidInputError: there is no such column.
    """
    if column is None:
        return [None] * table.num_rows
    if column not in table.column_names:
        has = ", ".join(table.column_names)
        raise InvalidInputError(f"no column {column!r} in the dataset; it has: {has}")
    values: list[Any] = table[column].to_pylist()
    return [None if isinstance(value, float) and np.isnan(value) else value for value in values]


def _text(value: Any, uri: str | None) -> Item:
    if not isinstance(value, str):
        raise _Unusable(f"text is a {type(value).__name__}; expected a string")
    if not value.strip():
        raise _Unusable("holds only white space")
    sha256 = digest(value.encode())
    start, end = len(value) - len(value.lstrip()), len(value.rstrip())
    # As ingestion names and stores the one passage of a short text.
    return Item(value[start:end], "text", sha256, passage_id(sha256, start, end), uri)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise _Unusable(f"picture is a {type(value).__name__}; expected bytes")
    if not value:
        raise _Unusable("empty: 0 bytes")
    return value


def _array(value: Any) -> NDArray[np.uint8]:
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of different lengths
        raise _Unusable(f"picture is no array ({error})") from error
    if problem := array_problem(array):  # the check that an array given to the core meets too
        raise _Unusable(f"picture is an array of shape {array.shape}, {array.dtype}: {problem}")
    return array


def _file(value: Any) -> bytes:
    if not isinstance(value, str):
        raise _Unusable(f"uri is a {type(value).__name__}; expected a string")
    parts = urlsplit(value) if "://" in value else None
    if parts and (parts.scheme != "file" or parts.netloc not in ("", "localhost")):
        raise _Unusable(
            f"{parts.scheme}:// addresses are not read here; use ray.data.read_binary_files("
            '..., include_paths=True) with bytes_column="bytes", uri_column="path"'
        )
    try:
        content = Path(url2pathname(parts.path) if parts else value).read_bytes()
    except FileNotFoundError as error:
        raise _Unusable("no such file") from error
    except (OSError, ValueError) as error:
        raise _Unusable(f"cannot be read ({getattr(error, 'strerror', None) or error})") from error
    return _bytes(content)
