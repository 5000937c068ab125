"""What a model of sentence-transformers is called: "sentence_transformers:" and a hub id or a folder.

Imports the standard library.
"""

from pathlib import Path

PREFIX = "sentence_transformers:"


def name_within(model: str) -> str | None:
    """The hub id or folder behind the prefix; None for a model that another library runs."""
    return model.removeprefix(PREFIX).strip() if model.startswith(PREFIX) else None


def from_anywhere(model: str) -> str:
    """The name as it means the same in any working folder: a folder by its whole path."""
    name = name_within(model)
    if name is None:
        return model
    folder = Path(name).expanduser()
    return f"{PREFIX}{folder.absolute()}" if folder.is_dir() else model
