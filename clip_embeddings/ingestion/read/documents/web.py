"""The elements of a web page, in their order -> pieces under their headings, with their pictures.

Works on the nodes of selectolax. Standard library only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import join
from typing import Any
from urllib.parse import urlsplit

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset(
    {
        *("script", "style", "noscript", "template", "iframe", "svg", "math"),
        *("object", "select", "button", "title"),
    }
)
_BLOCKS = _HEADINGS | {
    *("p", "div", "section", "article", "aside", "header", "footer", "main", "nav", "figure", "figcaption"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "caption", "blockquote", "pre"),
    *("form", "fieldset", "details", "summary", "address", "hr", "br"),
}
_CELLS = frozenset({"td", "th"})
LONGEST = 200
"""Characters of a heading."""


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
    lines: list[str] = field(default_factory=list)
    pictures: list[Shown] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Reader:
    """Goes through the elements of a page in their order, and begins a piece at each heading and after a
    picture that words stand before: a step of a manual stays with its picture."""

    def __init__(self, title: str, base: str) -> None:
        self.pieces = [Piece(title)]
        self._base = base
        self._line: list[str] = []
        self._within = {"pre": 0, "figure": 0}
        self._heads = False  # whether this is a heading
        self._words = False  # whether there are any in this piece beside its heading
        self._joins = False  # whether the next words stand under the picture of a figure

    def read(self, body: Any) -> None:
        for begins, node in _steps(body):
            name = node.tag
            if name == "-text":
                self._add(node.text_content or "")
            elif name == "img":
                if begins:
                    self._show(node)
            elif name in _CELLS:
                self._line.append(" ")
            elif name in _BLOCKS:
                self._end_line()
                self._joins = self._joins and self._within["figure"] > 0
                if name in self._within:
                    self._within[name] += 1 if begins else -1
                if name in _HEADINGS:
                    self._heads = begins
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
        if self._heads:
            self.pieces.append(Piece(line[:LONGEST], [line]))
            self._words = False
            return
        if self.pieces[-1].pictures and self._words and not self._joins:
            self.pieces.append(Piece(self.pieces[-1].heading))
        self.pieces[-1].lines.append(line)
        self._words = True

    def _show(self, node: Any) -> None:
        source = _source_of(node.attributes)
        if source:
            self._end_line()
            self._joins = self._within["figure"] > 0
            self.pieces[-1].pictures.append(Shown(self._placed(source), _words_of(node)))

    def _placed(self, source: str) -> str:
        """As the page's own base says, if it has one."""
        try:
            return join(self._base, source) if self._base and not urlsplit(source).scheme else source
        except ValueError:
            return source


def _source_of(attributes: dict[str, str | None]) -> str:
    """Where a picture is; a page that loads its pictures late has that elsewhere."""
    for name in ("src", "data-src", "srcset"):
        found = (attributes.get(name) or "").strip()
        if found and not found.lower().startswith("data:"):
            return found.split(",")[0].split(" ")[0] if name == "srcset" else found
    return ""


def _words_of(image: Any) -> str:
    """What stands under a picture, else its alternative text, else its title."""
    above = image.parent
    for _ in range(4):  # of a figure, which may have a link or a picture element within
        if above is None or above.tag == "figure":
            break
        above = above.parent
    under = above.css_first("figcaption") if above is not None and above.tag == "figure" else None
    found = (
        under.text(separator=" ") if under else "",
        image.attributes.get("alt"),
        image.attributes.get("title"),
    )
    return next((words for each in found if each and (words := " ".join(each.split()))), "")


def _steps(body: Any) -> Iterator[tuple[bool, Any]]:
    """Each element when it begins (True) and when it ends, and each text, without what nobody sees.

    Not by recursion: a page may be nested deeper than Python's stack.
    """
    open_: list[Any] = []
    node = body.first_child
    while node is not None or open_:
        if node is None:
            node = open_.pop()
            yield False, node
            node = node.next
        elif node.is_element_node and node.tag not in _UNSEEN and "hidden" not in node.attributes:
            yield True, node
            open_.append(node)
            node = node.first_child
        else:
            if node.is_text_node:
                yield True, node
            node = node.next
