"""A row to be, and the rows that a picture, a text and a caption become."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clip_embeddings.ingestion.rows.ids import caption_id, name_of, passage_id, picture_id
from clip_embeddings.inputs.pdf import page_digest
from clip_embeddings.inputs.tokens import Passage
from clip_embeddings.types import ImageInput


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be: `item` is the picture or the text, `index` its place in the caller's columns.

    `encoding` is what its text was in if not in Unicode; `rereads` that its row is there with other words.
    """

    id: str
    item: ImageInput
    is_picture: bool
    document: str
    metadata: dict[str, Any]
    uri: str | None = None
    index: int = 0
    encoding: str = ""
    rereads: bool = False


def picture_row(
    content: ImageInput,
    sha256: str,
    uri: str | None,
    caption: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Row:
    """The row of a picture.

    Args:
        sha256: of its file.
        caption: its document; a row without one is dropped by some readers of a collection, so without it
            that is the name of the file.
    """
    id = picture_id(sha256)
    fields = _fields(metadata, "image", uri, sha256)
    return Row(id, content, True, caption or name_of(uri) or uri or id, fields, uri)


def page_row(
    drawn: ImageInput,
    document: str,
    uri: str,
    caption: str | None,
    metadata: Mapping[str, Any],
) -> Row:
    """The row of a page of a document, as a picture.

    Args:
        document: SHA-256 of the document's file.
        caption: its document; else what the page says, or the name of the file.
        metadata: with `page`, from 1 on, and `around`, the beginning of the page, if it has words.
    """
    words = caption or metadata.get("around")
    return picture_row(drawn, page_digest(document, metadata["page"]), uri, words, metadata)


def passage_rows(
    passages: Iterable[Passage],
    sha256: str,
    uri: str | None,
    metadata: Mapping[str, Any] | None = None,
    encoding: str = "",
) -> Iterator[Row]:
    """The rows of a text, one for each passage.

    Args:
        sha256: of its file.
        encoding: what it was in, if not in Unicode.
    """
    for passage in passages:
        fields = _fields(metadata, "text", uri, sha256) | {"start": passage.start, "end": passage.end}
        id = passage_id(sha256, passage.start, passage.end)
        yield Row(id, passage.text, False, passage.text, fields, uri, encoding=encoding)


def caption_row(uri: str, sha256: str, caption: str, metadata: Mapping[str, Any] | None = None) -> Row:
    """The row of a picture's caption as a text of its own, linked to the picture's row by its digest."""
    fields = _fields(metadata, "text", uri, sha256) | {"caption_of": picture_id(sha256)}
    return Row(caption_id(sha256, caption), caption, False, caption, fields, uri)


def _fields(
    metadata: Mapping[str, Any] | None, modality: str, uri: str | None, sha256: str
) -> dict[str, Any]:
    named = {} if uri is None else {"uri": uri}
    return {**(metadata or {}), **named, "content_sha256": sha256, "modality": modality}
