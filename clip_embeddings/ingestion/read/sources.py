"""Files on disk -> rows: found, read once, told apart by content."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.ingestion.find.choosing import Only
from clip_embeddings.ingestion.read.local import MAX_BYTES, NotWanted, UnusableFile, read_file
from clip_embeddings.ingestion.read.texts import NotText, may_be_text, other_text, unicode_text
from clip_embeddings.ingestion.rows.ids import digest, name_of
from clip_embeddings.ingestion.rows.row import Row, passage_rows, picture_row
from clip_embeddings.inputs.foreign import foreign_kind, named_as_raw
from clip_embeddings.inputs.formats import (
    begins_as_picture,
    named_as_picture,
    named_otherwise,
    open_picture,
    unmarked,
)

_NEITHER = "is neither a picture that Pillow reads"


@dataclass(frozen=True, slots=True)
class Source:
    """One file, read. `text` is None for a picture; `encoding` is what a text was in, if not in Unicode."""

    uri: str
    sha256: str
    content: bytes
    text: str | None
    encoding: str = ""

    @property
    def path(self) -> Path:
        return Path(self.uri)


def read_source(
    path: Path, *, max_bytes: int = MAX_BYTES, encoding: str | None = None, only: Only | None = None
) -> Source:
    """Read a file and tell a picture from text by its content.

    Args:
        max_bytes: refuse a larger file without reading it.
        encoding: what text that is not Unicode is in; None finds out.
        only: what is wanted.
    Raises:
        UnusableFile: with the reason in words.
        NotWanted: it is not what `only` says.
    """
    check_name(str(path), only)
    content = read_file(path, max_bytes=max_bytes, check=HeadCheck(str(path), encoding, only))
    return source_of(str(path), content, digest(content), encoding, only)


def check_name(uri: str, only: Only | None) -> None:
    """Refuse a file whose name alone says that it is not wanted, before it is read.

    Raises:
        NotWanted: texts are, and it is named as a picture.
    """
    if only == "texts" and named_as_picture(Path(name_of(uri))):
        raise _unwanted(only)


def _unwanted(only: Only) -> NotWanted:
    return NotWanted(f"files that are no {only}")


@dataclass(frozen=True, slots=True)
class HeadCheck:
    """Looks at the first bytes of a file, before the rest is read."""

    uri: str
    encoding: str | None = None
    only: Only | None = None

    def __call__(self, head: bytes) -> None:
        """See whether a file that begins so may be of use.

        Raises:
            UnusableFile: with the reason in words.
        """
        name = Path(name_of(self.uri))
        if not head or begins_as_picture(head) or unmarked(name):
            return
        if named_as_picture(name):
            raise _misnamed(name, head)
        if self.only == "pictures":
            raise _unwanted(self.only)
        if not may_be_text(head, self.encoding):
            nul = " (it holds NUL bytes)" if 0 in head else ""
            raise _unusable(head, f"{_NEITHER} nor text{nul}")


def source_of(
    uri: str, content: bytes, sha256: str, encoding: str | None = None, only: Only | None = None
) -> Source:
    """Tell a picture from text by its content.

    What decodes as text is text, unless it is named as a picture: many formats begin with letters, and notes
    do too. A damaged picture is a picture; decoding it says what is wrong with it.

    Args:
        encoding: what text that is not Unicode is in; None finds out.
        only: what is wanted. What is neither is no failure where pictures are, unless it is named as one.
    Raises:
        UnusableFile: it is neither; with the reason in words.
        NotWanted: it is not what `only` says.
    """
    check_name(uri, only)
    try:
        source = _told_apart(uri, content, sha256, encoding)
    except UnusableFile as error:
        if only == "pictures" and not named_as_picture(Path(name_of(uri))):
            raise _unwanted(only) from error
        raise
    if only and (source.text is None) != (only == "pictures"):
        raise _unwanted(only)
    return source


def _told_apart(uri: str, content: bytes, sha256: str, encoding: str | None) -> Source:
    if not content:
        raise UnusableFile("empty: 0 bytes")
    name, picture = Path(name_of(uri)), Source(uri, sha256, content, None)
    if raw := named_as_raw(name):
        raise UnusableFile(f"is named {name.suffix}: {raw}")
    if named_as_picture(name):
        if begins_as_picture(content) or _opens(content, unmarked=True):
            return picture
        raise _misnamed(name, content)
    text, found = unicode_text(content), ""
    if text is None:
        if _opens(content, unmarked=False):
            return picture
        try:
            text, found = other_text(content, encoding)
        except NotText as error:
            if begins_as_picture(content):
                return picture
            raise _unusable(content, f"{_NEITHER} {error}") from error
    if not text.strip():
        raise UnusableFile("holds only white space")
    if named_otherwise(name):
        raise UnusableFile(f"is named {name.suffix}; files of that kind are not read")
    return Source(uri, sha256, content, text, found)


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


def rows_of(
    source: Source, embedder: CLIPEmbedder, caption: str | None, metadata: Mapping[str, Any] | None = None
) -> Iterator[Row]:
    """A picture's row, or one for each passage of a text; ids are made of content."""
    if source.text is None:
        yield picture_row(source.content, source.sha256, source.uri, caption, metadata)
        return
    passages = embedder.split_text(source.text)
    yield from passage_rows(passages, source.sha256, source.uri, metadata, source.encoding)
