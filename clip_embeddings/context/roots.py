"""Folders that files may be read from. Imports errors and sources."""

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from clip_embeddings.context.sources import path_of
from clip_embeddings.errors import InvalidInputError

AnyRoots = str | PathLike[str] | Sequence[str | PathLike[str]]


def resolved_roots(roots: AnyRoots) -> list[Path]:
    """One folder or several, with links followed.

    Raises:
        InvalidInputError: one that is not there.
    """
    found = [Path(root).resolve() for root in ([roots] if isinstance(roots, str | PathLike) else roots)]
    for root in found:
        if not root.is_dir():
            raise InvalidInputError(
                f"roots: no folder {str(root)!r}; expected folders that files are read from"
            )
    return found


def is_below(path: Path, roots: Iterable[Path]) -> bool:
    """Whether a path whose links were followed lies in one of the folders."""
    return any(path.is_relative_to(root) for root in roots)


def path_below(path: str, roots: Sequence[Path]) -> Path:
    """A path that a language model names: in one of the folders, or as this process has it, links followed.

    Args:
        path: or a uri of a file.
        roots: from `resolved_roots`.
    Raises:
        InvalidInputError: it lies outside all of them. Whether it is there is not told.
    """
    located = path_of(path)
    if located is None:
        raise InvalidInputError(f"{path!r:.200} is no file's path; only files of allowed folders are read")
    in_roots = [] if path[:5].lower() == "file:" else [root / path for root in roots]
    try:
        places = [place.resolve() for place in (*in_roots, located)]
        places = [place for place in places if is_below(place, roots)]
        there = [place for place in places if place.exists()]
    except (OSError, RuntimeError, ValueError) as error:  # no file's name, or a circle of links
        raise InvalidInputError(f"{path!r:.200} cannot be a file's path") from error
    if not places:
        raise InvalidInputError(f"{path!r:.200} lies outside the folders that may be read")
    return (there or places)[0]
