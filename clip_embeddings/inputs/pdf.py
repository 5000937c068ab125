"""PDF documents: the text of each page, and pictures of pages. Imports pypdfium2, Pillow, forking and errors.

PDFium does one thing at a time in a process, so all of it happens under one lock.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import PurePath
from typing import Any

from clip_embeddings.forking import FreeLock

MARK = b"%PDF-"
_EXTRA = "a PDF document, which needs an extra: pip install 'clip-embeddings[pdf]'"
_LONGEST = 8192  # pixels of the longer edge: a page may be a strip of metres
_BEFORE = 1024  # bytes that readers look through for the mark
_LONGEST_TITLE = 200  # characters
_FILLED_IN = 1  # a form of PDF's own; those of XFA are not drawn
_LOCK = FreeLock()
# What PDFium puts where a word is parted at the end of a line, and for letters without a meaning.
_NO_LETTERS = {ord(each): None for each in "\ufffe\uffff\x02\x00"}


class UnreadablePdf(Exception):
    """Why a document cannot be read, in words."""


def is_pdf(content: bytes, name: PurePath | None = None) -> bool:
    """Whether it is one; of a file of that name some bytes may stand before its mark."""
    named = name is not None and name.suffix.lower() == ".pdf"
    return content.startswith(MARK) or (named and MARK in content[:_BEFORE])


def missing_reader() -> str:
    """Words for a PDF where nothing reads it; "" where it can be read."""
    return "" if find_spec("pypdfium2") else _EXTRA


def page_digest(document: str, page: int) -> str:
    """What stands for the SHA-256 of a page: made of its document's and its number, from 1 on.

    Not of its pixels, which change with the size that they are drawn at.
    """
    return sha256(f"{document} page {page}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PageText:
    """What is written on a page; "" where it is a scan. `heading` is the last bookmark up to it, or ""."""

    text: str
    heading: str


def page_texts(content: bytes) -> list[PageText]:
    """What is written on each page.

    Raises:
        UnreadablePdf: with the reason in words.
    """
    with _opened(content) as document:
        titles = _titles(document)
        texts = [_text(document, place) for place in range(len(document))]
    pages, heading = [], ""
    for place, text in enumerate(texts):
        heading = titles.get(place, heading)
        pages.append(PageText(text, heading))
    return pages


def draw_page(content: bytes, page: int, edge: int) -> bytes:
    """A picture of a page, upright on white, as a PNG file whose shorter edge has `edge` pixels.

    Args:
        page: from 1 on.
    Raises:
        UnreadablePdf: with the reason in words.
    """
    with _opened(content) as document:
        if not 1 <= page <= len(document):
            raise UnreadablePdf(f"has no page {page}; its last one is {len(document)}")
        drawn = document[page - 1]
        shorter, longer = sorted(drawn.get_size())
        if not shorter > 0:
            raise UnreadablePdf(f"page {page} has no size")
        scale = min(edge / shorter, _LONGEST / longer)
        picture = drawn.render(scale=scale).to_pil().convert("RGB")
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


class DrawnPage(io.BytesIO):
    """A page as a file that is drawn when somebody reads it, and each time anew.

    Args:
        content: the document.
        page: from 1 on.
        edge: gives the pixels of the shorter edge; asked for when it is drawn.
    """

    def __init__(self, content: bytes, page: int, edge: Callable[[], int]) -> None:
        super().__init__()
        self._content, self._page, self._edge = content, page, edge

    def read(self, size: int | None = -1, /) -> bytes:
        """The whole picture, whatever `size` is.

        Raises:
            UnreadablePdf: with the reason in words.
        """
        return draw_page(self._content, self._page, self._edge())


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    if missing := missing_reader():
        raise UnreadablePdf(f"is {missing}")
    import pypdfium2 as pdfium

    with _LOCK:
        try:
            document = pdfium.PdfDocument(content)
        except pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                raise UnreadablePdf(
                    "is a PDF document that asks for a password; save it without one"
                ) from error
            raise UnreadablePdf(f"is no PDF document that can be read ({error})") from error
        try:
            if document.get_formtype() == _FILLED_IN:
                document.init_forms()  # what was filled in is drawn too
            yield document
        except pdfium.PdfiumError as error:
            raise UnreadablePdf(f"cannot be read ({error})") from error
        finally:
            document.close()


def _titles(document: Any) -> dict[int, str]:
    """Page, from 0 on -> the first bookmark that leads to it."""
    found: dict[int, str] = {}
    for bookmark in document.get_toc():
        try:
            target, title = bookmark.get_dest(), " ".join(bookmark.get_title().split())
        except ValueError:  # half a surrogate pair
            continue
        place = target.get_index() if target else None
        if place is not None and title:
            found.setdefault(place, title[:_LONGEST_TITLE])
    return found


def _text(document: Any, place: int) -> str:
    """What is written on a page; of a broken one, which drawing it will report, nothing."""
    import pypdfium2 as pdfium

    try:
        page = document[place].get_textpage()
    except pdfium.PdfiumError:
        return ""
    text = page.get_text_bounded().translate(_NO_LETTERS)
    return "\n".join(line.rstrip() for line in text.splitlines())
