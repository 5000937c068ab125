"""Pictures as HTML: small, upright, inside the page; what cannot be shown is named. Imports context."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from clip_embeddings.context.encoding import EncodedPicture, encode_picture
from clip_embeddings.context.reading import picture_of
from clip_embeddings.context.sources import Source
from clip_embeddings.errors import ClipEmbeddingsError, ImageDecodeError
from clip_embeddings.showing.elements import text

MOST = 20
"""Pictures of what a notebook shows."""
_PIXELS, _BYTES = 320 * 240, 30_000


class Thumbnails:
    """Makes the pictures of one page.

    Args:
        most: pictures that are read; any further is named only.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most, self._left = most, most

    def of_row(self, source: Source) -> str:
        """The picture of a row that was found, or why there is none."""
        if not self._left:
            return self._over(source.name)
        try:
            picture, said = picture_of(source, pixels=_PIXELS, max_bytes=_BYTES)
        except ImageDecodeError as error:
            return _missing(source.name, error.reason)
        self._left -= 1
        note = f'<span class="quiet">{text(said)}</span>' if said else ""
        return _tag(picture, source.name) + note

    def of_input(self, image: Any, name: str) -> str:
        """A picture as `load_image` takes it, or why there is none."""
        if not self._left:
            return self._over(name)
        try:
            picture = encode_picture(image, pixels=_PIXELS, max_bytes=_BYTES)
        except (ClipEmbeddingsError, OSError, ValueError) as error:
            return _missing(name, getattr(error, "reason", str(error)))
        self._left -= 1
        return _tag(picture, name)

    def _over(self, name: str) -> str:
        return _missing(name, f"not shown: {self.most} pictures are")


def name_of_input(image: Any, place: int) -> str:
    """What a picture of a caller's list is called: its file, or its place."""
    if isinstance(image, Path) or (isinstance(image, str) and not image.startswith("data:")):
        return Path(image).name or str(image)
    return f"picture {place}"


def _tag(picture: EncodedPicture, name: str) -> str:
    content = b64encode(picture.content).decode("ascii")
    return f'<img src="data:{picture.mime_type};base64,{content}" alt="{text(name)}" title="{text(name)}">'


def _missing(name: str, reason: str) -> str:
    return f'<div class="none">{text(name)}: {text(reason)}</div>'
