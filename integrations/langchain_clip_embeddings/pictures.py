"""Picture files -> what a store keeps about them, and their vectors. Files are read as they are embedded.

Imports Pillow, numpy and the public core.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from PIL import Image

from clip_embeddings import CLIPEmbedder, ImageDecodeError, load_image
from clip_embeddings.inputs.formats import open_picture
from clip_embeddings.types import Embeddings

_ORIENTATION = 0x0112  # EXIF; 5 to 8 lie on their side


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
    embedder: CLIPEmbedder, uris: Sequence[str], places: Sequence[int]
) -> tuple[Embeddings, list[dict[str, Any]]]:
    """Embed picture files.

    Args:
        uris: N paths.
        places: where each stands in the caller's list, for the error.
    Returns:
        float32 (N, D), and mime type, width, height and digest of each.
    Raises:
        ImageDecodeError: the first one that cannot be read, by place and path.
    """
    described: list[dict[str, Any]] = []

    def contents() -> Iterator[bytes]:
        for uri, place in zip(uris, places, strict=True):
            content = _read(uri, place)
            described.append(describe(content))
            yield content

    rows = [np.zeros((0, embedder.dimension), np.float32)]
    for batch in embedder.iter_images(contents()):
        for failure in batch.failures:
            name, place = repr(uris[failure.index]), places[failure.index]
            raise ImageDecodeError(place, name, failure.reason) from failure
        rows.append(batch.embeddings)
    return np.concatenate(rows), described


def describe(content: bytes) -> dict[str, Any]:
    """Mime type, size as a viewer shows it, and SHA-256. Of a damaged picture only the digest."""
    facts: dict[str, Any] = {"content_sha256": hashlib.sha256(content).hexdigest()}
    try:
        with open_picture(content) as picture:
            width, height = picture.size
            if picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8):
                width, height = height, width
            mime_type = Image.MIME.get(picture.format or "", "application/octet-stream")
    except Exception:  # what is wrong with it is said where its pixels are read
        return facts
    return {"mime_type": mime_type, "width": width, "height": height, **facts}


def _read(uri: str, place: int) -> bytes:
    path = Path(uri)
    try:
        if path.is_file():
            return path.read_bytes()
    except (OSError, ValueError):
        pass
    load_image(uri, index=place)  # says why it cannot be read
    return path.read_bytes()
