"""Small pictures of rows, made once and kept on disk. Imports platformdirs and the core."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_cache_path

from clip_embeddings.context import Source
from clip_embeddings.context.reading import picture_of
from clip_embeddings_app.files import files_of

PIXELS, BYTES = 480 * 360, 60_000
_FORM = "1"  # another one when what is kept changes
_MOST = 512 * 2**20  # bytes of all that is kept


class Thumbnail(NamedTuple):
    """A PNG or JPEG, and a name that changes when its file does."""

    content: bytes
    tag: str

    @property
    def media_type(self) -> str:
        return "image/png" if self.content.startswith(b"\x89PNG") else "image/jpeg"


class Thumbnails:
    """Makes and keeps them; any thread, and any process, may.

    Args:
        folder: where; by default the user's own cache.
    """

    def __init__(self, roots: Sequence[Path] | None, folder: Path | None = None) -> None:
        self.folder = folder or user_cache_path("clip-embeddings", appauthor=False) / "thumbnails"
        self._roots = None if roots is None else list(roots)

    def tag(self, source: Source) -> str:
        """What a row's thumbnail is called while its file stays as it is; "" where no file is there."""
        for path in files_of(source, self._roots):
            with suppress(OSError):
                facts = path.stat()
                seen = (_FORM, str(path), facts.st_mtime_ns, facts.st_size, source.page, PIXELS)
                return sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()
        return ""

    def of(self, source: Source) -> Thumbnail:
        """A row's.

        Raises:
            ImageDecodeError: none of its files can be shown.
        """
        tag = self.tag(source)
        kept = self.folder / tag[:2] / tag
        if tag:
            with suppress(OSError):
                return Thumbnail(kept.read_bytes(), tag)
        picture, _ = picture_of(source, pixels=PIXELS, max_bytes=BYTES, roots=self._roots)
        if tag:
            with suppress(OSError):  # a full disk, or one that may not be written to: it is made again
                _write(kept, picture.content)
        return Thumbnail(picture.content, tag)

    def trim(self, most: int = _MOST) -> None:
        """Delete those not made for longest until what is kept is small enough."""
        found = []
        for path in self.folder.glob("??/*"):
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= most:
                return
            with suppress(OSError):
                path.unlink()
                total -= size


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for the user alone: the pictures may be private."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
