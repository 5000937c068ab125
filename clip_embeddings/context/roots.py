"""Folders that files may be read from. Standard library only."""

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

AnyRoots = str | PathLike[str] | Sequence[str | PathLike[str]]


def resolved_roots(roots: AnyRoots) -> list[Path]:
    """One folder or several, with links followed."""
    return [Path(root).resolve() for root in ([roots] if isinstance(roots, str | PathLike) else roots)]


def is_below(path: Path, roots: Iterable[Path]) -> bool:
    """Whether a path whose links were followed lies in one of the folders."""
    return any(path.is_relative_to(root) for root in roots)
