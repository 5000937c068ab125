"""Metadata of rows, which may be anybody's, as JSON that is not too long. Imports the core."""

import json
import math
from collections.abc import Mapping
from typing import Any

from clip_embeddings.context import encodable

_DEPTH = 8
_LONGEST = 1_000  # characters of one text, where there is not room for all
MORE = "[...]"


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """A value of JSON; what is none comes as its text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth and isinstance(value, Mapping):
        return {encodable(str(key)): plain(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in value]
    return encodable(value if isinstance(value, str) else str(value))


def plain_metadata(metadata: Mapping[str, Any], room: int) -> dict[str, Any]:
    """As much of a row's metadata as there is room for.

    Args:
        room: characters of JSON. A longer text is cut, and what then does not fit is counted under "[...]".
    """
    whole: dict[str, Any] = plain(metadata)
    if len(json.dumps(whole, ensure_ascii=False)) <= room:
        return whole
    kept: dict[str, Any] = {}
    for key, value in whole.items():
        cut = isinstance(value, str) and len(value) > _LONGEST
        shown = f"{value[:_LONGEST]} {MORE}" if cut else value
        size = len(json.dumps({key: shown}, ensure_ascii=False))
        if size <= room:
            room, kept[key] = room - size, shown
    if dropped := len(whole) - len(kept):
        kept[MORE] = f"{dropped} more, left out for want of room"
    return kept
