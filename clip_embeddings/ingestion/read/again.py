"""The file of a stored picture, or the page of one, read again. Imports its neighbours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from clip_embeddings.ingestion.read.local import MAX_BYTES, UnusableFile, read_file
from clip_embeddings.ingestion.rows.ids import digest, page_of, picture_id
from clip_embeddings.inputs.pdf import UnreadablePdf, draw_page, is_pdf, page_digest

EDGE = 768
"""Pixels of a page's shorter edge, unless the caller says otherwise."""


class Picture(NamedTuple):
    """An encoded picture, and the `content_sha256` that its row has while its file is the same."""

    content: bytes
    sha256: str


def read_picture(
    path: Path, metadata: Mapping[str, Any], *, max_bytes: int = MAX_BYTES, edge: int = EDGE
) -> Picture:
    """What a picture's row shows.

    Args:
        metadata: of the row: of a PDF `page` says which.
        edge: a page is drawn with a shorter edge of so many pixels.
    Raises:
        UnusableFile: with the reason in words.
    """
    content = read_file(path, max_bytes=max_bytes)
    page = _page_of(content, path, metadata)
    if page is None:
        return Picture(content, digest(content))
    try:
        return Picture(draw_page(content, page, edge), page_digest(digest(content), page))
    except UnreadablePdf as error:
        raise UnusableFile(str(error)) from error


def id_of_picture(path: Path, metadata: Mapping[str, Any]) -> str:
    """The id under which ingestion stores what `read_picture` gives.

    Raises:
        UnusableFile: with the reason in words.
    """
    content = read_file(path)
    page = _page_of(content, path, metadata)
    return picture_id(digest(content) if page is None else page_digest(digest(content), page))


def _page_of(content: bytes, path: Path, metadata: Mapping[str, Any]) -> int | None:
    return page_of(metadata) if is_pdf(content, path) else None
