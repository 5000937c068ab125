"""Files and folders -> pictures by name, one after the other. Imports Pillow."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image


def pictures_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Each file that is named, and of each folder the files whose names end as pictures do, in order of name.

    Hidden files and folders are left out, and links to folders are not followed.
    """
    known = Image.registered_extensions()
    readable = {ending for ending, kind in known.items() if kind in Image.OPEN}
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, inner, files in os.walk(path):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            yield from (
                Path(folder, name)
                for name in sorted(files)
                if not name.startswith(".") and Path(name).suffix.lower() in readable
            )
