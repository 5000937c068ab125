"""Where files may be missed: the folders and files that `prune` looks under. Imports the public core."""

from collections.abc import Iterable
from pathlib import Path

from chroma_clip_embeddings.discovery import AnyPath
from chroma_clip_embeddings.entries import located, printable, scheme_of
from chroma_clip_embeddings.sources import absolute
from clip_embeddings import InvalidInputError


def roots_of(paths: Iterable[AnyPath]) -> list[str]:
    """Absolute paths of the files and folders among `paths`; addresses are never pruned.

    Raises:
        InvalidInputError: one that is not there. A pattern is none: it does not say where a file is missing.
    """
    roots = []
    for path in paths:
        if isinstance(path, str) and scheme_of(path) not in (None, "file"):
            continue
        root = located(path, base=Path(), schemes=frozenset()) if isinstance(path, str) else absolute(path)
        if not Path(root).exists():
            raise InvalidInputError(
                f"prune: no file or folder {printable(str(path))}; rows are removed only for what is gone "
                "from under a folder that is there. Name that folder"
            )
        roots.append(str(root))
    return roots
