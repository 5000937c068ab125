"""What a folder holds: names of files and the content of small JSON files. Imports errors and records."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.records import parsed

_DEPTH = 2  # a model lies at the top or one folder below it; what a user names may be a large tree


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder, a snapshot in the cache or a revision on the hub holds.

    Attributes:
        model: what was asked for, for messages.
        names: of all files, with "/" between folders.
        read: content of one of its JSON files.
    """

    model: str
    names: frozenset[str]
    read: Callable[[str], Any]


def listing_of(model: str, folder: Path, deep: int = _DEPTH) -> Listing:
    """The listing of a folder on this machine, so many folders deep; links that lead nowhere are no files."""
    names = set[str]()
    for path, folders, files in os.walk(folder):
        here = Path(path)
        if len(here.relative_to(folder).parts) >= deep - 1:
            folders.clear()
        names.update(
            (here / name).relative_to(folder).as_posix() for name in files if (here / name).is_file()
        )
    return Listing(model, frozenset(names), lambda name: read_json(model, folder / name))


def read_json(model: str, path: Path) -> Any:
    """Content of one of a model's JSON files.

    Raises:
        ModelLoadError: it cannot be read, or is damaged.
    """
    try:
        return parsed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelLoadError(f"model {model!r}: cannot read {path.name} ({error})") from error
