"""Markdown and web pages -> their words without the marks, and where their pictures stand.

Imports selectolax (HTML as browsers read it), markdown-it and its neighbours.
"""

import re
from functools import lru_cache
from pathlib import PurePath

from clip_embeddings.ingestion.read.documents.web import LONGEST, Piece, Reader, Shown

MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd"})
WEB = frozenset({".html", ".htm", ".xhtml"})
# What is between --- at the top of a Markdown file is for programs, and begins with the name of a field.
_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\r?\n(?=[\w-]+[ \t]*:|---)(?:.*\r?\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)"
)
_DEEPEST = 100  # lists and quotes within each other, in Markdown; it is read by recursion
_CHARSET = re.compile(
    rb"<(?:meta[^>]+charset\s*=|\?xml[^>]+encoding\s*=)\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)
# Source: WHATWG, Encoding Standard, "Names and labels".
_AS_IN_BROWSERS = {
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
} | (dict.fromkeys(("iso-8859-1", "us-ascii", "latin1"), "cp1252"))


def is_markup(name: PurePath) -> bool:
    """Whether a file of this name is read here."""
    return name.suffix.lower() in MARKDOWN | WEB


def may_show_pictures(text: str) -> bool:
    """Whether it is worth reading a document for its pictures."""
    return "![" in text or "<img" in text or "<IMG" in text


@lru_cache(maxsize=16)  # it is asked for once for the pictures and once for the words
def pieces_of(text: str, ending: str) -> list[Piece]:
    """Read a document: its pieces with words, or one without where it has none.

    Args:
        text: of the whole file.
        ending: of its name, which says what it is.
    """
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(_html_of(text) if ending.lower() in MARKDOWN else text)
    title, base = page.css_first("title"), page.css_first("base[href]")
    words = " ".join(title.text().split()) if title else ""
    reader = Reader(words[:LONGEST], (base.attributes.get("href") or "") if base else "")
    if page.body:
        reader.read(page.body)
    return _with_words(reader.pieces)


def declared_encoding(content: bytes) -> str | None:
    """The encoding that a web page says it is in, as browsers understand the name."""
    found = _CHARSET.search(content[:4096])
    name = found[1].decode("ascii", "replace").lower() if found else None
    return _AS_IN_BROWSERS.get(name, name) if name else None


def _with_words(pieces: list[Piece]) -> list[Piece]:
    """Pictures that stand before any words of their heading belong to the words that follow."""
    kept: list[Piece] = []
    waiting: list[Shown] = []
    for piece in pieces:
        if piece.lines:
            kept.append(piece)
            piece.pictures[:0] = waiting
            waiting = []
        else:
            waiting += piece.pictures
    if waiting and kept:
        kept[-1].pictures += waiting
    return kept or [Piece(pieces[0].heading, [], waiting)]


def _html_of(markdown: str) -> str:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST})
    return str(reader.enable(["table", "strikethrough"]).render(_FRONT_MATTER.sub("", markdown)))
