"""The picture that a row shows, read from where it says and made small. Imports ingestion, neighbours."""

from pathlib import Path

from clip_embeddings.context.encoding import EncodedPicture, encode_picture
from clip_embeddings.context.roots import is_below
from clip_embeddings.context.sources import Source, path_of
from clip_embeddings.errors import ImageDecodeError
from clip_embeddings.ingestion.read.again import Picture, read_picture
from clip_embeddings.ingestion.read.local import UnusableFile


def picture_of(
    source: Source, *, pixels: int, max_bytes: int, roots: list[Path] | None = None
) -> tuple[EncodedPicture, str]:
    """The picture from the first of its places that has one, and what is to be said of it, or "".

    Args:
        pixels, max_bytes: most of what is given back.
        roots: folders, resolved, that it may be read from; None allows any place.
    Raises:
        ImageDecodeError: none of them has it; with the first reason in words.
    """
    first = ""
    for uri in source.uris:
        try:
            found = _found(uri, source, pixels, roots)
            picture = encode_picture(found.content if found else uri, pixels=pixels, max_bytes=max_bytes)
        except ImageDecodeError as error:
            first = first or error.reason
        except UnusableFile as error:
            first = first or str(error)
        except (OSError, RuntimeError, ValueError) as error:  # no file's name, or a circle of links
            first = first or f"cannot be read ({error})"
        else:
            changed = found is not None and source.is_other(found.sha256)
            return picture, "its file has changed since it was stored" if changed else ""
    raise ImageDecodeError(0, source.id, first or "its row names no file")


def _found(uri: str, source: Source, pixels: int, roots: list[Path] | None) -> Picture | None:
    """What a uri shows, if it may be read; None for another address.

    Links are followed first: they may lead out.
    """
    path = path_of(uri)
    if path is None:
        return None
    if roots is not None:
        path = path.resolve()
        if not is_below(path, roots):
            raise UnusableFile("it lies outside the folders that may be read")
    return read_picture(path, source.metadata, edge=int(pixels**0.5))
