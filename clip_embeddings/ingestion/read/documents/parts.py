"""Documents in parts: which characters of one are under which heading or on which page, and its pictures.

Passages lie within a part, so that each knows its heading, its page and the pictures that belong to it.
Imports inputs and its neighbours.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.entries import SHOWN_AS, Entry, scheme_of
from clip_embeddings.ingestion.read.documents.markup import WEB, declared_encoding, is_markup, pieces_of
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.read.texts import NotText, checked_encoding, other_text, unicode_text
from clip_embeddings.inputs.formats import named_as_picture
from clip_embeddings.inputs.pdf import UnreadablePdf, page_texts

Pdf = Literal["both", "text", "pages"]
"""What is taken of a PDF: its text, pictures of its pages, or both."""
_BETWEEN = "\n\n"
OF_PARTS = frozenset({"heading", "page", "pictures"})
"""Fields that say where in its document a row is from."""
_MOST = 50  # pictures that a passage names
_WORDS = 300  # characters of a text that stands around a picture
_NEAR = 40


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
    if not pages:
        raise UnusableFile("is a PDF document without pages")
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


def markup_document(text: str, uri: str, shows: Collection[str] = ()) -> Document:
    """Read Markdown or a web page.

    Args:
        uri: where it is; pictures are named from there.
        shows: absolute paths of the pictures that come with it; others are not named.
    """
    pieces = pieces_of(text, PurePath(uri).suffix)
    folder, known = os.path.dirname(uri), set(shows)  # noqa: PTH120
    fields = []
    for piece in pieces:
        paths = [path for shown in piece.pictures if (path := local_picture(shown.src, uri)) in known]
        names = [os.path.relpath(str(path), folder).replace(os.sep, "/") for path in dict.fromkeys(paths)]
        fields.append({**_said(heading=piece.heading), **({"pictures": names[:_MOST]} if names else {})})
    return Document(*_joined([piece.text for piece in pieces], fields))


def shown_in(text: str, uri: str) -> Iterator[Entry]:
    """The local pictures of a document, in their order, with what it says of them."""
    number = 0
    for piece in pieces_of(text, PurePath(uri).suffix):
        around = _shortened(piece.text, end=True) if piece.pictures else ""
        for shown in piece.pictures:
            number += 1
            if path := local_picture(shown.src, uri):
                said = {SHOWN_AS: shown.words[:_WORDS] or around, "heading": piece.heading, "around": around}
                facts = {"document": uri, "position": number, **_said(**said)}
                yield Entry(path, None, facts, f"shown in {uri}")


def local_picture(source: str, uri: str) -> str | None:
    """The absolute path of a picture that a document names; None for one elsewhere."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    path = unquote(parts.path)
    if parts.scheme or parts.netloc or not path or "\0" in path or scheme_of(uri):
        return None
    whole = os.path.abspath(os.path.join(os.path.dirname(uri), path))  # noqa: PTH100, PTH118, PTH120
    return whole if named_as_picture(PurePath(whole)) else None


def text_of(content: bytes, name: PurePath, encoding: str | None) -> tuple[str, str]:
    """The text of a file, and its encoding if it is not in Unicode.

    A web page says itself what it is in, mostly rightly.

    Raises:
        NotText: it is no text, or nothing says in which encoding.
    """
    text = unicode_text(content)
    return declared_text(content, name, encoding) if text is None else (text, "")


def declared_text(content: bytes, name: PurePath, encoding: str | None) -> tuple[str, str]:
    """The same of what is known not to be in Unicode.

    Raises:
        NotText: it is no text, or nothing says in which encoding.
    """
    if encoding is None and name.suffix.lower() in WEB:
        with suppress(NotText, InvalidInputError):
            return other_text(content, checked_encoding(declared_encoding(content)))
    return other_text(content, encoding)


def names_document(uri: str) -> bool:
    """Whether a file is named as a document that may show pictures which are files of their own."""
    return not scheme_of(uri) and is_markup(PurePath(uri))


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
    kept = line[-_WORDS:] if end else line[:_WORDS]
    # At a space, where there is one near: Chinese and Japanese have none.
    cut = kept.find(" ", 0, _NEAR) if end else kept.rfind(" ", _WORDS - _NEAR)
    if end:
        return "…" + kept[cut + 1 :]
    return (kept[:cut] if cut > 0 else kept) + "…"
