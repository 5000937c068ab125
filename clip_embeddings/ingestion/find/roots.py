"""Where files may be missed: the folders and files that `prune` looks under."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.discovery import AnyPath, several
from clip_embeddings.ingestion.find.entries import absolute, located, printable, scheme_of


def roots_of(paths: Iterable[AnyPath], empty: Sequence[str] = ()) -> list[str]:
    """Absolute paths of the files and folders among `paths`; addresses are never pruned.

    Args:
        empty: those that may be missing, whole paths.
    Raises:
        InvalidInputError: one that is not there. A pattern is none: it does not say where a file is missing.
    """
    roots = []
    for path in paths:
        if _is_address(path):
            continue
        root = _place_of(path)
        if root not in empty and not os.path.exists(root):  # noqa: PTH110
            raise InvalidInputError(
                f"prune: no file or folder {printable(str(path))}; rows are removed only for what is gone "
                "from under a folder that is there. Name that folder"
            )
        roots.append(root)
    return roots


def folders_of(prune_empty: AnyPath | Iterable[AnyPath], *, prune: bool) -> list[str]:
    """`prune_empty` as whole paths; they need not be there.

    Raises:
        InvalidInputError: given without `prune`, or an address.
    """
    folders = [_place_of(path) for path in several(prune_empty)]
    if folders and not prune:
        raise InvalidInputError("prune_empty: rows are removed under prune=True (--prune) only")
    return folders


def there_or_kept(paths: Iterable[AnyPath], empty: Sequence[str]) -> list[AnyPath]:
    """What is looked through: not a path that is gone and may be."""
    if not empty:
        return list(paths)
    return [path for path in paths if _is_address(path) or not _is_gone(_place_of(path), empty)]


def _is_gone(root: str, empty: Sequence[str]) -> bool:
    return root in empty and not os.path.exists(root)  # noqa: PTH110


def _is_address(path: AnyPath) -> bool:
    return isinstance(path, str) and scheme_of(path) not in (None, "file")


def _place_of(path: AnyPath) -> str:
    return located(path, base=Path(), schemes=frozenset()) if isinstance(path, str) else str(absolute(path))
