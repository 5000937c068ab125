"""Markdown and web pages -> their words without the marks, and where their pictures stand.

Imports Beautiful Soup and markdown-it, which read them, and its neighbours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd"})
WEB = frozenset({".html", ".htm", ".xhtml"})
# What is between --- at the top of a Markdown file is for programs.
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n.*?\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset(
    {"head", "script", "style", "noscript", "template", "iframe", "svg", "math", "object", "select", "button"}
)
_BLOCKS = _HEADINGS | {
    *("p", "div", "section", "article", "aside", "header", "footer", "main", "nav", "figure", "figcaption"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "caption", "blockquote", "pre"),
    *("form", "fieldset", "details", "summary", "address", "hr", "br", "body", "html"),
}
_CELLS = frozenset({"td", "th"})
_LONGEST = 200  # characters of a heading
# Source: WHATWG, Encoding Standard, "Names and labels".
_AS_IN_BROWSERS = {
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
} | dict.fromkeys(("iso-8859-1", "us-ascii", "latin1"), "cp1252")


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that a document shows.

    Attributes:
        src: as it is written there.
        words: what stands under it, or in its place where it cannot be seen; "" where nothing does.
    """

    src: str
    words: str


@dataclass(slots=True)
class Piece:
    """A part of a document under one heading; it ends with the pictures that belong to it, if it has any."""

    heading: str
    text: str = ""
    pictures: list[Shown] = field(default_factory=list)


def is_markup(name: PurePath) -> bool:
    """Whether a file of this name is read here."""
    return name.suffix.lower() in MARKDOWN | WEB


def pieces_of(text: str, name: PurePath) -> list[Piece]:
    """Read a document: its pieces with words, or one without where it has none.

    Args:
        text: of the whole file.
        name: its ending says what it is.
    """
    from bs4 import BeautifulSoup

    if name.suffix.lower() in MARKDOWN:
        text = _html_of(text)
    page = BeautifulSoup(text, "html.parser")
    title = page.title.get_text() if page.title else ""
    reader = _Reader(" ".join(title.split())[:_LONGEST])
    reader.read(page)
    return _with_words(reader.pieces)


def _with_words(pieces: list[Piece]) -> list[Piece]:
    """Pictures that stand before any words of their heading belong to the words that follow."""
    kept: list[Piece] = []
    waiting: list[Shown] = []
    for piece in pieces:
        if piece.text:
            kept.append(piece)
            piece.pictures[:0] = waiting
            waiting = []
        else:
            waiting += piece.pictures
    if waiting and kept:
        kept[-1].pictures += waiting
    return kept or [Piece(pieces[0].heading, "", waiting)]


def declared_encoding(content: bytes) -> str | None:
    """The encoding that a web page says it is in, as browsers understand the name."""
    from bs4.dammit import EncodingDetector

    name = EncodingDetector.find_declared_encoding(content, is_html=True)
    return _AS_IN_BROWSERS.get(name.lower(), name) if name else None


def _html_of(markdown: str) -> str:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return str(reader.render(_FRONT_MATTER.sub("", markdown)))


class _Reader:
    """Goes through the elements of a page in their order, and begins a piece at each heading and after a
    picture that words stand before: a step of a manual stays with its picture."""

    def __init__(self, title: str) -> None:
        self.pieces = [Piece(title)]
        self._line: list[str] = []
        self._within = {"pre": 0, "figure": 0}
        self._words = False  # whether there are any in this piece beside its heading
        self._joins = False  # whether the next words stand under the picture of a figure

    def read(self, page: Any) -> None:
        for step, node in _steps(page):
            if step == "text":
                self._add(str(node))
            elif node.name == "img":
                if step == "in":
                    self._show(node)
            elif node.name in _CELLS:
                self._line.append(" ")
            elif node.name in _BLOCKS:
                self._end_line()
                self._joins = self._joins and self._within["figure"] > 0
                if node.name in self._within:
                    self._within[node.name] += 1 if step == "in" else -1
                if node.name in _HEADINGS and step == "in":
                    self._begin(" ".join(node.get_text(" ").split())[:_LONGEST])
        self._end_line()

    def _add(self, text: str) -> None:
        if not self._within["pre"]:
            self._line.append(text)
            return
        first, *others = text.split("\n")
        self._line.append(first)
        for line in others:
            self._end_line()
            self._line.append(line)

    def _end_line(self) -> None:
        line, self._line = "".join(self._line), []
        line = line.rstrip() if self._within["pre"] else " ".join(line.split())
        if not line:
            return
        piece = self.pieces[-1]
        is_heading = not piece.text and line == piece.heading
        if piece.pictures and self._words and not self._joins:
            piece = Piece(piece.heading)
            self.pieces.append(piece)
        piece.text = f"{piece.text}\n{line}" if piece.text else line
        self._words = self._words or not is_heading

    def _begin(self, heading: str) -> None:
        if heading:
            self.pieces.append(Piece(heading))
            self._words = False

    def _show(self, node: Any) -> None:
        source = node.get("src")
        if not isinstance(source, str) or not source.strip():
            return
        self._end_line()
        self._joins = self._within["figure"] > 0
        self.pieces[-1].pictures.append(Shown(source.strip(), _words_of(node)))


def _words_of(image: Any) -> str:
    """What stands under a picture, else its alternative text, else its title."""
    figure = image.find_parent("figure")
    under = figure.find("figcaption") if figure else None
    found = (under.get_text(" ") if under else "", image.get("alt"), image.get("title"))
    return next((words for each in found if each and (words := " ".join(str(each).split()))), "")


def _steps(page: Any) -> Iterator[tuple[str, Any]]:
    """Each element when it begins ("in") and ends ("out"), and each text, without what nobody sees.

    Not by recursion: a page may be nested deeper than Python's stack.
    """
    from bs4.element import NavigableString, PreformattedString, Tag

    open_: list[tuple[Any, Iterator[Any]]] = [(page, iter(page.children))]
    while open_:
        element, children = open_[-1]
        child = next(children, None)
        if child is None:
            open_.pop()
            yield "out", element
        elif isinstance(child, Tag):
            if child.name not in _UNSEEN and child.get("hidden") is None:
                yield "in", child
                open_.append((child, iter(child.children)))
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            yield "text", child
