"""Folders that files may be read from. Imports errors and sources."""

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from clip_embeddings.context.sources import path_of
from clip_embeddings.errors import InvalidInputError

AnyRoots = str | PathLike[str] | Sequence[str | PathLike[str]]


def resolved_roots(roots: AnyRoots) -> list[Path]:
    """One folder or several, with links followed."""
    return [Path(root).resolve() for root in ([roots] if isinstance(roots, str | PathLike) else roots)]


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
    places = []
    try:
        located = path_of(path) if path[:5].lower() == "file:" else Path(path)
        named = [] if located is None else [*(root / located for root in roots), located]
        places = [place for place in (each.resolve() for each in named) if is_below(place, roots)]
        for place in [*filter(Path.exists, places), *places]:
            return place
    except (OSError, RuntimeError, ValueError) as error:  # no file's name, or a circle of links
        if places:  # in a folder, so it may be told
            raise InvalidInputError(f"{path!r:.200} cannot be read ({error})") from error
    raise InvalidInputError(f"{path!r:.200} lies outside the folders that may be read")
