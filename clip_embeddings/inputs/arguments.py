"""Checks of what callers pass: several items where several belong, a known role. Imports Pillow and numpy."""

from os import PathLike
from typing import Any, get_args

import numpy as np
from PIL import Image

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.types import Role


def check_role(role: str) -> None:
    """Raise InvalidInputError for anything but "document" and "query"."""
    if role not in get_args(Role):
        raise InvalidInputError(f"role: got {role!r}; expected one of {', '.join(get_args(Role))}")


def check_several(items: Any, method: str) -> None:
    """One item where several belong is named, not taken apart into letters, bytes or rows."""
    single = isinstance(items, str | bytes | bytearray | memoryview | PathLike | Image.Image)
    if single or hasattr(items, "read") or (isinstance(items, np.ndarray) and items.ndim in (2, 3)):
        raise InvalidInputError(f"{method}: got one {type(items).__name__}; expected a list of them: [item]")
    try:
        iter(items)
    except TypeError as error:
        raise InvalidInputError(f"{method}: got {type(items).__name__}; expected a list") from error


def listed(items: Any, method: str) -> list[Any]:
    """The items as a list.

    Raises:
        InvalidInputError: one item, or nothing that can be gone through.
    """
    check_several(items, method)
    return list(items)
