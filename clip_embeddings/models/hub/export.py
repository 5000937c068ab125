"""A model's files as one folder that loads without a network. Imports errors and model."""

import shutil
from pathlib import Path
from uuid import uuid4

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.models.model import Model


def export(files: Model, folder: Path) -> Path:
    """Copy everything that makes up a model into a new folder; it is there whole or not at all.

    Raises:
        InvalidInputError: the folder exists and is not empty.
        OSError: it cannot be written.
    """
    folder = folder.expanduser().absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInputError(f"{folder} exists already; name a folder that does not, or an empty one")
    scratch = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}.unfinished")
    try:
        for source, name in files.exported():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, Path):
                shutil.copyfile(source, scratch / name)
            else:
                (scratch / name).write_text(source, encoding="utf-8")
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder
