"""The files that a row was made of, as they are on the disk now. Imports the core."""

from collections.abc import Iterator, Sequence
from mimetypes import guess_type
from pathlib import Path

from clip_embeddings.context import Source, is_below, path_of


def files_of(source: Source, roots: Sequence[Path] | None) -> Iterator[Path]:
    """Those of a row that are there and may be read, links followed.

    Args:
        roots: folders, resolved, that they have to lie in; None allows any place.
    """
    for uri in source.uris:
        try:
            path = located.resolve() if (located := path_of(uri)) else None
            if path and (roots is None or is_below(path, roots)) and path.is_file():
                yield path
        except (OSError, RuntimeError, ValueError):  # no file's name, or a circle of links
            continue


def media_type_of(path: Path) -> str:
    """By its name, as "image/png"."""
    return guess_type(path.name)[0] or "application/octet-stream"
