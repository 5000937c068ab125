"""Picture files -> what a store keeps about them, and their vectors. Files are read as they are embedded.

Imports Pillow, numpy and the public core.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from PIL import Image

from clip_embeddings import CLIPEmbedder, ImageDecodeError, load_image
from clip_embeddings.ingestion.read.again import Picture, read_picture
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.rows.ids import digest
from clip_embeddings.inputs.formats import open_picture
from clip_embeddings.inputs.modes import upright_size
from clip_embeddings.types import DecodedImage, Embeddings
from langchain_clip_embeddings.handover import PictureText, taken

_LARGEST = 2**40  # bytes: a file that somebody adds by hand is read whatever its size


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to embed.

    Attributes:
        uri: absolute path.
        sha256: of its file as a loader read it; None where none did.
        pinned: whether no other content will do, because the row's id is made of this one.
        text: its page_content, which may know where the decoded picture is.
        page: of a document, which the picture shows.
    """

    uri: str
    sha256: str | None = None
    pinned: bool = False
    text: str = ""
    page: object = None

    @classmethod
    def of(cls, text: PictureText) -> "Wanted":
        return cls(text.uri, text.sha256, True, text)


def stored_uri(uri: object, index: int) -> str:
    """The absolute path of a picture, as it is stored. A link keeps its own name.

    Raises:
        ImageDecodeError: not the name of a file on this machine.
    """
    if not isinstance(uri, str | os.PathLike) or not (text := str(os.fspath(uri))).strip():
        raise ImageDecodeError(index, repr(uri), "expected the path of a picture")
    scheme = text.partition(":")[0].lower()
    if scheme == "data":
        raise ImageDecodeError(
            index, f"data: URI of {len(text)} characters", "a stored picture needs a path; save it first"
        )
    if scheme == "file" and urlsplit(text).netloc in ("", "localhost"):
        text = url2pathname(urlsplit(text).path)
    elif "://" in text:
        load_image(text, index=index)  # says why it is not fetched
    return os.path.abspath(text)  # noqa: PTH100


def embed_pictures(
    embedder: CLIPEmbedder, pictures: Sequence[Wanted], places: Sequence[int]
) -> tuple[Embeddings, list[dict[str, Any]]]:
    """Embed picture files; what a loader has decoded already is taken from there.

    Args:
        places: where each of the N pictures stands in the caller's list, for the error.
    Returns:
        float32 (N, D), and mime type, width, height and digest of each.
    Raises:
        ImageDecodeError: the first one that cannot be read, by place and path.
    """
    described: list[dict[str, Any]] = []

    def contents() -> Iterator[bytes | DecodedImage]:
        for wanted, place in zip(pictures, places, strict=True):
            if loaded := taken(wanted.text, wanted.uri, wanted.sha256, embedder):
                described.append(loaded.facts)
                yield loaded.image
                continue
            picture = _read(wanted, place, embedder.picture_edge)
            content = picture.content
            described.append(describe(content, picture.sha256))
            if wanted.pinned and described[-1]["content_sha256"] != wanted.sha256:
                reason = "its content has changed since it was loaded; load it again"
                raise ImageDecodeError(place, repr(wanted.uri), reason)
            yield content

    rows = [np.zeros((0, embedder.dimension), np.float32)]
    for batch in embedder.iter_images(contents()):
        for failure in batch.failures:
            name, place = repr(pictures[failure.index].uri), places[failure.index]
            raise ImageDecodeError(place, name, failure.reason) from failure
        rows.append(batch.embeddings)
    return np.concatenate(rows), described


def describe(content: bytes, sha256: str | None = None) -> dict[str, Any]:
    """Mime type, size as a viewer shows it, and SHA-256. Of a damaged picture only the digest."""
    facts: dict[str, Any] = {"content_sha256": sha256 or digest(content)}
    try:
        with open_picture(content) as picture:
            width, height = upright_size(picture)
            mime_type = Image.MIME.get(picture.format or "", "application/octet-stream")
    except Exception:  # what is wrong with it is said where its pixels are read
        return facts
    return {"mime_type": mime_type, "width": width, "height": height, **facts}


def _read(wanted: Wanted, place: int, edge: int) -> Picture:
    try:
        return read_picture(Path(wanted.uri), {"page": wanted.page}, max_bytes=_LARGEST, edge=edge)
    except UnusableFile as error:
        load_image(wanted.uri, index=place)  # names a folder or another kind of file for what it is
        raise ImageDecodeError(place, repr(wanted.uri), str(error)) from error
