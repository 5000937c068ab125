"""Documents in parts: which characters of one are under which heading or on which page, and its pictures.

Passages lie within a part, so that each knows its heading, its page and the pictures that belong to it.
Imports inputs and its neighbours.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from clip_embeddings.ingestion.find.entries import Entry, scheme_of
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.read.markup import Piece, Shown, is_markup, pieces_of
from clip_embeddings.inputs.formats import named_as_picture
from clip_embeddings.inputs.pdf import UnreadablePdf, page_texts

Pdf = Literal["both", "text", "pages"]
"""What is taken of a PDF: its text, pictures of its pages, or both."""
_BETWEEN = "\n\n"
_MOST = 50  # pictures of one part
_WORDS = 300  # characters of a text that stands around a picture


@dataclass(frozen=True, slots=True)
class Part:
    """Characters [start, end) of a document's text.

    Attributes:
        fields: metadata of its passages: `heading`, `page`, `pictures` (paths, from the document's folder).
    """

    start: int
    end: int
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds: its words, in parts, and for each of its pages the fields of that page's picture."""

    text: str
    parts: tuple[Part, ...]
    pages: tuple[Mapping[str, Any], ...] = ()


def pdf_document(content: bytes, wanted: Pdf) -> Document:
    """Read a PDF.

    Raises:
        UnusableFile: with the reason in words.
    """
    try:
        pages = page_texts(content)
    except UnreadablePdf as error:
        raise UnusableFile(str(error)) from error
    fields: list[dict[str, Any]] = [
        {"page": number, **_said(heading=page.heading, around=_shortened(page.text))}
        for number, page in enumerate(pages, 1)
    ]
    if wanted == "pages":
        return Document("", (), tuple(fields))
    kept: list[dict[str, Any]] = [
        {name: each[name] for name in ("page", "heading") if name in each} for each in fields
    ]
    text, parts = _joined([page.text for page in pages], kept)
    if not parts and wanted == "text":
        raise UnusableFile('holds no text, as a scan does; pdf="pages" takes pictures of it (--pdf pages)')
    return Document(text, parts, tuple(fields) if wanted == "both" else ())


def markup_document(text: str, uri: str, base: str) -> Document:
    """Read Markdown or a web page.

    Args:
        uri: where it is; pictures are named from there.
        base: folder that its pictures are in; others are not taken.
    """
    pieces = pieces_of(text, PurePath(uri))
    folder = os.path.dirname(uri)  # noqa: PTH120
    fields = []
    for piece in pieces:
        paths = [path for shown in piece.pictures if (path := local_picture(shown.src, uri, base))]
        names = [os.path.relpath(path, folder).replace(os.sep, "/") for path in dict.fromkeys(paths)]
        fields.append({**_said(heading=piece.heading), **({"pictures": names[:_MOST]} if names else {})})
    return Document(*_joined([piece.text for piece in pieces], fields))


def shown_in(text: str, uri: str, base: str) -> Iterator[Entry]:
    """The local pictures of a document, in their order, with what it says of them."""
    number = 0
    for piece in pieces_of(text, PurePath(uri)):
        for shown in piece.pictures[:_MOST]:
            if path := local_picture(shown.src, uri, base):
                number += 1
                yield _entry(path, shown, piece, uri, number)


def local_picture(source: str, uri: str, base: str) -> str | None:
    """The absolute path of a picture that a document names; None for one elsewhere.

    Whoever wrote the document does not say which files are read: it has to lie in the folder that is.
    """
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    path = unquote(parts.path)
    if parts.scheme or parts.netloc or not path or "\0" in path or scheme_of(uri):
        return None
    whole = os.path.abspath(os.path.join(os.path.dirname(uri), path))  # noqa: PTH100, PTH118, PTH120
    inside = whole.startswith(base.rstrip(os.sep) + os.sep)
    return whole if inside and named_as_picture(PurePath(whole)) else None


def names_document(uri: str) -> bool:
    """Whether a file is named as a document that may show pictures which are files of their own."""
    return not scheme_of(uri) and is_markup(PurePath(uri))


def _entry(path: str, shown: Shown, piece: Piece, uri: str, number: int) -> Entry:
    around = _shortened(piece.text, end=True)
    facts = {"document": uri, "position": number, **_said(heading=piece.heading, around=around)}
    return Entry(path, shown.words[:_WORDS] or around or None, facts, f"shown in {uri}")


def _joined(texts: Sequence[str], fields: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[Part, ...]]:
    """One text of several, and where each of them is that has words."""
    parts, place = [], 0
    for text, each in zip(texts, fields, strict=True):
        if text.strip():
            parts.append(Part(place, place + len(text), each))
        place += len(text) + len(_BETWEEN)
    return _BETWEEN.join(texts), tuple(parts)


def _said(**words: str) -> dict[str, str]:
    """Fields that are not empty."""
    return {name: value for name, value in words.items() if value}


def _shortened(text: str, *, end: bool = False) -> str:
    """The first words of a text, or its last ones, in one line."""
    line = " ".join(text.split())
    if len(line) <= _WORDS:
        return line
    if end:
        return "…" + line[-_WORDS:].partition(" ")[2]
    return line[:_WORDS].rpartition(" ")[0] + "…"
