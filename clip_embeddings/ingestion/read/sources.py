"""Files on disk -> rows: found, read once, told apart by content."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clip_embeddings.ingestion.read.documents.markup import is_markup
from clip_embeddings.ingestion.read.documents.parts import (
    OF_PARTS,
    Document,
    Part,
    declared_text,
    markup_document,
    pdf_document,
)
from clip_embeddings.ingestion.read.local import MAX_BYTES, NotWanted, UnusableFile, read_file
from clip_embeddings.ingestion.read.taking import EVERYTHING, Taking
from clip_embeddings.ingestion.read.texts import NotText, may_be_text, unicode_text
from clip_embeddings.ingestion.rows.ids import digest, name_of
from clip_embeddings.inputs.foreign import foreign_kind, refused_by_name
from clip_embeddings.inputs.formats import (
    begins_as_picture,
    named_as_picture,
    named_otherwise,
    open_picture,
    unmarked,
)
from clip_embeddings.inputs.pdf import is_pdf

_NEITHER = "is neither a picture that Pillow reads"


@dataclass(frozen=True, slots=True)
class Source:
    """One file, read.

    Attributes:
        text: None for a picture.
        encoding: what a text was in, if not in Unicode.
        parts: where passages lie within; all of a plain text.
        pages: for each page that becomes a picture the fields of its row.
    """

    uri: str
    sha256: str
    content: bytes
    text: str | None
    encoding: str = ""
    parts: tuple[Part, ...] = ()
    pages: tuple[Mapping[str, Any], ...] = ()

    @property
    def path(self) -> Path:
        return Path(self.uri)

    def given(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """What a caller gives to its rows; which page or heading a row is of, a document says itself."""
        return {key: value for key, value in metadata.items() if key not in OF_PARTS or self.is_plain}

    @property
    def is_pdf(self) -> bool:
        return is_pdf(self.content, self.path)

    @property
    def is_plain(self) -> bool:
        """Whether it is a picture, or a text that is what its bytes say, in Unicode."""
        return self.text is None or (not self.encoding and self.parts == (Part(0, len(self.text)),))


def read_source(
    path: Path, *, max_bytes: int = MAX_BYTES, taking: Taking = EVERYTHING, shows: Collection[str] = ()
) -> Source:
    """Read a file and tell a picture from text by its content.

    Args:
        max_bytes: refuse a larger file without reading it.
        shows: of a document, absolute paths of the pictures that come with it.
    Raises:
        UnusableFile: with the reason in words.
        NotWanted: it is not what is taken.
    """
    check_name(str(path), taking)
    content = read_file(path, max_bytes=max_bytes, check=HeadCheck(str(path), taking))
    return source_of(str(path), content, digest(content), taking, shows)


def check_name(uri: str, taking: Taking) -> None:
    """Refuse a file whose name alone says that it is not wanted, before it is read.

    Raises:
        NotWanted: texts are, and it is named as a picture.
    """
    if taking.only == "texts" and named_as_picture(Path(name_of(uri))):
        raise _unwanted(taking)


def _unwanted(taking: Taking) -> NotWanted:
    return NotWanted(f"files that are no {taking.only}")


@dataclass(frozen=True, slots=True)
class HeadCheck:
    """Looks at the first bytes of a file, before the rest is read."""

    uri: str
    taking: Taking = EVERYTHING

    def __call__(self, head: bytes) -> None:
        """See whether a file that begins so may be of use.

        Raises:
            UnusableFile: with the reason in words.
        """
        name = Path(name_of(self.uri))
        if not head or begins_as_picture(head) or unmarked(name):
            return
        if refused := refused_by_name(name, head):
            raise UnusableFile(f"is named {name.suffix}: {refused}")
        if named_as_picture(name):
            raise _misnamed(name, head)
        if is_pdf(head, name) and not foreign_kind(head) and self.taking.of_pdf:
            return
        if self.taking.only == "pictures":
            raise _unwanted(self.taking)
        if not may_be_text(head, self.taking.encoding):
            nul = " (it holds NUL bytes)" if 0 in head else ""
            raise _unusable(head, f"{_NEITHER} nor text{nul}")


def source_of(
    uri: str, content: bytes, sha256: str, taking: Taking = EVERYTHING, shows: Collection[str] = ()
) -> Source:
    """Tell a picture from text by its content.

    What decodes as text is text, unless it is named as a picture: many formats begin with letters, and notes
    do too. A damaged picture is a picture; decoding it says what is wrong with it.

    Args:
        taking: what is neither is no failure where pictures are wanted, unless it is named as one.
        shows: of a document, absolute paths of the pictures that come with it.
    Raises:
        UnusableFile: it is neither; with the reason in words.
        NotWanted: it is not what is taken.
    """
    check_name(uri, taking)
    try:
        source = _told_apart(Source(uri, sha256, content, None), taking, shows)
    except UnusableFile as error:
        if taking.only == "pictures" and not named_as_picture(Path(name_of(uri))):
            raise _unwanted(taking) from error
        raise
    except Exception as error:  # those who read documents raise errors of many kinds on damaged ones
        raise UnusableFile(f"cannot be read ({error or type(error).__name__})") from error
    if taking.only and not source.pages and (source.text is None) != (taking.only == "pictures"):
        raise _unwanted(taking)
    return source


def _told_apart(picture: Source, taking: Taking, shows: Collection[str]) -> Source:
    """What there is of a file; as a picture it needs no more than its bytes."""
    name, content = Path(name_of(picture.uri)), picture.content
    if not content:
        raise UnusableFile("empty: 0 bytes")
    if refused := refused_by_name(name, content):
        raise UnusableFile(f"is named {name.suffix}: {refused}")
    if named_as_picture(name):
        if begins_as_picture(content) or _opens(content, unmarked=True):
            return picture
        raise _misnamed(name, content)
    if is_pdf(content, name):
        return _pdf(picture, taking)
    text, found = unicode_text(content), ""
    if text is None:
        if _opens(content, unmarked=False):
            return picture
        try:
            text, found = declared_text(content, name, taking.encoding)
        except NotText as error:
            if begins_as_picture(content):
                return picture
            raise _unusable(content, f"{_NEITHER} {error}") from error
    if not text.strip():
        raise UnusableFile("holds only white space")
    if named_otherwise(name):
        raise UnusableFile(f"is named {name.suffix}; files of that kind are not read")
    return _in_parts(replace(picture, text=text, encoding=found), shows)


def _pdf(source: Source, taking: Taking) -> Source:
    if taking.of_pdf is None:
        raise _unwanted(taking) if taking.only else NotWanted("PDF documents")
    return _with(source, pdf_document(source.content, taking.of_pdf))


def _in_parts(source: Source, shows: Collection[str]) -> Source:
    """A text with its parts: of Markdown and web pages the words alone."""
    text = source.text or ""
    if not is_markup(Path(name_of(source.uri))):
        return replace(source, parts=(Part(0, len(text)),))
    document = markup_document(text, source.uri, shows)
    if not document.parts:
        raise NotWanted("documents without words")
    return _with(source, document)


def _with(source: Source, document: Document) -> Source:
    return replace(source, text=document.text, parts=document.parts, pages=document.pages)


def _misnamed(name: Path, head: bytes) -> UnusableFile:
    return _unusable(head, f"is named {name.suffix} but its content is not an image that Pillow reads")


def _unusable(head: bytes, otherwise: str) -> UnusableFile:
    """By what a file is, if its first bytes tell."""
    kind = foreign_kind(head)
    return UnusableFile(f"is {kind}" if kind else otherwise)


def _opens(content: bytes, *, unmarked: bool) -> bool:
    try:
        open_picture(content, unmarked=unmarked).close()
    except Exception:  # readers raise errors of many kinds on what is not of their format
        return False
    return True
