"""Which of several roots a file is found from, so that it comes once."""

import os

from clip_embeddings.ingestion.find.choosing import Selection
from clip_embeddings.ingestion.find.entries import scheme_of


def reached_from(above: str, root: str, selection: Selection) -> bool:
    """Whether the walk of a root has found what another one holds, if it lies above it at all."""
    if scheme_of(root) or not _lies_below(root, above):
        return True
    return not _linked_below(root, above) and selection.reaches(above, os.path.dirname(root))  # noqa: PTH120


def reaching(folder: str, roots: set[str], selection: Selection) -> set[str]:
    """Those of some roots whose walk comes to a folder."""
    return {root for root in roots if selection.reaches(root, folder)}


def _linked_below(root: str, above: str) -> bool:
    """Whether a link lies between a folder and one above it."""
    return os.path.realpath(root) != os.path.join(os.path.realpath(above), os.path.relpath(root, above))  # noqa: PTH118


def covered(path: str, roots: set[str]) -> bool:
    """Whether a walk of the roots meets this path: one is it, or holds it with nothing hidden between."""
    if path in roots:
        return True
    if not roots or scheme_of(path):
        return False
    above = path
    while (parent := os.path.dirname(above)) != above:  # noqa: PTH120
        if os.path.basename(above).startswith("."):  # noqa: PTH119
            return False
        if parent in roots:
            return True
        above = parent
    return False


def _lies_below(path: str, root: str) -> bool:
    return path.startswith(root.rstrip(os.sep) + os.sep)
