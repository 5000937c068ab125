"""Rows that were found, as a language model is told of them: their names, their files, what belongs together.

Imports ingestion's grammar of rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit
from urllib.request import url2pathname

from clip_embeddings.ingestion.rows.ids import digest, is_caption, name_of, picture_id, picture_of, uris_of

_NAME = 200  # characters
_BREAKS = ("Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Source:
    """A row that was found.

    Attributes:
        id: in its collection; "" where it has none.
        text: a passage, a caption, or a picture's file name.
        metadata: as stored; `modality`, `uri`, `uris`, `content_sha256` and `page` are looked at.
    """

    id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shows_picture(self) -> bool:
        """Whether a picture belongs to it: it is one, or a caption of one."""
        return self.metadata.get("modality") == "image" or self._picture is not None

    @property
    def _picture(self) -> str | None:
        """The id of the picture that it is a caption of. Some stores have ids of their own."""
        if is_caption(self.id):
            return picture_of(self.id)
        of = self.metadata.get("caption_of")
        return of if isinstance(of, str) else None

    @property
    def uris(self) -> list[str]:
        """Where its file is, or its files are."""
        return uris_of(self.metadata)

    @property
    def name(self) -> str:
        """Its file's name, with the page if there is one; its id where it has no file."""
        name = _one_line(
            next((name_of(uri) for uri in self.uris if name_of(uri)), "") or self.id or "no name"
        )
        page = self.metadata.get("page")
        return f"{name}, page {page}" if isinstance(page, int) else name

    @property
    def key(self) -> str:
        """The same for what is to be shown once: a picture and its captions, equal texts of one file."""
        if self._picture is not None:
            return self._picture
        if self.shows_picture:
            sha256 = self.metadata.get("content_sha256")
            return picture_id(sha256) if isinstance(sha256, str) else f"image {self.uris or self.id}"
        return f"text {self.uris} {self.text}"


def once(sources: Iterable[Source]) -> Iterator[Source]:
    """Each picture and each text once, where it comes first; nothing that is empty."""
    seen: set[str] = set()
    for source in sources:
        if source.key not in seen and (source.shows_picture or source.text.strip()):
            seen.add(source.key)
            yield source


def path_of(uri: str) -> Path | None:
    """The file that a uri names; None for any other address, which `load_image` reads or refuses."""
    if uri.startswith("file://") and urlsplit(uri).netloc in ("", "localhost"):
        return Path(url2pathname(urlsplit(uri).path))
    return None if "://" in uri or uri.startswith("data:") else Path(uri)


def changed(uri: str, source: Source) -> bool:
    """Whether a file is not the one that the row's vector is of."""
    sha256, path = source.metadata.get("content_sha256"), path_of(uri)
    return isinstance(sha256, str) and path is not None and digest(path.read_bytes()) != sha256


def _one_line(name: str) -> str:
    """A name that cannot pass for another label: without line breaks, marks of direction and their like."""
    shown = "".join(
        "\N{REPLACEMENT CHARACTER}" if category(c)[0] == "C" or category(c) in _BREAKS else c for c in name
    )
    return shown if len(shown) <= _NAME else shown[: _NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
