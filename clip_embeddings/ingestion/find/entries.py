"""Where an item is, before anything is read: what a search for files gives, and how a uri is understood."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from clip_embeddings.errors import InvalidInputError

# Two letters at least: "C:" is a drive.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
SHOWN_AS = "shown_as"
"""The field of what a document says of a picture: its words while nobody has given it others."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item to read.

    Attributes:
        uri: absolute path, or an address such as "https://..." of a scheme that is allowed.
        caption: words about it, from a manifest.
        metadata: more fields for its row, as Chroma takes them.
        place: where it was named, for messages: its path, or "photos.csv line 7".
        shows: of a document, absolute paths of the pictures that come with it.
    """

    uri: str
    caption: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    place: str = ""
    shows: tuple[str, ...] = ()

    @property
    def words(self) -> str | None:
        """Its caption, or, of a picture that a document shows, what that says of it."""
        said = self.metadata.get(SHOWN_AS)
        return self.caption or (said if isinstance(said, str) and said else None)

    @property
    def is_remote(self) -> bool:
        """Whether `read_remote` reads it; otherwise `uri` is a path."""
        return _URL.match(self.uri) is not None


@dataclass(frozen=True, slots=True)
class IngestProblem:
    """What gave no entry: a folder, a pattern or a line of a manifest, and why."""

    place: str
    reason: str
    is_unreadable: bool = False  # a folder in which there may be files

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


def absolute(path: str | os.PathLike[str]) -> Path:
    """The path from the root; unlike `Path.resolve` a link keeps its own name."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def printable(text: str) -> str:
    """A name for a message; one that is not UTF-8 cannot be printed as it is."""
    return os.fsencode(text).decode(errors="backslashreplace") if has_surrogates(text) else text


def has_surrogates(text: str) -> bool:
    """Whether it holds what UTF-8 cannot write, such as the bytes of a name in another encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def scheme_of(text: str) -> str | None:
    """The scheme of an address in lower case, "file" too; None for a path."""
    if text[:6].lower() == "file:/":
        return "file"
    found = _URL.match(text)
    return found[1].lower() if found else None


def checked_schemes(allow_schemes: Iterable[str]) -> frozenset[str]:
    """The schemes in lower case.

    Raises:
        InvalidInputError: one string instead of several, or not the name of a scheme.
    """
    if isinstance(allow_schemes, str):
        raise InvalidInputError(f"allow_schemes: got {allow_schemes!r}; expected a list, [{allow_schemes!r}]")
    schemes = list(allow_schemes)
    for scheme in schemes:
        if not isinstance(scheme, str) or not _SCHEME.fullmatch(scheme):
            raise InvalidInputError(f"allow_schemes: got {scheme!r}; expected a name such as 'https' or 's3'")
    return frozenset(scheme.lower() for scheme in schemes)


def located(text: str, *, base: Path, schemes: frozenset[str]) -> str:
    """The absolute path that a path or a `file://` address means, or the address itself.

    Args:
        text: as the user wrote it.
        base: what a relative path is relative to.
        schemes: those that are allowed, in lower case.
    Raises:
        InvalidInputError: a scheme that is not allowed, or a file on another host.
    """
    scheme = scheme_of(text)
    if scheme == "file":
        return _local_path(text)
    if scheme is None:
        # Not pathlib, which keeps a table of the names that it has seen; and a link keeps its own name.
        return os.path.abspath(os.path.join(base, text))  # noqa: PTH100, PTH118
    if scheme not in schemes:
        raise InvalidInputError(
            f"{printable(text)}: addresses of scheme {scheme!r} are not read unless that is allowed: "
            f"--allow-scheme {scheme}, or allow_schemes=[{scheme!r}]"
        )
    return text


def _local_path(text: str) -> str:
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise InvalidInputError(
            f"{printable(text)}: a file on another host ({parts.netloc}) is not read; "
            "mount it and give its path"
        )
    return os.path.abspath(url2pathname(parts.path))  # noqa: PTH100
