"""Files on disk -> rows: found, read once, told apart by content.

Imports Pillow and the public core.
"""

import codecs
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

from PIL import Image, UnidentifiedImageError

from chroma_clip_embeddings.items import Row, name_of
from clip_embeddings import CLIPEmbedder, InvalidInputError

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file, read. `text` is None for a picture."""

    uri: str
    sha256: str
    content: bytes
    text: str | None

    @property
    def path(self) -> Path:
        return Path(self.uri)


class UnusableFile(Exception):
    """Why a file is neither a picture nor text that can be stored."""


def find_files(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Every regular file at or under the paths, folders walked in order of name, hidden ones left out.

    Raises:
        InvalidInputError: a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in map(absolute, _listed(paths)):
        if not path.exists():
            raise InvalidInputError(f"no such file or folder: {path}")
        found.update(dict.fromkeys(_walk(path) if path.is_dir() else [path]))
    return list(found)


def absolute(path: str | os.PathLike[str]) -> Path:
    """The path from the root; unlike `Path.resolve` a link keeps its own name."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _listed(paths: Iterable[str | os.PathLike[str]]) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in sorted(files) if not name.startswith("."))


def read_source(path: Path) -> Source:
    """Read a file and tell a picture from text by its content.

    Raises:
        UnusableFile: with the reason in words.
    """
    content = read_file(path)
    return source_of(str(path), content, digest(content))


def read_file(path: Path) -> bytes:
    """The content of a regular file.

    Raises:
        UnusableFile: with the reason in words.
    """
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UnusableFile("its name is not UTF-8, which a store needs; rename it") from error
    try:
        return _content(name)
    except FileNotFoundError as error:
        raise UnusableFile(_missing(path)) from error
    except OSError as error:
        raise UnusableFile(f"cannot be read ({error.strerror or error})") from error


def _content(name: str) -> bytes:
    """Four calls of the system instead of ten: at each, threads that read others' files take turns."""
    facts = os.stat(name)  # noqa: PTH116
    if not S_ISREG(facts.st_mode):
        raise UnusableFile("is not a regular file")
    file = os.open(name, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        parts = [os.read(file, facts.st_size + 1)]
        if len(parts[0]) != facts.st_size:  # it has changed since, or is too large for one call
            while part := os.read(file, 1_000_000):
                parts.append(part)
    finally:
        os.close(file)
    return b"".join(parts)


def _missing(path: Path) -> str:
    return f"is a link to {path.readlink()}, which is not there" if path.is_symlink() else "no such file"


def digest(content: bytes) -> str:
    """What ids are made of."""
    return hashlib.sha256(content).hexdigest()


def source_of(uri: str, content: bytes, sha256: str) -> Source:
    """Tell a picture from text by its content.

    Raises:
        UnusableFile: it is neither; with the reason in words.
    """
    if not content:
        raise UnusableFile("empty: 0 bytes")
    if _is_picture(content):
        return Source(uri, sha256, content, None)
    name = Path(name_of(uri))
    if named_as_picture(name):
        raise UnusableFile(f"is named {name.suffix} but its content is not an image that Pillow reads")
    return Source(uri, sha256, content, _decoded(content))


def named_as_picture(path: Path) -> bool:
    """Whether the name says picture; what it is, its content says."""
    return path.suffix.lower() in Image.registered_extensions()


def rows_of(
    source: Source, embedder: CLIPEmbedder, caption: str | None, metadata: Mapping[str, Any] | None = None
) -> Iterator[Row]:
    """A picture's row, or one for each passage of a text; ids are made of content."""
    uri = source.uri
    common: dict[str, Any] = {**(metadata or {}), "uri": uri, "content_sha256": source.sha256}
    if source.text is None:
        # A row without a document is dropped by some readers of the collection, so there is always one.
        document, fields = caption or name_of(uri) or uri, {**common, "modality": "image"}
        yield Row(f"image:{source.sha256}", source.content, True, document, fields, uri)
        return
    for passage in embedder.split_text(source.text):
        fields = {**common, "modality": "text", "start": passage.start, "end": passage.end}
        identity = f"text:{source.sha256}:{passage.start}-{passage.end}"
        yield Row(identity, passage.text, False, passage.text, fields, uri)


def caption_row(uri: str, picture: str, caption: str, metadata: Mapping[str, Any] | None = None) -> Row:
    """The row of a picture's caption as a text of its own, linked to the picture's row by its SHA-256."""
    identity = f"caption:{picture}:{hashlib.sha256(caption.encode()).hexdigest()[:16]}"
    fields = {
        **(metadata or {}),
        "modality": "text",
        "uri": uri,
        "content_sha256": picture,
        "caption_of": f"image:{picture}",
    }
    return Row(identity, caption, False, caption, fields, uri)


def _is_picture(content: bytes) -> bool:
    try:
        Image.open(io.BytesIO(content)).close()
    except UnidentifiedImageError:
        return False
    except Exception:  # recognised, then found damaged or too large: reading it will say what is wrong
        return True
    return True


def _decoded(content: bytes) -> str:
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnusableFile("is neither a picture that Pillow reads nor text in UTF-8 or UTF-16") from error
    if "\0" in text:
        raise UnusableFile("is neither a picture that Pillow reads nor text (it holds NUL bytes)")
    if not text.strip():
        raise UnusableFile("holds only white space")
    return text
