"""Rows that were found, as a language model is told of them: their names, their files, what belongs together.

Rows may be anybody's, so nothing here raises for what is in one. Imports ingestion and errors.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unicodedata import category

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.entries import located, scheme_of
from clip_embeddings.ingestion.rows.ids import (
    is_caption,
    is_ingested,
    name_of,
    page_of,
    picture_id,
    picture_of,
    uris_of,
)

_NAME = 200  # characters
_BREAKS = ("Zl", "Zp")
BROUGHT = "brought_with"
"""The field of a picture that was not found itself: the id of the passage that it stands with."""


@dataclass(frozen=True, slots=True)
class Source:
    """A row that was found.

    Attributes:
        id: in its collection; "" where it has none.
        text: a passage, a caption, or a picture's file name.
        metadata: as stored; `modality`, `uri`, `uris`, `content_sha256`, `caption_of`, `page` are looked at.
    """

    id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shows_picture(self) -> bool:
        """Whether a picture belongs to it: it is one, or a caption of one."""
        modality = self.metadata.get("modality")
        return (isinstance(modality, str) and modality == "image") or self._picture is not None

    @property
    def _picture(self) -> str | None:
        """The id of the picture that it is a caption of. Some stores have ids of their own."""
        if is_caption(self.id) and is_ingested(self.id, self.metadata):
            return picture_of(self.id)
        of = self.metadata.get("caption_of")
        return of if isinstance(of, str) else None

    @property
    def is_brought(self) -> bool:
        """Whether it was not found itself, but stands with a passage that was."""
        return BROUGHT in self.metadata

    @property
    def uris(self) -> list[str]:
        """Where its file is, or its files are."""
        with suppress(RecursionError):
            return uris_of(self.metadata)
        return []

    @property
    def name(self) -> str:
        """Its file's name, with the page if there is one; its id where it has no file."""
        return self.file_name if self.page is None else f"{self.file_name}, page {self.page}"

    @property
    def file_name(self) -> str:
        """The same without the page."""
        names = (_name_of(uri) for uri in self.uris)
        return one_line(next((name for name in names if name), "") or self.id or "no name")

    @property
    def page(self) -> int | None:
        """Of its document, if it is of one."""
        return page_of(self.metadata)

    @property
    def caption(self) -> str:
        """The text of a picture's row, if it is more than the name of its file."""
        return "" if self.text in (self.name, *map(_name_of, self.uris)) else self.text

    @property
    def key(self) -> str:
        """The same for what is to be shown once: a picture and its captions, equal texts of one file."""
        if self._picture is not None:
            return self._picture
        if self.shows_picture:
            sha256 = self.metadata.get("content_sha256")
            there = f"image {self.uris or self.id or self.text} {self.page}"
            return picture_id(sha256) if isinstance(sha256, str) else there
        return f"text {self.uris} {self.text}"

    def is_other(self, sha256: str) -> bool:
        """Whether a file with this digest is not the one that the row's vector is of."""
        stored = self.metadata.get("content_sha256")
        return isinstance(stored, str) and stored != sha256


def once(sources: Iterable[Source]) -> list[Source]:
    """Each picture and each text once, where it comes first, with the files of all its rows."""
    first: dict[str, Source] = {}
    uris: dict[str, list[str]] = {}
    for source in sources:
        if source.shows_picture or source.text.strip():
            first.setdefault(source.key, source)
            uris.setdefault(source.key, []).extend(source.uris)
    return [_at(source, list(dict.fromkeys(uris[key]))) for key, source in first.items()]


def _at(source: Source, uris: list[str]) -> Source:
    """The row with the places of the others too."""
    if set(uris) == set(source.uris):
        return source
    return replace(source, metadata={**source.metadata, "uri": uris[0], "uris": json.dumps(uris)})


def path_of(uri: str) -> Path | None:
    """The file that a uri names; None for any other address, which `load_image` reads or refuses."""
    if scheme_of(uri) not in (None, "file") or uri[:5].lower() == "data:":
        return None
    with suppress(InvalidInputError, ValueError):  # a file on another host, no address at all
        return Path(located(uri, base=Path.cwd(), schemes=frozenset()))
    return None


def one_line(text: str) -> str:
    """What cannot pass for another label: no line breaks, marks of direction and their like; cut if long."""
    shown = "".join("\ufffd" if category(c)[0] == "C" or category(c) in _BREAKS else c for c in text[:_NAME])
    return shown if len(text) <= _NAME else f"{shown[:-1]}…"


def encodable(text: str) -> str:
    """A text that a request can hold: half a surrogate pair is none."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _name_of(uri: str) -> str:
    with suppress(ValueError):
        return name_of(uri)
    return uri
