"""Files and folders -> pictures by name, one after the other. Imports the list of formats."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from clip_embeddings.inputs.formats import named_as_picture


def pictures_in(paths: Sequence[Path]) -> Iterator[Path]:
    """Each file that is named, and of each folder the files whose names end as pictures do, in order of name.

    Hidden files and folders are left out, and links to folders are not followed.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, inner, files in os.walk(path):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            yield from (
                Path(folder, name)
                for name in sorted(files)
                if not name.startswith(".") and named_as_picture(Path(name))
            )
